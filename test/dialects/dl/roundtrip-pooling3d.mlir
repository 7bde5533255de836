// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @max_pool3d(%x: tensor<?x16x8x32x32xf32>) {
  // CHECK: %y = dl.max_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2]} : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
  %y = dl.max_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2]} : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
  func.return
}

func.func @max_pool3d_integers(%x: tensor<1x2x?x5x5xi8>) {
  // CHECK: %y = dl.max_pool3d %x {kernel = [2, 3, 2], padding = [1, 1, 0, 0, 1, 0], dilations = [1, 1, 2]} : tensor<1x2x?x5x5xi8> -> tensor<1x2x?x5x3xi8>
  %y = dl.max_pool3d %x {kernel = [2, 3, 2], padding = [1, 1, 0, 0, 1, 0], dilations = [1, 1, 2]} : tensor<1x2x?x5x5xi8> -> tensor<1x2x?x5x3xi8>
  func.return
}

func.func @avg_pool3d(%x: tensor<?x16x8x32x32xf32>) {
  // CHECK: %y = dl.avg_pool3d %x {kernel = [1, 2, 2], strides = [1, 2, 2]} : tensor<?x16x8x32x32xf32> -> tensor<?x16x8x16x16xf32>
  %y = dl.avg_pool3d %x {kernel = [1, 2, 2], strides = [1, 2, 2]} : tensor<?x16x8x32x32xf32> -> tensor<?x16x8x16x16xf32>
  func.return
}

func.func @avg_pool3d_padding(%x: tensor<1x2x3x4x5xbf16>) {
  // CHECK: %y = dl.avg_pool3d %x {kernel = [3, 1, 1], padding = [1, 0, 0, 1, 0, 0], count_include_pad} : tensor<1x2x3x4x5xbf16> -> tensor<1x2x3x4x5xbf16>
  %y = dl.avg_pool3d %x {kernel = [3, 1, 1], padding = [1, 0, 0, 1, 0, 0], count_include_pad} : tensor<1x2x3x4x5xbf16> -> tensor<1x2x3x4x5xbf16>
  func.return
}

func.func @lp_pool3d(%x: tensor<?x16x8x32x32xf32>) {
  // CHECK: %y = dl.lp_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2], p = 1.0} : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2], strides = [2, 2, 2], p = 1.0} : tensor<?x16x8x32x32xf32> -> tensor<?x16x4x16x16xf32>
  func.return
}
