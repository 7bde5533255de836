// RUN: dlir-opt %s --structured-outline | filecheck %s

// Ops that differ in nothing but their operands share a kernel, across functions.
// CHECK-LABEL: func.func @f(%x: memref<8xf32>, %y: memref<8xf32>, %v: f32) {
// CHECK-NEXT: func.call @map_0(%x, %y) : (memref<8xf32>, memref<8xf32>) -> ()
// CHECK-NEXT: func.call @map_0(%y, %x) : (memref<8xf32>, memref<8xf32>) -> ()
// CHECK-NEXT: func.call @copy_0(%x, %y) : (memref<8xf32>, memref<8xf32>) -> ()
// CHECK-NEXT: func.call @fill_0(%v, %y) : (f32, memref<8xf32>) -> ()
// CHECK-NEXT: func.return
func.func @f(%x: memref<8xf32>, %y: memref<8xf32>, %v: f32) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%y : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%other: f32):
    %name = arith.negf %other : f32
    structured.yield %name : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.fill ins(%v : f32) outs(%y : memref<8xf32>)
  func.return
}

// CHECK-LABEL: func.func @g(
// CHECK-NEXT: func.call @map_0(%x, %y) : (memref<8xf32>, memref<8xf32>) -> ()
// CHECK-NEXT: func.call @map_1(%z, %z) : (memref<9xf32>, memref<9xf32>) -> ()
// CHECK-NEXT: func.call @reduce_0(%x, %s) : (memref<8xf32>, memref<f32>) -> ()
// CHECK-NEXT: func.call @gather_0(%x, %i, %z) : (memref<8xf32>, memref<9xi64>, memref<9xf32>) -> ()
func.func @g(%x: memref<8xf32>, %y: memref<8xf32>, %z: memref<9xf32>, %s: memref<f32>, %i: memref<9xi64>) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    structured.yield %n : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%z : memref<9xf32>) outs(%z : memref<9xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    structured.yield %n : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> ()], iterators = [reduction], init = 0.0 : f32}
      ins(%x : memref<8xf32>) outs(%s : memref<f32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.gather axis 0 ins(%x, %i : memref<8xf32>, memref<9xi64>) outs(%z : memref<9xf32>)
  func.return
}

// CHECK: func.func private @map_0([[X:%.*]]: memref<8xf32>, [[Y:%.*]]: memref<8xf32>) {
// CHECK-NEXT: structured.generic {{.*}} ins([[X]] : memref<8xf32>) outs([[Y]] : memref<8xf32>)
// CHECK: func.func private @copy_0(
// CHECK: func.func private @fill_0(
// CHECK: func.func private @map_1(
// CHECK: func.func private @reduce_0(
// CHECK: func.func private @gather_0(
