// RUN: dlir-opt %s --pass-pipeline='builtin.module(structured-parallelize{threads=2})' | filecheck %s
// RUN: dlir-opt %s --structured-parallelize | filecheck %s --check-prefix=ONE
// ONE-COUNT-1: threads = [0]
// ONE-NOT: threads

// The one iterator of a long map.
// CHECK-LABEL: @long
// CHECK: threads = [0]
func.func @long(%x: memref<1000000xf32>, %y: memref<1000000xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
      ins(%x : memref<1000000xf32>) outs(%y : memref<1000000xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// Less work than a region of threads costs.
// CHECK-LABEL: @short
// CHECK-NOT: threads
func.func @short(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
      ins(%x : memref<1000xf32>) outs(%y : memref<1000xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// Three rows would leave one thread waiting for the other; the strips of 4096 columns do not.
// CHECK-LABEL: @even
// CHECK: threads = [1]
func.func @even(%x: memref<3x262144xf32>, %y: memref<3x262144xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%x : memref<3x262144xf32>) outs(%y : memref<3x262144xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// A person's choice stays.
// CHECK-LABEL: @chosen
// CHECK: threads = [0]
func.func @chosen(%x: memref<3x262144xf32>, %y: memref<3x262144xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<threads = [0]>}
      ins(%x : memref<3x262144xf32>) outs(%y : memref<3x262144xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}
