// RUN: dlir-opt %s --convert-structured-to-loops --split-input-file --verify-diagnostics

func.func @on_tensors(%x: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'structured.generic' still works on tensors}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// -----

func.func @no_contraction(%x: memref<4xf32>, %o: memref<4xf32>) {
  // expected-error@+1 {{the schedule asks for kernel = contraction, but this op is not one}}
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
      ins(%x : memref<4xf32>) outs(%o : memref<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @no_tile(%x: memref<8x8xf32>, %w: memref<8x8xf32>, %o: memref<8x8xf32>) {
  // expected-error@+1 {{vector = [rows, columns]}}
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction>}
      ins(%x, %w : memref<8x8xf32>, memref<8x8xf32>) outs(%o : memref<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  }
  func.return
}

// -----

func.func @other_panels(%x: memref<8x8xf32>, %w: memref<2x8x16xf32>, %o: memref<8x32xf32>) {
  // expected-error@+1 {{vector = [6, 8]}}
  structured.generic {maps = [(m, b, k, n) -> (m, k), (m, b, k, n) -> (b, k, n), (m, b, k, n) -> (m, 16 * b + n)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 8]>}
      ins(%x, %w : memref<8x8xf32>, memref<2x8x16xf32>) outs(%o : memref<8x32xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  }
  func.return
}

// -----

func.func @threads_along_the_axis(%x: memref<4x9xf32>, %o: memref<4x9xf32>) {
  // expected-error@+1 {{threads = [1] must name one dimension other than the axis 1}}
  structured.scan {axis = 1, init = 0.0 : f32, schedule = #structured.schedule<threads = [1]>}
      ins(%x : memref<4x9xf32>) outs(%o : memref<4x9xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  }
  func.return
}
