// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @max_pool2d_c1(%x: tensor<1x3x8x8xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-max_pool2d-c1]}}
  %y = dl.max_pool2d %x {kernel = [2, 2]} : tensor<1x3x8x8xi1> -> tensor<1x3x7x7xi1>
  func.return
}

// -----

func.func @max_pool2d_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected result type tensor<1x3x4x4xf32>, got tensor<1x3x7x7xf32> [dl-max_pool2d-c2]}}
  %y = dl.max_pool2d %x {kernel = [2, 2], strides = [2, 2]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @max_pool2d_c3(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{expected an operand of rank 4, got rank 3 [dl-max_pool2d-c3]}}
  %y = dl.max_pool2d %x {kernel = [2, 2]} : tensor<3x8x8xf32> -> tensor<3x7x7xf32>
  func.return
}

// -----

func.func @max_pool2d_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1] [dl-max_pool2d-c4]}}
  %y = dl.max_pool2d %x {kernel = [2, 2], padding = [1, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x9x9xf32>
  func.return
}

// -----

func.func @max_pool2d_c4_b(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 2 strides >= 1, got [0, 1] [dl-max_pool2d-c4]}}
  %y = dl.max_pool2d %x {kernel = [2, 2], strides = [0, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @max_pool2d_c5(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3] on image [8, 8] [dl-max_pool2d-c5]}}
  %y = dl.max_pool2d %x {kernel = [3, 3], dilations = [4, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x1x6xf32>
  func.return
}

// -----

func.func @avg_pool2d_c1(%x: tensor<1x3x8x8xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-avg_pool2d-c1]}}
  %y = dl.avg_pool2d %x {kernel = [2, 2]} : tensor<1x3x8x8xi32> -> tensor<1x3x7x7xi32>
  func.return
}

// -----

func.func @avg_pool2d_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected result type tensor<1x3x4x4xf32>, got tensor<1x3x7x7xf32> [dl-avg_pool2d-c2]}}
  %y = dl.avg_pool2d %x {kernel = [2, 2], strides = [2, 2]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @avg_pool2d_c3(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{expected an operand of rank 4, got rank 3 [dl-avg_pool2d-c3]}}
  %y = dl.avg_pool2d %x {kernel = [2, 2]} : tensor<3x8x8xf32> -> tensor<3x7x7xf32>
  func.return
}

// -----

func.func @avg_pool2d_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1] [dl-avg_pool2d-c4]}}
  %y = dl.avg_pool2d %x {kernel = [2, 2], padding = [1, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x9x9xf32>
  func.return
}

// -----

func.func @avg_pool2d_c4_b(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 2 strides >= 1, got [0, 1] [dl-avg_pool2d-c4]}}
  %y = dl.avg_pool2d %x {kernel = [2, 2], strides = [0, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @avg_pool2d_c5(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3] on image [8, 8] [dl-avg_pool2d-c5]}}
  %y = dl.avg_pool2d %x {kernel = [3, 3], dilations = [4, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x1x6xf32>
  func.return
}

// -----

func.func @lp_pool2d_c1(%x: tensor<1x3x8x8xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-lp_pool2d-c1]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2]} : tensor<1x3x8x8xi32> -> tensor<1x3x7x7xi32>
  func.return
}

// -----

func.func @lp_pool2d_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected result type tensor<1x3x4x4xf32>, got tensor<1x3x7x7xf32> [dl-lp_pool2d-c2]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], strides = [2, 2]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @lp_pool2d_c3(%x: tensor<3x8x8xf32>) {
  // expected-error@+1 {{expected an operand of rank 4, got rank 3 [dl-lp_pool2d-c3]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2]} : tensor<3x8x8xf32> -> tensor<3x7x7xf32>
  func.return
}

// -----

func.func @lp_pool2d_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1] [dl-lp_pool2d-c4]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], padding = [1, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x9x9xf32>
  func.return
}

// -----

func.func @lp_pool2d_c4_b(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected 2 strides >= 1, got [0, 1] [dl-lp_pool2d-c4]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], strides = [0, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @lp_pool2d_c5(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3] on image [8, 8] [dl-lp_pool2d-c5]}}
  %y = dl.lp_pool2d %x {kernel = [3, 3], dilations = [4, 1]} : tensor<1x3x8x8xf32> -> tensor<1x3x1x6xf32>
  func.return
}

// -----

func.func @lp_pool2d_c6(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a finite p >= 1, got 0.5 [dl-lp_pool2d-c6]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], p = 0.5} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @lp_pool2d_c6_b(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a finite p >= 1, got inf [dl-lp_pool2d-c6]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], p = inf} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}

// -----

func.func @lp_pool2d_c6_c(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{expected a finite p >= 1, got nan [dl-lp_pool2d-c6]}}
  %y = dl.lp_pool2d %x {kernel = [2, 2], p = nan} : tensor<1x3x8x8xf32> -> tensor<1x3x7x7xf32>
  func.return
}
