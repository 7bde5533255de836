// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @max_pool2d(%x: tensor<?x64x112x112xf32>) {
  // CHECK: %y = dl.max_pool2d %x {kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>
  %y = dl.max_pool2d %x {kernel = [3, 3], strides = [2, 2], padding = [1, 1, 1, 1]} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>
  func.return
}

func.func @avg_pool2d(%x: tensor<?x8x8x64xf32>) {
  // CHECK: %y = dl.avg_pool2d %x {kernel = [2, 2], strides = [2, 2], layout = "nhwc"} : tensor<?x8x8x64xf32> -> tensor<?x4x4x64xf32>
  %y = dl.avg_pool2d %x {kernel = [2, 2], strides = [2, 2], layout = "nhwc"} : tensor<?x8x8x64xf32> -> tensor<?x4x4x64xf32>
  func.return
}

func.func @max_pool2d_2(%x: tensor<1x3x8x8xi8>) {
  // CHECK: %y = dl.max_pool2d %x {kernel = [1, 2]} : tensor<1x3x8x8xi8> -> tensor<1x3x8x7xi8>
  %y = dl.max_pool2d %x {kernel = [1, 2]} : tensor<1x3x8x8xi8> -> tensor<1x3x8x7xi8>
  func.return
}

func.func @max_pool2d_3(%x: tensor<1x3x8x8xf16>) {
  // CHECK: %y = dl.max_pool2d %x {kernel = [2, 2], dilations = [2, 3]} : tensor<1x3x8x8xf16> -> tensor<1x3x6x5xf16>
  %y = dl.max_pool2d %x {kernel = [2, 2], dilations = [2, 3]} : tensor<1x3x8x8xf16> -> tensor<1x3x6x5xf16>
  func.return
}

func.func @avg_pool2d_2(%x: tensor<?x3x?x8xf32>) {
  // CHECK: %y = dl.avg_pool2d %x {kernel = [3, 3], padding = [0, 1, 1, 0], count_include_pad} : tensor<?x3x?x8xf32> -> tensor<?x3x?x7xf32>
  %y = dl.avg_pool2d %x {kernel = [3, 3], padding = [0, 1, 1, 0], count_include_pad} : tensor<?x3x?x8xf32> -> tensor<?x3x?x7xf32>
  func.return
}

func.func @lp_pool2d(%x: tensor<?x64x8x8xf32>) {
  // CHECK: %y = dl.lp_pool2d %x {kernel = [2, 2], strides = [2, 2], p = 3.0} : tensor<?x64x8x8xf32> -> tensor<?x64x4x4xf32>
  %y = dl.lp_pool2d %x {kernel = [2, 2], strides = [2, 2], p = 3.0} : tensor<?x64x8x8xf32> -> tensor<?x64x4x4xf32>
  func.return
}

func.func @lp_pool2d_2(%x: tensor<?x3x?x8xf16>) {
  // CHECK: %y = dl.lp_pool2d %x {kernel = [3, 3], padding = [0, 1, 1, 0]} : tensor<?x3x?x8xf16> -> tensor<?x3x?x7xf16>
  %y = dl.lp_pool2d %x {kernel = [3, 3], padding = [0, 1, 1, 0], p = 2.0} : tensor<?x3x?x8xf16> -> tensor<?x3x?x7xf16>
  func.return
}
