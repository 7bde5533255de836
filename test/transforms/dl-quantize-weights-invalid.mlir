// RUN: dlir-opt %s --split-input-file --verify-diagnostics --dl-quantize-weights

func.func @nan(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = dl.constant dense<[[1.0, 0x7FC00000], [0.0, 1.0]]> : tensor<2x2xf32>
  // expected-error@+1 {{the weight of the layer %y holds NaN or infinities}}
  %y = dl.matmul %x, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %y : tensor<2x2xf32>
}

// -----

func.func @format(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = dl.constant dense<1.0> : tensor<2x2xf32>
  // expected-error@+1 {{the layer %y has the format "i9"}}
  %y = dl.matmul %x, %w acc f32 {dl.format = "i9"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %y : tensor<2x2xf32>
}
