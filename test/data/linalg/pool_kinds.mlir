// Minimum and unsigned maximum over windows, in one and three dimensions.
func.func @pools(%x: tensor<2x9x3xf32>, %y: tensor<2x9x3xi8>, %z: tensor<1x4x4x4x2xf32>) -> (tensor<2x4x3xf32>, tensor<2x7x3xi8>, tensor<1x2x2x2x2xf32>) {
  %inf = arith.constant 0x7F800000 : f32
  %zero = arith.constant 0 : i8
  %fzero = arith.constant 0.0 : f32
  %w = tensor.empty() : tensor<3xf32>
  %w8 = tensor.empty() : tensor<3xi8>
  %w3 = tensor.empty() : tensor<2x2x2xf32>
  %e0 = tensor.empty() : tensor<2x4x3xf32>
  %f0 = linalg.fill ins(%inf : f32) outs(%e0 : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %a = linalg.pooling_nwc_min {dilations = dense<1> : tensor<1xi64>, strides = dense<2> : tensor<1xi64>} ins(%x, %w : tensor<2x9x3xf32>, tensor<3xf32>) outs(%f0 : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %e1 = tensor.empty() : tensor<2x7x3xi8>
  %f1 = linalg.fill ins(%zero : i8) outs(%e1 : tensor<2x7x3xi8>) -> tensor<2x7x3xi8>
  %b = linalg.pooling_nwc_max_unsigned ins(%y, %w8 : tensor<2x9x3xi8>, tensor<3xi8>) outs(%f1 : tensor<2x7x3xi8>) -> tensor<2x7x3xi8>
  %e2 = tensor.empty() : tensor<1x2x2x2x2xf32>
  %f2 = linalg.fill ins(%fzero : f32) outs(%e2 : tensor<1x2x2x2x2xf32>) -> tensor<1x2x2x2x2xf32>
  %c = linalg.pooling_ndhwc_sum {dilations = dense<1> : tensor<3xi64>, strides = dense<2> : tensor<3xi64>} ins(%z, %w3 : tensor<1x4x4x4x2xf32>, tensor<2x2x2xf32>) outs(%f2 : tensor<1x2x2x2x2xf32>) -> tensor<1x2x2x2x2xf32>
  return %a, %b, %c : tensor<2x4x3xf32>, tensor<2x7x3xi8>, tensor<1x2x2x2x2xf32>
}
