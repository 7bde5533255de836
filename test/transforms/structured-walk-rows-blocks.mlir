// RUN: dlir-opt %s -p structured-walk-rows,cse | filecheck %s

// Blocks of four rows as the schedules say, then the two that are left, both with memory for no
// more than that, which each thread has for itself.
// CHECK-LABEL: @blocks
// CHECK-NOT: memref.alloca() {{.*}}memref<2x10x8xf32>
// CHECK: "scf.parallel"(%c0, %c2, %c1)
// CHECK: scf.for [[I:%.*]] = %c0 to %c8 step %c4 {
// CHECK: [[X:%.*]] = memref.subview %x[{{.*}}, [[I]], 0] [1, 4, 8] [1, 1, 1]
// CHECK: [[S:%.*]] = memref.alloca() {alignment = 64 : i64} : memref<1x4x8xf32>
// CHECK: structured.generic {{.*}} ins([[X]] : {{.*}}) outs([[S]] : memref<1x4x8xf32>)
// CHECK: [[Y:%.*]] = memref.subview %y[{{.*}}, [[I]]] [1, 4] [1, 1]
// CHECK: structured.generic {{.*}} ins([[S]] : {{.*}}) outs([[Y]] :
// CHECK: scf.for [[J:%.*]] = %c8 to %c10 step %c2 {
// CHECK: memref.subview %x[{{.*}}, [[J]], 0] [1, 2, 8] [1, 1, 1]
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<1x2x8xf32>
// CHECK: scf.reduce
func.func @blocks(%x: memref<2x10x8xf32>, %y: memref<2x10xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<2x10x8xf32>
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0, 1], block = [4], threads = [0]>}
      ins(%x : memref<2x10x8xf32>) outs(%s : memref<2x10x8xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<rows = [0, 0, 1], block = [4]>}
      ins(%s : memref<2x10x8xf32>) outs(%y : memref<2x10xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  }
  func.return
}

// Memory of one block has one block after the other, so that these are not divided among threads.
// CHECK-LABEL: @one_block
// CHECK-NOT: scf.parallel
// CHECK: scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK: scf.for [[I:%.*]] = %c0 to [[R:%.*]] step %c4 {
// CHECK: [[N:%.*]] = arith.minsi %c4
// CHECK: [[X:%.*]] = memref.subview %x[{{.*}}, [[I]], 0] [1, [[N]], {{.*}}] [1, 1, 1]
// CHECK: [[S:%.*]] = memref.subview %m[{{.*}}, 0, 0] [1, [[N]], %k] [1, 1, 1]
// CHECK: structured.generic {{.*}} ins([[X]] : {{.*}}) outs([[S]] :
// CHECK: structured.generic {{.*}} ins([[S]] : {{.*}}) outs(
// CHECK-NOT: unrealized_conversion_cast
func.func @one_block(%x: memref<2x?x?xf32>, %m: memref<2x4x?xf32>, %n: index, %k: index,
                     %y: memref<2x?xf32>) {
  %s = builtin.unrealized_conversion_cast %m, %n, %k : memref<2x4x?xf32>, index, index to memref<2x?x?xf32>
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0, 1], block = [4], threads = [1]>}
      ins(%x : memref<2x?x?xf32>) outs(%s : memref<2x?x?xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<rows = [0, 0, 1], block = [4]>}
      ins(%s : memref<2x?x?xf32>) outs(%y : memref<2x?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  }
  func.return
}
