// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @resize(%x: tensor<?x64x14x14xf32>) {
  // CHECK: %y = dl.resize %x {axes = [2, 3], sizes = [28, 28], mode = "linear"} : tensor<?x64x14x14xf32> -> tensor<?x64x28x28xf32>
  %y = dl.resize %x {axes = [2, 3], sizes = [28, 28], mode = "linear"} : tensor<?x64x14x14xf32> -> tensor<?x64x28x28xf32>
  func.return
}

func.func @resize_nearest(%x: tensor<4x?xi8>) {
  // CHECK: %y = dl.resize %x {axes = [0], sizes = [2], coordinates = "asymmetric", rounding = "floor"} : tensor<4x?xi8> -> tensor<2x?xi8>
  %y = dl.resize %x {axes = [0], sizes = [2], coordinates = "asymmetric", rounding = "floor"} : tensor<4x?xi8> -> tensor<2x?xi8>
  func.return
}

func.func @resize_cubic(%x: tensor<8x8xbf16>) {
  // CHECK: %y = dl.resize %x {axes = [0, 1], sizes = [4, 5], scales = [0.5, 0.6], mode = "cubic", coordinates = "align_corners", cubic_a = -0.5, antialias, exclude_outside} : tensor<8x8xbf16> -> tensor<4x5xbf16>
  %y = dl.resize %x {axes = [0, 1], sizes = [4, 5], scales = [0.5, 0.6], mode = "cubic", coordinates = "align_corners", cubic_a = -0.5, antialias, exclude_outside} : tensor<8x8xbf16> -> tensor<4x5xbf16>
  func.return
}

func.func @resize_crop(%x: tensor<8x8xf64>) {
  // CHECK: %y = dl.resize %x {axes = [1], sizes = [5], mode = "linear", coordinates = "crop", crop = [0.25, 1.5], extrapolation = -1.0} : tensor<8x8xf64> -> tensor<8x5xf64>
  %y = dl.resize %x {axes = [1], sizes = [5], mode = "linear", coordinates = "crop", crop = [0.25, 1.5], extrapolation = -1.0} : tensor<8x8xf64> -> tensor<8x5xf64>
  func.return
}
