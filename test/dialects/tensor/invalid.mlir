// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @reshape_elements(%x: tensor<3x2xf32>, %s: tensor<1xi64>) {
  // expected-error @+1 {{source and result have the same number of elements}}
  %0 = tensor.reshape %x(%s) : (tensor<3x2xf32>, tensor<1xi64>) -> tensor<5xf32>
  func.return
}

// -----

func.func @reshape_sizes(%x: tensor<3x2xf32>, %s: tensor<3xi64>) {
  // expected-error @+1 {{expected 1 sizes, one per dimension of the result}}
  %0 = tensor.reshape %x(%s) : (tensor<3x2xf32>, tensor<3xi64>) -> tensor<6xf32>
  func.return
}

// -----

func.func @expand_order(%x: tensor<6xf32>) {
  // expected-error @+1 {{the groups hold the dimensions of the result in order}}
  %0 = tensor.expand_shape %x [[1, 0]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
  func.return
}

// -----

func.func @expand_sizes(%x: tensor<6xf32>) {
  // expected-error @+1 {{sizes [2, 4] do not split 6}}
  %0 = tensor.expand_shape %x [[0, 1]] output_shape [2, 4] : tensor<6xf32> into tensor<2x4xf32>
  func.return
}

// -----

func.func @expand_scalar(%x: tensor<f32>) {
  // expected-error @+1 {{a scalar becomes a tensor of sizes 1}}
  %0 = tensor.expand_shape %x [] output_shape [2] : tensor<f32> into tensor<2xf32>
  func.return
}

// -----

func.func @generate_sizes() {
  // expected-error @+1 {{expected one size for each `?` of the result}}
  %0 = tensor.generate {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<?xindex>
  func.return
}

// -----

func.func @generate_type() {
  // expected-error @+1 {{yields a index, not an element of the result}}
  %0 = tensor.generate {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<3xf32>
  func.return
}
