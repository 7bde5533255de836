// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @det_c1(%x: tensor<3x3xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-det-c1]}}
  %y = dl.det %x : tensor<3x3xi32> -> tensor<i32>
  func.return
}

// -----

func.func @det_c2(%x: tensor<2x3x3xf32>) {
  // expected-error@+1 {{expected result type tensor<2xf32>, got tensor<3xf32> [dl-det-c2]}}
  %y = dl.det %x : tensor<2x3x3xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @det_c3(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected square matrices of a known size, got [2, 3] [dl-det-c3]}}
  %y = dl.det %x : tensor<2x3xf32> -> tensor<f32>
  func.return
}

// -----

func.func @det_c3_b(%x: tensor<?x?xf32>) {
  // expected-error@+1 {{expected square matrices of a known size, got [?, ?] [dl-det-c3]}}
  %y = dl.det %x : tensor<?x?xf32> -> tensor<f32>
  func.return
}

// -----

func.func @det_c3_c(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected square matrices of a known size, got [3] [dl-det-c3]}}
  %y = dl.det %x : tensor<3xf32> -> tensor<f32>
  func.return
}

// -----

func.func @dft_c1(%x: tensor<8x2xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-dft-c1]}}
  %y = dl.dft %x {axis = 0} : tensor<8x2xi32>
  func.return
}

// -----

func.func @dft_c2(%x: tensor<8x2xf32>) {
  // expected-error@+1 {{expected result type tensor<8x2xf32>, got tensor<5x2xf32> [dl-dft-c2]}}
  %y = dl.dft %x {axis = 0} : tensor<8x2xf32> -> tensor<5x2xf32>
  func.return
}

// -----

func.func @dft_c3(%x: tensor<8x2xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-dft-c3]}}
  %y = dl.dft %x {axis = 1} : tensor<8x2xf32>
  func.return
}

// -----

func.func @dft_c4(%x: tensor<8x1xf32>) {
  // expected-error@+1 {{expected a last size of 2, got [8, 1] [dl-dft-c4]}}
  %y = dl.dft %x {axis = 0} : tensor<8x1xf32>
  func.return
}

// -----

func.func @dft_c5(%x: tensor<?x2xf32>) {
  // expected-error@+1 {{expected a number >= 1 along axis 0, got [?, 2] [dl-dft-c5]}}
  %y = dl.dft %x {axis = 0} : tensor<?x2xf32>
  func.return
}
