// RUN: dlir-opt %s -p structured-walk-rows,cse | filecheck %s
// RUN: dlir-opt %s -p structured-walk-rows,cse,structured-outline | filecheck %s --check-prefix=KERNEL

// 8 kB a row: blocks of three rows, the last one smaller. Threads divide what an op's schedule says.
// CHECK-LABEL: @rows
// CHECK: "scf.parallel"(%c0, %c11, %c3)
// CHECK-NEXT: ([[I:%.*]]: index):
// CHECK: [[N:%.*]] = arith.minsi
// CHECK: [[X:%.*]] = memref.subview %x[[[I]], 0] [[[N]], 1024] [1, 1]
// CHECK: [[M:%.*]] = memref.subview %m[[[I]]] [[[N]]] [1]
// CHECK: structured.generic {{.*}} init = 0xff800000 : f32} ins([[X]] : {{.*}}) outs([[M]] :
// CHECK: [[Y:%.*]] = memref.subview %y[[[I]], 0] [[[N]], 1024] [1, 1]
// CHECK: structured.generic {{.*}} ins([[X]], [[M]] : {{.*}}) outs([[Y]] :
// KERNEL-LABEL: func.func @rows(
// KERNEL: func.call @rows_0(%x, %m, %y)
// KERNEL-NEXT: func.return
func.func @rows(%x: memref<11x1024xf32>, %m: memref<11xf32>, %y: memref<11x1024xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32,
                      schedule = #structured.schedule<rows = [0, 0], threads = [0]>}
      ins(%x : memref<11x1024xf32>) outs(%m : memref<11xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0]>}
      ins(%x, %m : memref<11x1024xf32>, memref<11xf32>) outs(%y : memref<11x1024xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  }
  func.return
}

// The same again is the same kernel. Something else between the ops keeps them apart.
// KERNEL-LABEL: func.func @again(
// KERNEL: func.call @rows_0(%x, %m, %y)
// KERNEL-LABEL: func.func @between(
// KERNEL-NOT: @rows_0
// KERNEL: func.call @fill_0
// CHECK-LABEL: @between
// CHECK-NOT: scf.for
// CHECK: init = 0xff800000 : f32} ins
// CHECK: structured.fill
// CHECK: iterators = [parallel, parallel]} ins
func.func @again(%x: memref<11x1024xf32>, %m: memref<11xf32>, %y: memref<11x1024xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32,
                      schedule = #structured.schedule<rows = [5, 0], threads = [0]>}
      ins(%x : memref<11x1024xf32>) outs(%m : memref<11xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [5, 0]>}
      ins(%x, %m : memref<11x1024xf32>, memref<11xf32>) outs(%y : memref<11x1024xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  }
  func.return
}

func.func @between(%x: memref<11x1024xf32>, %m: memref<11xf32>, %y: memref<11x1024xf32>, %s: f32) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32,
                      schedule = #structured.schedule<rows = [0, 0]>}
      ins(%x : memref<11x1024xf32>) outs(%m : memref<11xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  }
  structured.fill ins(%s : f32) outs(%x : memref<11x1024xf32>)
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0]>}
      ins(%x, %m : memref<11x1024xf32>, memref<11xf32>) outs(%y : memref<11x1024xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  }
  func.return
}
