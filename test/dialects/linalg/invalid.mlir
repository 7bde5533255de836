// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @arity(%x: tensor<4xf32>) {
  // expected-error @+1 {{linalg.exp takes 1 inputs and one output}}
  %0 = linalg.exp ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @shapes(%x: tensor<4x5xf32>, %y: tensor<6x3xf32>, %o: tensor<4x3xf32>) {
  // expected-error @+1 {{inferred input/output operand #1 has shape's dimension #0 to be 5, but found 6}}
  %0 = linalg.matmul ins(%x, %y : tensor<4x5xf32>, tensor<6x3xf32>) outs(%o : tensor<4x3xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @windows(%x: tensor<9xf32>, %w: tensor<3xf32>, %o: tensor<4xf32>) {
  // expected-error @+1 {{expected 1 strides and dilations}}
  %0 = linalg.conv_1d {strides = dense<2> : tensor<2xi64>} ins(%x, %w : tensor<9xf32>, tensor<3xf32>) outs(%o : tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @permutation(%x: tensor<4x5xf32>, %o: tensor<5x4xf32>) {
  // expected-error @+1 {{[0, 0] are not different dimensions of 2}}
  %0 = linalg.transpose ins(%x : tensor<4x5xf32>) outs(%o : tensor<5x4xf32>) permutation = [0, 0]
  func.return
}

// -----

func.func @index_outside() -> index {
  // expected-error @+1 {{expected a linalg op around it}}
  %i = linalg.index 0 : index
  func.return %i : index
}

// -----

func.func @index_of_none(%o: tensor<4xindex>) {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%o : tensor<4xindex>) {
  ^bb0(%a: index):
    // expected-error @+1 {{expected the number of an iterator of the linalg op around it}}
    %i = linalg.index 1 : index
    linalg.yield %i : index
  } -> tensor<4xindex>
  func.return
}

// -----

func.func @iterators(%o: tensor<4xf32>) {
  // expected-error @+1 {{expected 'parallel' or 'reduction', got "sideways"}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["sideways"]} outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @no_maps(%o: tensor<4xf32>) {
  // expected-error @+1 {{linalg.generic needs indexing_maps and iterator_types}}
  %0 = linalg.generic outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @yields(%o: tensor<4xf32>) {
  // expected-error @+1 {{yields (f32, f32), expected (f32)}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    linalg.yield %a, %a : f32, f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @no_yield(%o: tensor<4xf32>) {
  // expected-error @+1 {{expected a linalg.yield at the end of the body}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @results(%o: tensor<4xf32>) {
  // expected-error @+1 {{has results (tensor<?xf32>), expected (tensor<4xf32>)}}
  %0 = linalg.exp ins(%o : tensor<4xf32>) outs(%o : tensor<4xf32>) -> tensor<?xf32>
  func.return
}

// -----

func.func @dimension(%x: tensor<4xf32>, %o: tensor<f32>) {
  // expected-error @+1 {{[1] are not different dimensions of 1}}
  %0 = linalg.reduce {arith.addf} ins(%x : tensor<4xf32>) outs(%o : tensor<f32>) dimensions = [1]
  func.return
}

// -----

func.func @map_outputs(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected one output, got 2}}
  %0:2 = linalg.map ins(%x : tensor<4xf32>) outs(%x, %x : tensor<4xf32>, tensor<4xf32>) (%a: f32, %b: f32, %c: f32) {
    linalg.yield %a, %b : f32, f32
  }
  func.return
}
