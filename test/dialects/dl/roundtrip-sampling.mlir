// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @grid_sample(%x: tensor<?x3x16x16xf32>, %g: tensor<?x8x8x2xf32>) {
  // CHECK: %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xf32>, tensor<?x8x8x2xf32>) -> tensor<?x3x8x8xf32>
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xf32>, tensor<?x8x8x2xf32>) -> tensor<?x3x8x8xf32>
  func.return
}

func.func @grid_sample_cubic(%x: tensor<1x2x3x4x5xf64>, %g: tensor<1x?x2x2x3xf64>) {
  // CHECK: %y = dl.grid_sample %x, %g {mode = "cubic", outside = "reflection", align_corners} : (tensor<1x2x3x4x5xf64>, tensor<1x?x2x2x3xf64>) -> tensor<1x2x?x2x2xf64>
  %y = dl.grid_sample %x, %g {mode = "cubic", outside = "reflection", align_corners} : (tensor<1x2x3x4x5xf64>, tensor<1x?x2x2x3xf64>) -> tensor<1x2x?x2x2xf64>
  func.return
}

func.func @roi_align(%x: tensor<?x64x50x50xf32>, %r: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // CHECK: %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
  func.return
}

func.func @roi_align_max(%x: tensor<2x3x5x5xbf16>, %r: tensor<4x4xbf16>, %i: tensor<4xi32>) {
  // CHECK: %y = dl.roi_align %x, %r, %i {bins = [1, 2], samples = [3, 1], half_pixel, max} : (tensor<2x3x5x5xbf16>, tensor<4x4xbf16>, tensor<4xi32>) -> tensor<4x3x1x2xbf16>
  %y = dl.roi_align %x, %r, %i {bins = [1, 2], samples = [3, 1], half_pixel, max} : (tensor<2x3x5x5xbf16>, tensor<4x4xbf16>, tensor<4xi32>) -> tensor<4x3x1x2xbf16>
  func.return
}

func.func @deform_conv2d(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // CHECK: %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

func.func @deform_conv2d_mask(%x: tensor<1x4x5x5xf16>, %w: tensor<2x2x3x3xf16>, %o: tensor<1x36x2x2xf16>, %m: tensor<1x18x2x2xf16>) {
  // CHECK: %y = dl.deform_conv2d %x, %w, %o, %m {strides = [2, 2], groups = 2, offset_groups = 2} : (tensor<1x4x5x5xf16>, tensor<2x2x3x3xf16>, tensor<1x36x2x2xf16>, tensor<1x18x2x2xf16>) -> tensor<1x2x2x2xf16>
  %y = dl.deform_conv2d %x, %w, %o, %m {strides = [2, 2], groups = 2, offset_groups = 2} : (tensor<1x4x5x5xf16>, tensor<2x2x3x3xf16>, tensor<1x36x2x2xf16>, tensor<1x18x2x2xf16>) -> tensor<1x2x2x2xf16>
  func.return
}
