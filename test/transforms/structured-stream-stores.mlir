// RUN: dlir-opt %s --structured-stream-stores='bytes=4096' | filecheck %s

// More bytes than the cache has room for.
// CHECK-LABEL: @large
// CHECK: schedule = #structured.schedule<threads = [0], stores = streaming>
// CHECK: iterators = [parallel]} ins(%z
func.func @large(%x: memref<1025xf32>, %y: memref<1025xf32>, %z: memref<1024xf32>, %o: memref<1024xf32>) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                      schedule = #structured.schedule<threads = [0]>}
      ins(%x : memref<1025xf32>) outs(%y : memref<1025xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%z : memref<1024xf32>) outs(%o : memref<1024xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// Sums, rows that are walked together, siblings, and what has no known size.
// CHECK-LABEL: @others
// CHECK-NOT: streaming
func.func @others(%x: memref<2048x2xf32>, %s: memref<2048xf32>, %y: memref<2048x2xf32>, %u: memref<?xf32>, %v: memref<?xf32>) {
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i)], iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : memref<2048x2xf32>) outs(%s : memref<2048xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0]>}
      ins(%x : memref<2048x2xf32>) outs(%y : memref<2048x2xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                      schedule = #structured.schedule<siblings = [0]>}
      ins(%x : memref<2048x2xf32>) outs(%y : memref<2048x2xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%u : memref<?xf32>) outs(%v : memref<?xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}
