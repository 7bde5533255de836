// RUN: dlir-opt %s --convert-structured-to-linalg --split-input-file --verify-diagnostics

func.func @on_memory(%x: memref<4xf32>, %v: f32) {
  // expected-error @+1 {{'structured.fill' works on memory}}
  structured.fill ins(%v : f32) outs(%x : memref<4xf32>)
  func.return
}

// -----

func.func @gaps(%x: tensor<2x3xf32>, %o: tensor<12xf32>) -> tensor<12xf32> {
  // expected-error @+1 {{writes at '4 * d0 + d1', which leaves gaps}}
  %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (4 * i + j)], iterators = [parallel, parallel]}
      ins(%x : tensor<2x3xf32>) outs(%o : tensor<12xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<12xf32>
  func.return %y : tensor<12xf32>
}

// -----

// expected-error @+1 {{is called and has weights of its own}}
func.func @inner() -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  func.return %w : tensor<4xf32>
}

func.func @outer() -> tensor<4xf32> {
  %r = func.call @inner() : () -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// -----

func.func @running(%x: tensor<8xf32>, %o: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{has no form in linalg}}
  %r = structured.scan {axis = 0, init = 0.0 : f32} ins(%x : tensor<8xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<8xf32>
  func.return %r : tensor<8xf32>
}
