// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @constant_c1() {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-constant-c1]}}
  %y = dl.constant dense<1> : tensor<2xi7>
  func.return
}

// -----

func.func @constant_c2() {
  // expected-error@+1 {{expected result type tensor<2xf32>, got tensor<3xf32> [dl-constant-c2]}}
  %y = "dl.constant"() <{value = dense<1.0> : tensor<2xf32>}> : () -> tensor<3xf32>
  func.return
}

// -----

func.func @param_c1() {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got index [dl-param-c1]}}
  %y = dl.param "w" : tensor<2xindex>
  func.return
}

// -----

func.func @param_c2() {
  // expected-error@+1 {{expected a static result type, got tensor<?x2xf32> [dl-param-c2]}}
  %y = dl.param "w" : tensor<?x2xf32>
  func.return
}

// -----

func.func @iota_c1() {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-iota-c1]}}
  %y = dl.iota axis 0 : tensor<4xi1>
  func.return
}

// -----

func.func @iota_c2() {
  // expected-error@+1 {{expected 1 size operands, one per `?` of the result, got 0 [dl-iota-c2]}}
  %y = dl.iota axis 0 : tensor<?xi64>
  func.return
}

// -----

func.func @iota_c3() {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-iota-c3]}}
  %y = dl.iota axis 2 : tensor<4x2xi64>
  func.return
}

// -----

func.func @dim_c1(%x: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-dim-c1]}}
  %n = dl.dim %x, 0 : tensor<4xi7>
  func.return
}

// -----

func.func @dim_c2(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected result type index, got i64 [dl-dim-c2]}}
  %n = "dl.dim"(%x) <{axis = 0 : i64}> : (tensor<?xf32>) -> i64
  func.return
}

// -----

func.func @dim_c3(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-dim-c3]}}
  %n = dl.dim %x, 1 : tensor<?xf32>
  func.return
}
