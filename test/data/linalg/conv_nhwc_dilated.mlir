// Strides and dilations that differ, as TOSA's convolutions become.
func.func @conv(%x: tensor<1x13x11x5xf32>, %w: tensor<3x2x5x6xf32>) -> tensor<1x5x9x6xf32> {
  %cst = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x5x9x6xf32>
  %f = linalg.fill ins(%cst : f32) outs(%e : tensor<1x5x9x6xf32>) -> tensor<1x5x9x6xf32>
  %y = linalg.conv_2d_nhwc_hwcf {dilations = dense<[2, 2]> : tensor<2xi64>, strides = dense<[2, 1]> : tensor<2xi64>} ins(%x, %w : tensor<1x13x11x5xf32>, tensor<3x2x5x6xf32>) outs(%f : tensor<1x5x9x6xf32>) -> tensor<1x5x9x6xf32>
  return %y : tensor<1x5x9x6xf32>
}
