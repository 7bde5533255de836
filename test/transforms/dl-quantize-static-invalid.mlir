// RUN: dlir-opt %s --split-input-file --verify-diagnostics --dl-quantize-static

func.func @missing(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = dl.constant dense<1.0> : tensor<2x2xf32>
  // expected-error@+1 {{the value '%x', which the layer %y reads, has no range}}
  %y = dl.matmul %x, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %y : tensor<2x2xf32>
}

// -----

func.func @reversed(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = dl.constant dense<1.0> : tensor<2x2xf32>
  // expected-error@+1 {{the value '%r' has the range array<f32: 2.000000e+00, 1.000000e+00>: expected two finite numbers, low <= high}}
  %r = dl.relu %x {dl.range = array<f32: 2.0, 1.0>} : tensor<2x2xf32>
  %y = dl.matmul %r, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %y : tensor<2x2xf32>
}
