// A depthwise convolution with several outputs for each channel, joined afterwards.
func.func @conv(%x: tensor<1x7x7x4xf32>, %w: tensor<3x3x4x2xf32>) -> tensor<1x5x5x8xf32> {
  %cst = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x5x5x4x2xf32>
  %f = linalg.fill ins(%cst : f32) outs(%e : tensor<1x5x5x4x2xf32>) -> tensor<1x5x5x4x2xf32>
  %y = linalg.depthwise_conv_2d_nhwc_hwcm {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w : tensor<1x7x7x4xf32>, tensor<3x3x4x2xf32>) outs(%f : tensor<1x5x5x4x2xf32>) -> tensor<1x5x5x4x2xf32>
  %r = tensor.collapse_shape %y [[0], [1], [2], [3, 4]] : tensor<1x5x5x4x2xf32> into tensor<1x5x5x8xf32>
  return %r : tensor<1x5x5x8xf32>
}
