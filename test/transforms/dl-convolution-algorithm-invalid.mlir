// RUN: dlir-opt %s --dl-convolution-algorithm --split-input-file --verify-diagnostics
// RUN: not dlir-opt %s --dl-convolution-algorithm="algorithm=fastest" --split-input-file 2>&1 | filecheck %s

// CHECK: error: algorithm 'fastest' is unknown
// CHECK: help: one of auto, direct, im2col, winograd-2x2, winograd-4x4, fft

func.func @groups(%x: tensor<1x8x8x8xf32>, %w: tensor<4x4x3x3xf32>) {
  // expected-error@+1 {{algorithm im2col does not compute groups, got 2}}
  %y = dl.conv2d %x, %w acc f32 {groups = 2, layout = "nhwc", algorithm = "im2col"} : (tensor<1x8x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x6x6x4xf32>
  func.return
}

// -----

func.func @strides(%x: tensor<1x8x8x8xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error@+1 {{algorithm winograd-4x4 takes 3 x 3 kernels with strides and dilations of 1}}
  %y = dl.conv2d %x, %w acc f32 {strides = [2, 2], layout = "nhwc", algorithm = "winograd-4x4"} : (tensor<1x8x8x8xf32>, tensor<4x8x3x3xf32>) -> tensor<1x3x3x4xf32>
  func.return
}

// -----

func.func @sizes(%x: tensor<1x?x8x8xf32>, %w: tensor<4x8x3x3xf32>) {
  // expected-error@+1 {{algorithm fft needs sizes that are known and not 0, but for the batch}}
  %y = dl.conv2d %x, %w acc f32 {layout = "nhwc", algorithm = "fft"} : (tensor<1x?x8x8xf32>, tensor<4x8x3x3xf32>) -> tensor<1x?x6x4xf32>
  func.return
}

// -----

func.func @elements(%x: tensor<1x8x8x8xbf16>, %w: tensor<4x8x3x3xbf16>) {
  // expected-error@+1 {{algorithm winograd-2x2 computes in f32 and f64 alone, sums and result included}}
  %y = dl.conv2d %x, %w acc f32 {layout = "nhwc", algorithm = "winograd-2x2"} : (tensor<1x8x8x8xbf16>, tensor<4x8x3x3xbf16>) -> tensor<1x6x6x4xbf16>
  func.return
}
