// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @sinh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-sinh-c1]}}
  %y = dl.sinh %x : tensor<4xi32>
  func.return
}

// -----

func.func @sinh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-sinh-c2]}}
  %y = dl.sinh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @cosh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-cosh-c1]}}
  %y = dl.cosh %x : tensor<4xi32>
  func.return
}

// -----

func.func @cosh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-cosh-c2]}}
  %y = dl.cosh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @asin_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-asin-c1]}}
  %y = dl.asin %x : tensor<4xi32>
  func.return
}

// -----

func.func @asin_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-asin-c2]}}
  %y = dl.asin %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @acos_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-acos-c1]}}
  %y = dl.acos %x : tensor<4xi32>
  func.return
}

// -----

func.func @acos_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-acos-c2]}}
  %y = dl.acos %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @atan_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-atan-c1]}}
  %y = dl.atan %x : tensor<4xi32>
  func.return
}

// -----

func.func @atan_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-atan-c2]}}
  %y = dl.atan %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @asinh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-asinh-c1]}}
  %y = dl.asinh %x : tensor<4xi32>
  func.return
}

// -----

func.func @asinh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-asinh-c2]}}
  %y = dl.asinh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @acosh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-acosh-c1]}}
  %y = dl.acosh %x : tensor<4xi32>
  func.return
}

// -----

func.func @acosh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-acosh-c2]}}
  %y = dl.acosh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @atanh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-atanh-c1]}}
  %y = dl.atanh %x : tensor<4xi32>
  func.return
}

// -----

func.func @atanh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-atanh-c2]}}
  %y = dl.atanh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}
