// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @add_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-add-c1]}}
  %y = dl.add %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @add_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-add-c2]}}
  %y = dl.add %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @add_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-add-c3]}}
  %y = dl.add %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @add_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-add-c4]}}
  %y = dl.add %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @sub_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-sub-c1]}}
  %y = dl.sub %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @sub_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-sub-c2]}}
  %y = dl.sub %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @sub_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-sub-c3]}}
  %y = dl.sub %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @sub_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-sub-c4]}}
  %y = dl.sub %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @mul_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-mul-c1]}}
  %y = dl.mul %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @mul_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-mul-c2]}}
  %y = dl.mul %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @mul_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-mul-c3]}}
  %y = dl.mul %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @mul_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-mul-c4]}}
  %y = dl.mul %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @div_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-div-c1]}}
  %y = dl.div %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @div_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-div-c2]}}
  %y = dl.div %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @div_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-div-c3]}}
  %y = dl.div %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @div_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-div-c4]}}
  %y = dl.div %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @mod_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-mod-c1]}}
  %y = dl.mod %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @mod_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-mod-c2]}}
  %y = dl.mod %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @mod_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-mod-c3]}}
  %y = dl.mod %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @mod_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-mod-c4]}}
  %y = dl.mod %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @fmod_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-fmod-c1]}}
  %y = dl.fmod %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @fmod_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-fmod-c2]}}
  %y = dl.fmod %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @fmod_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-fmod-c3]}}
  %y = dl.fmod %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @fmod_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-fmod-c4]}}
  %y = dl.fmod %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @pow_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-pow-c1]}}
  %y = dl.pow %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @pow_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-pow-c2]}}
  %y = dl.pow %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @pow_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-pow-c3]}}
  %y = dl.pow %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @pow_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-pow-c4]}}
  %y = dl.pow %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @max_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-max-c1]}}
  %y = dl.max %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @max_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-max-c2]}}
  %y = dl.max %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @max_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-max-c3]}}
  %y = dl.max %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @max_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-max-c4]}}
  %y = dl.max %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @min_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-min-c1]}}
  %y = dl.min %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @min_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-min-c2]}}
  %y = dl.min %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @min_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-min-c3]}}
  %y = dl.min %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @min_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-min-c4]}}
  %y = dl.min %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @atan2_c1(%a: tensor<4xi32>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-atan2-c1]}}
  %y = dl.atan2 %a, %b : tensor<4xi32>
  func.return
}

// -----

func.func @atan2_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-atan2-c2]}}
  %y = dl.atan2 %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @atan2_c3(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f64 [dl-atan2-c3]}}
  %y = dl.atan2 %a, %b : (tensor<4xf32>, tensor<4xf64>) -> tensor<4xf32>
  func.return
}

// -----

func.func @atan2_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-atan2-c4]}}
  %y = dl.atan2 %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @prelu_c1(%a: tensor<4xi1>, %b: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-prelu-c1]}}
  %y = dl.prelu %a, %b : tensor<4xi1>
  func.return
}

// -----

func.func @prelu_c2(%a: tensor<?x4xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+1 {{expected result type tensor<3x4xf32>, got tensor<?x4xf32> [dl-prelu-c2]}}
  %y = dl.prelu %a, %b : (tensor<?x4xf32>, tensor<3x1xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @prelu_c3(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-prelu-c3]}}
  %y = dl.prelu %a, %b : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @prelu_c4(%a: tensor<?x4xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-prelu-c4]}}
  %y = dl.prelu %a, %b : (tensor<?x4xf32>, tensor<3xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @and_c1(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer or boolean element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got f32 [dl-and-c1]}}
  %y = dl.and %a, %b : tensor<4xf32>
  func.return
}

// -----

func.func @and_c2(%a: tensor<?x4xi1>, %b: tensor<3x1xi1>) {
  // expected-error@+1 {{expected result type tensor<3x4xi1>, got tensor<?x4xi1> [dl-and-c2]}}
  %y = dl.and %a, %b : (tensor<?x4xi1>, tensor<3x1xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @and_c3(%a: tensor<4xi1>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected operands of one element type, got i1 and i32 [dl-and-c3]}}
  %y = dl.and %a, %b : (tensor<4xi1>, tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// -----

func.func @and_c4(%a: tensor<?x4xi1>, %b: tensor<3xi1>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-and-c4]}}
  %y = dl.and %a, %b : (tensor<?x4xi1>, tensor<3xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @or_c1(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer or boolean element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got f32 [dl-or-c1]}}
  %y = dl.or %a, %b : tensor<4xf32>
  func.return
}

