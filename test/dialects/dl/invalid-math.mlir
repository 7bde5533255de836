// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @neg_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-neg-c1]}}
  %y = dl.neg %x : tensor<4xi1>
  func.return
}

// -----

func.func @neg_c2(%x: tensor<?x4xi8>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-neg-c2]}}
  %y = dl.neg %x : tensor<?x4xi8> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @abs_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-abs-c1]}}
  %y = dl.abs %x : tensor<4xi1>
  func.return
}

// -----

func.func @abs_c2(%x: tensor<?x4xi8>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-abs-c2]}}
  %y = dl.abs %x : tensor<?x4xi8> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @sign_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-sign-c1]}}
  %y = dl.sign %x : tensor<4xi1>
  func.return
}

// -----

func.func @sign_c2(%x: tensor<?x4xi8>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-sign-c2]}}
  %y = dl.sign %x : tensor<?x4xi8> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @exp_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-exp-c1]}}
  %y = dl.exp %x : tensor<4xi32>
  func.return
}

// -----

func.func @exp_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-exp-c2]}}
  %y = dl.exp %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @expm1_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-expm1-c1]}}
  %y = dl.expm1 %x : tensor<4xi32>
  func.return
}

// -----

func.func @expm1_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-expm1-c2]}}
  %y = dl.expm1 %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @log_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-log-c1]}}
  %y = dl.log %x : tensor<4xi32>
  func.return
}

// -----

func.func @log_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-log-c2]}}
  %y = dl.log %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @log1p_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-log1p-c1]}}
  %y = dl.log1p %x : tensor<4xi32>
  func.return
}

// -----

func.func @log1p_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-log1p-c2]}}
  %y = dl.log1p %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @sqrt_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-sqrt-c1]}}
  %y = dl.sqrt %x : tensor<4xi32>
  func.return
}

// -----

func.func @sqrt_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-sqrt-c2]}}
  %y = dl.sqrt %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @rsqrt_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-rsqrt-c1]}}
  %y = dl.rsqrt %x : tensor<4xi32>
  func.return
}

// -----

func.func @rsqrt_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-rsqrt-c2]}}
  %y = dl.rsqrt %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @reciprocal_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-reciprocal-c1]}}
  %y = dl.reciprocal %x : tensor<4xi32>
  func.return
}

// -----

func.func @reciprocal_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-reciprocal-c2]}}
  %y = dl.reciprocal %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @sin_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-sin-c1]}}
  %y = dl.sin %x : tensor<4xi32>
  func.return
}

// -----

func.func @sin_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-sin-c2]}}
  %y = dl.sin %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @cos_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-cos-c1]}}
  %y = dl.cos %x : tensor<4xi32>
  func.return
}

// -----

func.func @cos_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-cos-c2]}}
  %y = dl.cos %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @tan_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-tan-c1]}}
  %y = dl.tan %x : tensor<4xi32>
  func.return
}

// -----

func.func @tan_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-tan-c2]}}
  %y = dl.tan %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @tanh_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-tanh-c1]}}
  %y = dl.tanh %x : tensor<4xi32>
  func.return
}

// -----

func.func @tanh_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-tanh-c2]}}
  %y = dl.tanh %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @erf_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-erf-c1]}}
  %y = dl.erf %x : tensor<4xi32>
  func.return
}

// -----

func.func @erf_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-erf-c2]}}
  %y = dl.erf %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @floor_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-floor-c1]}}
  %y = dl.floor %x : tensor<4xi32>
  func.return
}

// -----

func.func @floor_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-floor-c2]}}
  %y = dl.floor %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @ceil_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-ceil-c1]}}
  %y = dl.ceil %x : tensor<4xi32>
  func.return
}

// -----

func.func @ceil_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-ceil-c2]}}
  %y = dl.ceil %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @round_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-round-c1]}}
  %y = dl.round %x : tensor<4xi32>
  func.return
}

// -----

func.func @round_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-round-c2]}}
  %y = dl.round %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @is_nan_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-is_nan-c1]}}
  %y = dl.is_nan %x : tensor<4xi32> -> tensor<4xi1>
  func.return
}

// -----

func.func @is_nan_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi1>, got tensor<4xf32> [dl-is_nan-c2]}}
  %y = dl.is_nan %x : tensor<4xf32>
  func.return
}

// -----

func.func @is_inf_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-is_inf-c1]}}
  %y = dl.is_inf %x : tensor<4xi32> -> tensor<4xi1>
  func.return
}

// -----

func.func @is_inf_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi1>, got tensor<4xf32> [dl-is_inf-c2]}}
  %y = dl.is_inf %x : tensor<4xf32>
  func.return
}

// -----

func.func @not_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer or boolean element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got f32 [dl-not-c1]}}
  %y = dl.not %x : tensor<4xf32>
  func.return
}

// -----

func.func @not_c2(%x: tensor<?x4xi32>) {
  // expected-error@+1 {{expected result type tensor<?x4xi32>, got tensor<?x5xi32> [dl-not-c2]}}
  %y = dl.not %x : tensor<?x4xi32> -> tensor<?x5xi32>
  func.return
}
