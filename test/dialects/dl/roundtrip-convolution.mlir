// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @conv3d(%x: tensor<?x3x8x32x32xf32>, %w: tensor<16x3x3x3x3xf32>) {
  // CHECK: %y = dl.conv3d %x, %w acc f32 {strides = [1, 2, 2], padding = [1, 1, 1, 1, 1, 1]} : (tensor<?x3x8x32x32xf32>, tensor<16x3x3x3x3xf32>) -> tensor<?x16x8x16x16xf32>
  %y = dl.conv3d %x, %w acc f32 {strides = [1, 2, 2], padding = [1, 1, 1, 1, 1, 1]} : (tensor<?x3x8x32x32xf32>, tensor<16x3x3x3x3xf32>) -> tensor<?x16x8x16x16xf32>
  func.return
}

func.func @conv3d_groups(%x: tensor<1x4x?x5x6xbf16>, %w: tensor<6x2x2x2x2xbf16>) {
  // CHECK: %y = dl.conv3d %x, %w acc f32 {dilations = [1, 2, 1], groups = 2} : (tensor<1x4x?x5x6xbf16>, tensor<6x2x2x2x2xbf16>) -> tensor<1x6x?x3x5xf32>
  %y = dl.conv3d %x, %w acc f32 {dilations = [1, 2, 1], groups = 2} : (tensor<1x4x?x5x6xbf16>, tensor<6x2x2x2x2xbf16>) -> tensor<1x6x?x3x5xf32>
  func.return
}

func.func @conv3d_integers(%x: tensor<1x4x2x2x2xi8>, %w: tensor<6x4x1x1x1xi8>) {
  // CHECK: %y = dl.conv3d %x, %w acc i32 : (tensor<1x4x2x2x2xi8>, tensor<6x4x1x1x1xi8>) -> tensor<1x6x2x2x2xi32>
  %y = dl.conv3d %x, %w acc i32 : (tensor<1x4x2x2x2xi8>, tensor<6x4x1x1x1xi8>) -> tensor<1x6x2x2x2xi32>
  func.return
}

func.func @conv_transpose(%x: tensor<?x64x14x14xf32>, %w: tensor<64x32x4x4xf32>) {
  // CHECK: %y = dl.conv_transpose %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]} : (tensor<?x64x14x14xf32>, tensor<64x32x4x4xf32>) -> tensor<?x32x28x28xf32>
  %y = dl.conv_transpose %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]} : (tensor<?x64x14x14xf32>, tensor<64x32x4x4xf32>) -> tensor<?x32x28x28xf32>
  func.return
}

func.func @conv_transpose_line(%x: tensor<?x4x?xf16>, %w: tensor<4x3x4xf16>) {
  // CHECK: %y = dl.conv_transpose %x, %w acc f32 {groups = 2, dilations = [3], output_padding = [1], strides = [2]} : (tensor<?x4x?xf16>, tensor<4x3x4xf16>) -> tensor<?x6x?xf16>
  %y = dl.conv_transpose %x, %w acc f32 {groups = 2, dilations = [3], output_padding = [1], strides = [2]} : (tensor<?x4x?xf16>, tensor<4x3x4xf16>) -> tensor<?x6x?xf16>
  func.return
}

func.func @conv_transpose_volume(%x: tensor<1x4x2x3x4xf32>, %w: tensor<4x3x2x2x2xf32>) {
  // CHECK: %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x2x3x4xf32>, tensor<4x3x2x2x2xf32>) -> tensor<1x3x3x4x5xf32>
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x2x3x4xf32>, tensor<4x3x2x2x2xf32>) -> tensor<1x3x3x4x5xf32>
  func.return
}
