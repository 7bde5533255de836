// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @matmul(%a: tensor<?x8x16xbf16>, %b: tensor<32x16xbf16>) {
  // CHECK: %y = dl.matmul %a, %b acc f32 {transpose_rhs} : (tensor<?x8x16xbf16>, tensor<32x16xbf16>) -> tensor<?x8x32xbf16>
  %y = dl.matmul %a, %b acc f32 {transpose_rhs} : (tensor<?x8x16xbf16>, tensor<32x16xbf16>) -> tensor<?x8x32xbf16>
  func.return
}

func.func @conv2d(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x3x3xf32>) {
  // CHECK: %y = dl.conv2d %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]} : (tensor<?x3x224x224xf32>, tensor<64x3x3x3xf32>) -> tensor<?x64x112x112xf32>
  %y = dl.conv2d %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]} : (tensor<?x3x224x224xf32>, tensor<64x3x3x3xf32>) -> tensor<?x64x112x112xf32>
  func.return
}

func.func @matmul_2(%a: tensor<?x784xf32>, %b: tensor<784x512xf32>) {
  // CHECK: %y = dl.matmul %a, %b acc f32 : (tensor<?x784xf32>, tensor<784x512xf32>) -> tensor<?x512xf32>
  %y = dl.matmul %a, %b acc f32 : (tensor<?x784xf32>, tensor<784x512xf32>) -> tensor<?x512xf32>
  func.return
}

func.func @matmul_3(%a: tensor<2x3xi8>, %b: tensor<3x4xi8>) {
  // CHECK: %y = dl.matmul %a, %b acc i32 : (tensor<2x3xi8>, tensor<3x4xi8>) -> tensor<2x4xi32>
  %y = dl.matmul %a, %b acc i32 : (tensor<2x3xi8>, tensor<3x4xi8>) -> tensor<2x4xi32>
  func.return
}

func.func @matmul_4(%a: tensor<?x1x3x?xf16>, %b: tensor<8x4x3xf16>) {
  // CHECK: %y = dl.matmul %a, %b acc f64 {transpose_lhs, transpose_rhs} : (tensor<?x1x3x?xf16>, tensor<8x4x3xf16>) -> tensor<?x8x?x4xf32>
  %y = dl.matmul %a, %b acc f64 {transpose_lhs, transpose_rhs} : (tensor<?x1x3x?xf16>, tensor<8x4x3xf16>) -> tensor<?x8x?x4xf32>
  func.return
}

func.func @matmul_5(%a: tensor<2x0xf32>, %b: tensor<0x4xf32>) {
  // CHECK: %y = dl.matmul %a, %b acc f32 : (tensor<2x0xf32>, tensor<0x4xf32>) -> tensor<2x4xf32>
  %y = dl.matmul %a, %b acc f32 : (tensor<2x0xf32>, tensor<0x4xf32>) -> tensor<2x4xf32>
  func.return
}

func.func @conv2d_2(%x: tensor<?x?x224x8xbf16>, %w: tensor<16x2x7x3xbf16>) {
  // CHECK: %y = dl.conv2d %x, %w acc f32 {strides = [2, 1], padding = [3, 2, 3, 2], dilations = [1, 2], groups = 4, layout = "nhwc", algorithm = "direct"} : (tensor<?x?x224x8xbf16>, tensor<16x2x7x3xbf16>) -> tensor<?x?x224x16xbf16>
  %y = dl.conv2d %x, %w acc f32 {strides = [2, 1], padding = [3, 2, 3, 2], dilations = [1, 2], groups = 4, layout = "nhwc", algorithm = "direct"} : (tensor<?x?x224x8xbf16>, tensor<16x2x7x3xbf16>) -> tensor<?x?x224x16xbf16>
  func.return
}

func.func @conv2d_3(%x: tensor<1x3x8x8xi8>, %w: tensor<4x3x1x1xi8>) {
  // CHECK: %y = dl.conv2d %x, %w acc i32 : (tensor<1x3x8x8xi8>, tensor<4x3x1x1xi8>) -> tensor<1x4x8x8xi32>
  %y = dl.conv2d %x, %w acc i32 {strides = [1, 1]} : (tensor<1x3x8x8xi8>, tensor<4x3x1x1xi8>) -> tensor<1x4x8x8xi32>
  func.return
}
