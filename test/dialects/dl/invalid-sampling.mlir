// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @grid_sample_c1(%x: tensor<?x3x16x16xi32>, %g: tensor<?x8x8x2xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-grid_sample-c1]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xi32>, tensor<?x8x8x2xi32>) -> tensor<?x3x8x8xi32>
  func.return
}

// -----

func.func @grid_sample_c1_b(%x: tensor<?x3x16x16xf32>, %g: tensor<?x8x8x2xf64>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f64 [dl-grid_sample-c1]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xf32>, tensor<?x8x8x2xf64>) -> tensor<?x3x8x8xf32>
  func.return
}

// -----

func.func @grid_sample_c2(%x: tensor<?x3x16x16xf32>, %g: tensor<?x8x8x2xf32>) {
  // expected-error@+1 {{expected result type tensor<?x3x8x8xf32>, got tensor<?x3x8x9xf32> [dl-grid_sample-c2]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xf32>, tensor<?x8x8x2xf32>) -> tensor<?x3x8x9xf32>
  func.return
}

// -----

func.func @grid_sample_c3(%x: tensor<?x3x16xf32>, %g: tensor<?x8x1xf32>) {
  // expected-error@+1 {{expected rank 4 or 5 and an image of known sizes >= 1, got [?, 3, 16] [dl-grid_sample-c3]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16xf32>, tensor<?x8x1xf32>) -> tensor<?x3x8xf32>
  func.return
}

// -----

func.func @grid_sample_c3_b(%x: tensor<?x3x16x?xf32>, %g: tensor<?x8x8x2xf32>) {
  // expected-error@+1 {{expected rank 4 or 5 and an image of known sizes >= 1, got [?, 3, 16, ?] [dl-grid_sample-c3]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x?xf32>, tensor<?x8x8x2xf32>) -> tensor<?x3x8x8xf32>
  func.return
}

// -----

func.func @grid_sample_c4(%x: tensor<?x3x16x16xf32>, %g: tensor<?x8x8x3xf32>) {
  // expected-error@+1 {{expected a grid of rank 4 and last size 2, got [?, 8, 8, 3] [dl-grid_sample-c4]}}
  %y = dl.grid_sample %x, %g : (tensor<?x3x16x16xf32>, tensor<?x8x8x3xf32>) -> tensor<?x3x8x8xf32>
  func.return
}

// -----

func.func @grid_sample_c5(%x: tensor<2x3x16x16xf32>, %g: tensor<3x8x8x2xf32>) {
  // expected-error@+1 {{x has 2 images, the grid is for 3 [dl-grid_sample-c5]}}
  %y = dl.grid_sample %x, %g : (tensor<2x3x16x16xf32>, tensor<3x8x8x2xf32>) -> tensor<?x3x8x8xf32>
  func.return
}

// -----

func.func @roi_align_c1(%x: tensor<?x64x50x50xi32>, %r: tensor<?x4xi32>, %i: tensor<?xi64>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-roi_align-c1]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xi32>, tensor<?x4xi32>, tensor<?xi64>) -> tensor<?x64x7x7xi32>
  func.return
}

// -----

func.func @roi_align_c1_b(%x: tensor<?x64x50x50xf32>, %r: tensor<?x4xf32>, %i: tensor<?xf32>) {
  // expected-error@+1 {{expected an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), got f32 [dl-roi_align-c1]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xf32>) -> tensor<?x64x7x7xf32>
  func.return
}

// -----

func.func @roi_align_c2(%x: tensor<?x64x50x50xf32>, %r: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // expected-error@+1 {{expected result type tensor<?x64x7x7xf32>, got tensor<?x64x7x8xf32> [dl-roi_align-c2]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x8xf32>
  func.return
}

// -----

func.func @roi_align_c3(%x: tensor<?x64x50xf32>, %r: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // expected-error@+1 {{expected rank 4 and an image of known sizes >= 1, got [?, 64, 50] [dl-roi_align-c3]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
  func.return
}

// -----

func.func @roi_align_c4(%x: tensor<?x64x50x50xf32>, %r: tensor<?x5xf32>, %i: tensor<?xi64>) {
  // expected-error@+1 {{expected rois of shape [n, 4] and n batch_indices, got [?, 5] and [?] [dl-roi_align-c4]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<?x5xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
  func.return
}

// -----

func.func @roi_align_c4_b(%x: tensor<?x64x50x50xf32>, %r: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{expected rois of shape [n, 4] and n batch_indices, got [3, 4] and [2] [dl-roi_align-c4]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [2, 2], scale = 0.25} : (tensor<?x64x50x50xf32>, tensor<3x4xf32>, tensor<2xi64>) -> tensor<?x64x7x7xf32>
  func.return
}

// -----

func.func @roi_align_c5(%x: tensor<?x64x50x50xf32>, %r: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // expected-error@+1 {{expected 2 samples >= 1, got [0, 2] [dl-roi_align-c5]}}
  %y = dl.roi_align %x, %r, %i {bins = [7, 7], samples = [0, 2]} : (tensor<?x64x50x50xf32>, tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x64x7x7xf32>
  func.return
}

// -----

func.func @deform_conv2d_c1(%x: tensor<?x8x16x16xi32>, %w: tensor<4x8x3x3xi32>, %o: tensor<?x18x16x16xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-deform_conv2d-c1]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xi32>, tensor<4x8x3x3xi32>, tensor<?x18x16x16xi32>) -> tensor<?x4x16x16xi32>
  func.return
}

// -----

func.func @deform_conv2d_c2(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4x16x16xf32>, got tensor<?x4x14x14xf32> [dl-deform_conv2d-c2]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x14x14xf32>
  func.return
}

// -----

func.func @deform_conv2d_c3(%x: tensor<?x8x16x16xf32>, %w: tensor<4x?x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected a weight of rank 4 and known channels, got [4, ?, 3, 3] and [?, 8, 16, 16] [dl-deform_conv2d-c3]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x?x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c4(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1] [dl-deform_conv2d-c4]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c5(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3] on image [16, 16] [dl-deform_conv2d-c5]}}
  %y = dl.deform_conv2d %x, %w, %o {dilations = [8, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c6(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected groups that fit, got 2 groups of weight [4, 8, 3, 3] for 8 channels [dl-deform_conv2d-c6]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1], groups = 2} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c7(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected offset_groups >= 1 that divide the channels, got 3 for 8 channels [dl-deform_conv2d-c7]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1], offset_groups = 3} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c8(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x9x16x16xf32>) {
  // expected-error@+1 {{expected offset of shape [?, 18, 16, 16], got [?, 9, 16, 16] [dl-deform_conv2d-c8]}}
  %y = dl.deform_conv2d %x, %w, %o {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x9x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}

// -----

func.func @deform_conv2d_c8_b(%x: tensor<?x8x16x16xf32>, %w: tensor<4x8x3x3xf32>, %o: tensor<?x18x16x16xf32>, %m: tensor<?x18x16x16xf32>) {
  // expected-error@+1 {{expected mask of shape [?, 9, 16, 16], got [?, 18, 16, 16] [dl-deform_conv2d-c8]}}
  %y = dl.deform_conv2d %x, %w, %o, %m {padding = [1, 1, 1, 1]} : (tensor<?x8x16x16xf32>, tensor<4x8x3x3xf32>, tensor<?x18x16x16xf32>, tensor<?x18x16x16xf32>) -> tensor<?x4x16x16xf32>
  func.return
}