// -----

func.func @or_c2(%a: tensor<?x4xi1>, %b: tensor<3x1xi1>) {
  // expected-error@+1 {{expected result type tensor<3x4xi1>, got tensor<?x4xi1> [dl-or-c2]}}
  %y = dl.or %a, %b : (tensor<?x4xi1>, tensor<3x1xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @or_c3(%a: tensor<4xi1>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected operands of one element type, got i1 and i32 [dl-or-c3]}}
  %y = dl.or %a, %b : (tensor<4xi1>, tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// -----

func.func @or_c4(%a: tensor<?x4xi1>, %b: tensor<3xi1>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-or-c4]}}
  %y = dl.or %a, %b : (tensor<?x4xi1>, tensor<3xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @xor_c1(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer or boolean element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got f32 [dl-xor-c1]}}
  %y = dl.xor %a, %b : tensor<4xf32>
  func.return
}

// -----

func.func @xor_c2(%a: tensor<?x4xi1>, %b: tensor<3x1xi1>) {
  // expected-error@+1 {{expected result type tensor<3x4xi1>, got tensor<?x4xi1> [dl-xor-c2]}}
  %y = dl.xor %a, %b : (tensor<?x4xi1>, tensor<3x1xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @xor_c3(%a: tensor<4xi1>, %b: tensor<4xi32>) {
  // expected-error@+1 {{expected operands of one element type, got i1 and i32 [dl-xor-c3]}}
  %y = dl.xor %a, %b : (tensor<4xi1>, tensor<4xi32>) -> tensor<4xi1>
  func.return
}

// -----

func.func @xor_c4(%a: tensor<?x4xi1>, %b: tensor<3xi1>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [?, 4] and [3] [dl-xor-c4]}}
  %y = dl.xor %a, %b : (tensor<?x4xi1>, tensor<3xi1>) -> tensor<?x4xi1>
  func.return
}

// -----

func.func @compare_c1(%a: tensor<4xi4>, %b: tensor<4xi4>) {
  // expected-error@+1 {{expected a supported element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got i4 [dl-compare-c1]}}
  %y = dl.compare lt, %a, %b : (tensor<4xi4>, tensor<4xi4>) -> tensor<4xi1>
  func.return
}

// -----

func.func @compare_c2(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi1>, got tensor<4xf32> [dl-compare-c2]}}
  %y = dl.compare lt, %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @compare_c3(%a: tensor<4xi32>, %b: tensor<4xi64>) {
  // expected-error@+1 {{expected operands of one element type, got i32 and i64 [dl-compare-c3]}}
  %y = dl.compare eq, %a, %b : (tensor<4xi32>, tensor<4xi64>) -> tensor<4xi1>
  func.return
}

// -----

func.func @compare_c4(%a: tensor<4xi32>, %b: tensor<2x3xi32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [4] and [2, 3] [dl-compare-c4]}}
  %y = dl.compare ne, %a, %b : (tensor<4xi32>, tensor<2x3xi32>) -> tensor<2x4xi1>
  func.return
}

// -----

func.func @select_c1(%c: tensor<4xi8>, %a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected a boolean element type (i1), got i8 [dl-select-c1]}}
  %y = dl.select %c, %a, %b : (tensor<4xi8>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @select_c2(%c: tensor<2x1xi1>, %a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<4xf32> [dl-select-c2]}}
  %y = dl.select %c, %a, %b : (tensor<2x1xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @select_c3(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected choices of one element type, got f32 and f16 [dl-select-c3]}}
  %y = dl.select %c, %a, %b : (tensor<4xi1>, tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @select_c4(%c: tensor<3xi1>, %a: tensor<4xf32>, %b: tensor<1xf32>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [3] and [4] and [1] [dl-select-c4]}}
  %y = dl.select %c, %a, %b : (tensor<3xi1>, tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @cast_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-cast-c1]}}
  %y = dl.cast %x : tensor<4xf32> -> tensor<4xi7>
  func.return
}

// -----

func.func @cast_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-cast-c2]}}
  %y = dl.cast %x : tensor<?x4xf32> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @cast_c3(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected floats for round_mode upward, got i32 and f8E5M2 [dl-cast-c3]}}
  %y = dl.cast %x {round_mode = "upward"} : tensor<4xi32> -> tensor<4xf8E5M2>
  func.return
}

// -----

func.func @cast_c4(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected numbers to saturate, got f32 and i1 [dl-cast-c4]}}
  %y = dl.cast %x {saturate} : tensor<4xf32> -> tensor<4xi1>
  func.return
}
