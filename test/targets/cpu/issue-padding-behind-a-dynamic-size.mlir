// RUN: dlir-opt %s

// Padding at the end of a dynamic dimension, and none before it, was read from behind the image.

// RUN-VALUE: @conv([[[[1], [2]]]], [[[[1], [1], [1]]]]) == [[[[3], [2]]]]
func.func @conv(%x: tensor<1x1x?x1xf32>, %w: tensor<1x1x3x1xf32>) -> tensor<1x1x?x1xf32> {
  %r = dl.conv2d %x, %w acc f32 {padding = [0, 0, 2, 0]}
    : (tensor<1x1x?x1xf32>, tensor<1x1x3x1xf32>) -> tensor<1x1x?x1xf32>
  func.return %r : tensor<1x1x?x1xf32>
}
