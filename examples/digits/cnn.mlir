// A small residual network for scikit-learn's digits: rows of 64 pixels to scores of 10 digits.
// The weights in cnn.safetensors were made by train.py.
func.func @main(%pixels: tensor<?x64xf32>) -> tensor<?x10xf32> {
  %batch = dl.dim %pixels, 0 : tensor<?x64xf32>
  %image = dl.reshape %pixels [%batch] : tensor<?x64xf32> -> tensor<?x1x8x8xf32>

  %w1 = dl.param "conv1.weight" : tensor<16x1x3x3xf32>
  %b1 = dl.param "conv1.bias" : tensor<16x1x1xf32>
  %0 = dl.conv2d %image, %w1 acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x1x8x8xf32>, tensor<16x1x3x3xf32>) -> tensor<?x16x8x8xf32>
  %1 = dl.add %0, %b1 : (tensor<?x16x8x8xf32>, tensor<16x1x1xf32>) -> tensor<?x16x8x8xf32>
  %2 = dl.relu %1 : tensor<?x16x8x8xf32>

  // what the second convolution adds to its input
  %w2 = dl.param "conv2.weight" : tensor<16x16x3x3xf32>
  %b2 = dl.param "conv2.bias" : tensor<16x1x1xf32>
  %3 = dl.conv2d %2, %w2 acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x16x8x8xf32>, tensor<16x16x3x3xf32>) -> tensor<?x16x8x8xf32>
  %4 = dl.add %3, %b2 : (tensor<?x16x8x8xf32>, tensor<16x1x1xf32>) -> tensor<?x16x8x8xf32>
  %5 = dl.add %4, %2 : (tensor<?x16x8x8xf32>, tensor<?x16x8x8xf32>) -> tensor<?x16x8x8xf32>
  %6 = dl.relu %5 : tensor<?x16x8x8xf32>
  %7 = dl.max_pool2d %6 {kernel = [2, 2], strides = [2, 2]} : tensor<?x16x8x8xf32> -> tensor<?x16x4x4xf32>

  %w3 = dl.param "conv3.weight" : tensor<32x16x3x3xf32>
  %b3 = dl.param "conv3.bias" : tensor<32x1x1xf32>
  %8 = dl.conv2d %7, %w3 acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x16x4x4xf32>, tensor<32x16x3x3xf32>) -> tensor<?x32x4x4xf32>
  %9 = dl.add %8, %b3 : (tensor<?x32x4x4xf32>, tensor<32x1x1xf32>) -> tensor<?x32x4x4xf32>
  %10 = dl.relu %9 : tensor<?x32x4x4xf32>
  %11 = dl.max_pool2d %10 {kernel = [2, 2], strides = [2, 2]} : tensor<?x32x4x4xf32> -> tensor<?x32x2x2xf32>

  %12 = dl.reshape %11 [%batch] : tensor<?x32x2x2xf32> -> tensor<?x128xf32>
  %w4 = dl.param "fc.weight" : tensor<128x10xf32>
  %b4 = dl.param "fc.bias" : tensor<10xf32>
  %13 = dl.matmul %12, %w4 acc f32 : (tensor<?x128xf32>, tensor<128x10xf32>) -> tensor<?x10xf32>
  %14 = dl.add %13, %b4 : (tensor<?x10xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  func.return %14 : tensor<?x10xf32>
}
