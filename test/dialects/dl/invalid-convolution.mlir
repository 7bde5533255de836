// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @conv3d_c1(%x: tensor<1x4x5x5x5xi1>, %w: tensor<2x4x3x3x3xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-conv3d-c1]}}
  %y = dl.conv3d %x, %w acc i32 : (tensor<1x4x5x5x5xi1>, tensor<2x4x3x3x3xi1>) -> tensor<1x2x3x3x3xi1>
  func.return
}

// -----

func.func @conv3d_c2(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected result type tensor<1x2x3x3x3xf32>, got tensor<1x2x5x5x5xf32> [dl-conv3d-c2]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x5x5x5xf32>
  func.return
}

// -----

func.func @conv3d_c2_b(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected a result of a float element type (f64 f32 f16 bf16), got i32 [dl-conv3d-c2]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xi32>
  func.return
}

// -----

func.func @conv3d_c3(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x3x3x3x3xf32>) {
  // expected-error@+1 {{input has 4 channels, weight expects 3 [dl-conv3d-c3]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5x5xf32>, tensor<2x3x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c4(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf64>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f64 [dl-conv3d-c4]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf64>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c5(%x: tensor<1x4x5x5xf32>, %w: tensor<2x4x3x3xf32>) {
  // expected-error@+1 {{expected operands of rank 5, got ranks 4 and 4 [dl-conv3d-c5]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<2x4x3x3xf32>) -> tensor<1x2x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c6(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected an accumulator of a float element type (f64 f32 f16 bf16), at least as wide as f32, got f16 [dl-conv3d-c6]}}
  %y = dl.conv3d %x, %w acc f16 : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c7(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected 6 paddings >= 0, got [0, 0, 0] [dl-conv3d-c7]}}
  %y = dl.conv3d %x, %w acc f32 {padding = [0, 0, 0]} : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c7_b(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected 3 strides >= 1, got [0, 1, 1] [dl-conv3d-c7]}}
  %y = dl.conv3d %x, %w acc f32 {strides = [0, 1, 1]} : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c8(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected groups >= 1 that divide the channels, got 3 for a weight of first size 2 [dl-conv3d-c8]}}
  %y = dl.conv3d %x, %w acc f32 {groups = 3} : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c9(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x3x3x3xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3, 3] on image [5, 5, 5] [dl-conv3d-c9]}}
  %y = dl.conv3d %x, %w acc f32 {dilations = [3, 1, 1]} : (tensor<1x4x5x5x5xf32>, tensor<2x4x3x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv3d_c10(%x: tensor<1x4x5x5x5xf32>, %w: tensor<2x4x?x3x3xf32>) {
  // expected-error@+1 {{expected a kernel of known sizes, got [?, 3, 3] [dl-conv3d-c10]}}
  %y = dl.conv3d %x, %w acc f32 : (tensor<1x4x5x5x5xf32>, tensor<2x4x?x3x3xf32>) -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @conv_transpose_c1(%x: tensor<1x4x5x5xi1>, %w: tensor<4x2x3x3xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-conv_transpose-c1]}}
  %y = dl.conv_transpose %x, %w acc i32 : (tensor<1x4x5x5xi1>, tensor<4x2x3x3xi1>) -> tensor<1x2x7x7xi1>
  func.return
}

// -----

func.func @conv_transpose_c2(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected result type tensor<1x2x7x7xf32>, got tensor<1x2x5x5xf32> [dl-conv_transpose-c2]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x5x5xf32>
  func.return
}

// -----

func.func @conv_transpose_c2_b(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected a result of a float element type (f64 f32 f16 bf16), got i8 [dl-conv_transpose-c2]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xi8>
  func.return
}

// -----

func.func @conv_transpose_c3(%x: tensor<1x4x5x5xf32>, %w: tensor<3x2x3x3xf32>) {
  // expected-error@+1 {{input has 4 channels, weight expects 3 [dl-conv_transpose-c3]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<3x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c4(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-conv_transpose-c4]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf16>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c5(%x: tensor<1x4xf32>, %w: tensor<4x2xf32>) {
  // expected-error@+1 {{expected operands of one rank, 3 to 5, got ranks 2 and 2 [dl-conv_transpose-c5]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  func.return
}

// -----

func.func @conv_transpose_c5_b(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3xf32>) {
  // expected-error@+1 {{expected operands of one rank, 3 to 5, got ranks 4 and 3 [dl-conv_transpose-c5]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<4x2x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c6(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected an accumulator of a float element type (f64 f32 f16 bf16), at least as wide as f32, got bf16 [dl-conv_transpose-c6]}}
  %y = dl.conv_transpose %x, %w acc bf16 : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c7(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected 2 strides >= 1, got [1] [dl-conv_transpose-c7]}}
  %y = dl.conv_transpose %x, %w acc f32 {strides = [1]} : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c7_b(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected 2 output paddings >= 0, got [0, -1] [dl-conv_transpose-c7]}}
  %y = dl.conv_transpose %x, %w acc f32 {output_padding = [0, -1]} : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c7_c(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1] [dl-conv_transpose-c7]}}
  %y = dl.conv_transpose %x, %w acc f32 {padding = [1, 1]} : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c8(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected groups >= 1 that divide the channels, got 3 for a weight of first size 4 [dl-conv_transpose-c8]}}
  %y = dl.conv_transpose %x, %w acc f32 {groups = 3} : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c9(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@+1 {{expected a result that is not empty, got kernel [3, 3] on image [5, 5] [dl-conv_transpose-c9]}}
  %y = dl.conv_transpose %x, %w acc f32 {padding = [4, 0, 3, 0]} : (tensor<1x4x5x5xf32>, tensor<4x2x3x3xf32>) -> tensor<1x2x7x7xf32>
  func.return
}

// -----

func.func @conv_transpose_c10(%x: tensor<1x4x5x5xf32>, %w: tensor<4x2x3x?xf32>) {
  // expected-error@+1 {{expected a kernel of known sizes, got [3, ?] [dl-conv_transpose-c10]}}
  %y = dl.conv_transpose %x, %w acc f32 : (tensor<1x4x5x5xf32>, tensor<4x2x3x?xf32>) -> tensor<1x2x7x7xf32>
  func.return
}
