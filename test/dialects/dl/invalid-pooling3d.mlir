// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @max_pool3d_c1(%x: tensor<1x2x4x4x4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-max_pool3d-c1]}}
  %y = dl.max_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xi1> -> tensor<1x2x3x3x3xi1>
  func.return
}

// -----

func.func @max_pool3d_c2(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected result type tensor<1x2x3x3x3xf32>, got tensor<1x2x4x4x4xf32> [dl-max_pool3d-c2]}}
  %y = dl.max_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x4x4x4xf32>
  func.return
}

// -----

func.func @max_pool3d_c3(%x: tensor<2x4x4x4xf32>) {
  // expected-error@+1 {{expected an operand of rank 5, got rank 4 [dl-max_pool3d-c3]}}
  %y = dl.max_pool3d %x {kernel = [2, 2, 2]} : tensor<2x4x4x4xf32> -> tensor<2x3x3x3xf32>
  func.return
}

// -----

func.func @max_pool3d_c4(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 3 kernel sizes >= 1, got [2, 2] [dl-max_pool3d-c4]}}
  %y = dl.max_pool3d %x {kernel = [2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @max_pool3d_c4_b(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 6 paddings >= 0, got [0, 0, 0, 0, 0, -1] [dl-max_pool3d-c4]}}
  %y = dl.max_pool3d %x {kernel = [2, 2, 2], padding = [0, 0, 0, 0, 0, -1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @max_pool3d_c5(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [2, 2, 2] on image [4, 4, 4] [dl-max_pool3d-c5]}}
  %y = dl.max_pool3d %x {kernel = [2, 2, 2], dilations = [4, 1, 1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @avg_pool3d_c1(%x: tensor<1x2x4x4x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-avg_pool3d-c1]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xi32> -> tensor<1x2x3x3x3xi32>
  func.return
}

// -----

func.func @avg_pool3d_c2(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected result type tensor<1x2x3x3x3xf32>, got tensor<1x2x4x4x4xf32> [dl-avg_pool3d-c2]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x4x4x4xf32>
  func.return
}

// -----

func.func @avg_pool3d_c3(%x: tensor<2x4x4x4xf32>) {
  // expected-error@+1 {{expected an operand of rank 5, got rank 4 [dl-avg_pool3d-c3]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2, 2]} : tensor<2x4x4x4xf32> -> tensor<2x3x3x3xf32>
  func.return
}

// -----

func.func @avg_pool3d_c4(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 3 kernel sizes >= 1, got [2, 2] [dl-avg_pool3d-c4]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @avg_pool3d_c4_b(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 6 paddings >= 0, got [0, 0, 0, 0, 0, -1] [dl-avg_pool3d-c4]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2, 2], padding = [0, 0, 0, 0, 0, -1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @avg_pool3d_c5(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [2, 2, 2] on image [4, 4, 4] [dl-avg_pool3d-c5]}}
  %y = dl.avg_pool3d %x {kernel = [2, 2, 2], dilations = [4, 1, 1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @lp_pool3d_c1(%x: tensor<1x2x4x4x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-lp_pool3d-c1]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xi32> -> tensor<1x2x3x3x3xi32>
  func.return
}

// -----

func.func @lp_pool3d_c2(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected result type tensor<1x2x3x3x3xf32>, got tensor<1x2x4x4x4xf32> [dl-lp_pool3d-c2]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x4x4x4xf32>
  func.return
}

// -----

func.func @lp_pool3d_c3(%x: tensor<2x4x4x4xf32>) {
  // expected-error@+1 {{expected an operand of rank 5, got rank 4 [dl-lp_pool3d-c3]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2]} : tensor<2x4x4x4xf32> -> tensor<2x3x3x3xf32>
  func.return
}

// -----

func.func @lp_pool3d_c4(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 3 kernel sizes >= 1, got [2, 2] [dl-lp_pool3d-c4]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @lp_pool3d_c4_b(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected 6 paddings >= 0, got [0, 0, 0, 0, 0, -1] [dl-lp_pool3d-c4]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2], padding = [0, 0, 0, 0, 0, -1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @lp_pool3d_c5(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [2, 2, 2] on image [4, 4, 4] [dl-lp_pool3d-c5]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2], dilations = [4, 1, 1]} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}

// -----

func.func @lp_pool3d_c6(%x: tensor<1x2x4x4x4xf32>) {
  // expected-error@+1 {{expected a finite p >= 1, got -2.0 [dl-lp_pool3d-c6]}}
  %y = dl.lp_pool3d %x {kernel = [2, 2, 2], p = -2.0} : tensor<1x2x4x4x4xf32> -> tensor<1x2x3x3x3xf32>
  func.return
}
