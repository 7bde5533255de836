// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @matmul_c1(%a: tensor<2x3xi1>, %b: tensor<3x4xi1>) {
  // expected-error@+1 {{expected a numeric or narrow element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i1 [dl-matmul-c1]}}
  %y = dl.matmul %a, %b acc i32 : (tensor<2x3xi1>, tensor<3x4xi1>) -> tensor<2x4xi1>
  func.return
}

// -----

func.func @matmul_c2(%a: tensor<?x3xf32>, %b: tensor<4x3xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x3xf32> [dl-matmul-c2]}}
  %y = dl.matmul %a, %b acc f32 {transpose_rhs} : (tensor<?x3xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  func.return
}

// -----

func.func @matmul_c2_b(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{expected a result of a float element type (f64 f32 f16 bf16), got i32 [dl-matmul-c2]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @matmul_c3(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error@+1 {{left operand has inner size 3, right operand has 4 [dl-matmul-c3]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  func.return
}

// -----

func.func @matmul_c4(%a: tensor<7x2x3xf32>, %b: tensor<6x3x4xf32>) {
  // expected-error@+1 {{expected batch dimensions that broadcast together, got [7] and [6] [dl-matmul-c4]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<7x2x3xf32>, tensor<6x3x4xf32>) -> tensor<7x2x4xf32>
  func.return
}

// -----

func.func @matmul_c5(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{expected operands of rank 2 or more, got ranks 1 and 2 [dl-matmul-c5]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @matmul_c6(%a: tensor<2x3xf32>, %b: tensor<3x4xf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f16 [dl-matmul-c6]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf32>, tensor<3x4xf16>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_c6_b(%a: tensor<2x3xi8>, %b: tensor<3x4xui16>) {
  // expected-error@+1 {{expected operands of one element type, got i8 and ui16 [dl-matmul-c6]}}
  %y = dl.matmul %a, %b acc i32 : (tensor<2x3xi8>, tensor<3x4xui16>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @matmul_c7(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{expected an accumulator of a float element type (f64 f32 f16 bf16), at least as wide as f32, got f16 [dl-matmul-c7]}}
  %y = dl.matmul %a, %b acc f16 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_c7_c(%a: tensor<2x3xui8>, %b: tensor<3x4xi8>) {
  // expected-error@+1 {{expected accumulator i32 for i8 and ui8, got ui32 [dl-matmul-c7]}}
  %y = dl.matmul %a, %b acc ui32 : (tensor<2x3xui8>, tensor<3x4xi8>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @matmul_c7_b(%a: tensor<2x3xi8>, %b: tensor<3x4xi8>) {
  // expected-error@+1 {{expected an accumulator of an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), at least as wide as i8, got f32 [dl-matmul-c7]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xi8>, tensor<3x4xi8>) -> tensor<2x4xi8>
  func.return
}

// -----

func.func @conv2d_c1(%x: tensor<1x3x8x8xi1>, %w: tensor<4x3x3x3xi1>) {
  // expected-error@+1 {{expected a numeric or narrow element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i1 [dl-conv2d-c1]}}
  %y = dl.conv2d %x, %w acc i32 : (tensor<1x3x8x8xi1>, tensor<4x3x3x3xi1>) -> tensor<1x4x6x6xi1>
  func.return
}

// -----

func.func @conv2d_c2(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@+1 {{expected result type tensor<1x6x6x4xf32>, got tensor<1x4x6x6xf32> [dl-conv2d-c2]}}
  %y = dl.conv2d %x, %w acc f32 {layout = "nhwc"} : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c3(%x: tensor<1x3x8x8xf32>, %w: tensor<8x4x3x3xf32>) {
  // expected-error@+1 {{input has 3 channels, weight expects 4 [dl-conv2d-c3]}}
  %y = dl.conv2d %x, %w acc f32 : (tensor<1x3x8x8xf32>, tensor<8x4x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c3_b(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>) {
  // expected-error@+1 {{input has 3 channels, weight expects 6 in 2 groups [dl-conv2d-c3]}}
  %y = dl.conv2d %x, %w acc f32 {groups = 2} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c4(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xbf16>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and bf16 [dl-conv2d-c4]}}
  %y = dl.conv2d %x, %w acc f32 : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xbf16>) -> tensor<1x8x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c5(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3xf32>) {
  // expected-error@+1 {{expected operands of rank 4, got ranks 4 and 3 [dl-conv2d-c5]}}
  %y = dl.conv2d %x, %w acc f32 : (tensor<1x3x8x8xf32>, tensor<8x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c6(%x: tensor<1x3x8x8xi16>, %w: tensor<8x3x3x3xi16>) {
  // expected-error@+1 {{expected an accumulator of an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), at least as wide as i16, got i8 [dl-conv2d-c6]}}
  %y = dl.conv2d %x, %w acc i8 : (tensor<1x3x8x8xi16>, tensor<8x3x3x3xi16>) -> tensor<1x8x6x6xi16>
  func.return
}

// -----

func.func @conv2d_c6_b(%x: tensor<1x3x8x8xi8>, %w: tensor<8x3x3x3xui8>) {
  // expected-error@+1 {{expected accumulator i32 for i8 and ui8, got i64 [dl-conv2d-c6]}}
  %y = dl.conv2d %x, %w acc i64 : (tensor<1x3x8x8xi8>, tensor<8x3x3x3xui8>) -> tensor<1x8x6x6xi64>
  func.return
}

// -----

func.func @conv2d_c7(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>) {
  // expected-error@+1 {{expected 4 paddings >= 0, got [1, 1, -1, 1] [dl-conv2d-c7]}}
  %y = dl.conv2d %x, %w acc f32 {padding = [1, 1, -1, 1]} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x6x8xf32>
  func.return
}

// -----

func.func @conv2d_c7_b(%x: tensor<1x3x8x8xf32>, %w: tensor<8x3x3x3xf32>) {
  // expected-error@+1 {{expected 2 strides >= 1, got [2] [dl-conv2d-c7]}}
  %y = dl.conv2d %x, %w acc f32 {strides = [2]} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x3x3xf32>
  func.return
}

// -----

func.func @conv2d_c8(%x: tensor<1x3x8x8xf32>, %w: tensor<8x1x3x3xf32>) {
  // expected-error@+1 {{expected groups >= 1 that divide the output channels, got 3 for 8 output channels [dl-conv2d-c8]}}
  %y = dl.conv2d %x, %w acc f32 {groups = 3} : (tensor<1x3x8x8xf32>, tensor<8x1x3x3xf32>) -> tensor<1x8x6x6xf32>
  func.return
}

// -----

func.func @conv2d_c9(%x: tensor<1x3x8x?xf32>, %w: tensor<8x3x3x3xf32>) {
  // expected-error@+1 {{expected a kernel that fits into the padded image, got kernel [3, 3] on image [8, ?] [dl-conv2d-c9]}}
  %y = dl.conv2d %x, %w acc f32 {dilations = [4, 4]} : (tensor<1x3x8x?xf32>, tensor<8x3x3x3xf32>) -> tensor<1x8x1x?xf32>
  func.return
}

// -----

func.func @matmul_c8(%x: tensor<2x8xf32>, %w: tensor<4x8xf32, #sparse.bitmask<5>>) {
  // expected-error@+1 {{expected an operand in #sparse.csr or #sparse.bsr, got #sparse.bitmask<5> [dl-matmul-c8]}}
  %y = dl.matmul %x, %w acc f32 {transpose_rhs} : (tensor<2x8xf32>, tensor<4x8xf32, #sparse.bitmask<5>>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_c8_turned(%x: tensor<2x8xf32>, %w: tensor<8x4xf32, #sparse.csr<5>>) {
  // expected-error@+1 {{expected an encoded operand whose columns are summed over, got its rows [dl-matmul-c8]}}
  %y = dl.matmul %x, %w acc f32 : (tensor<2x8xf32>, tensor<8x4xf32, #sparse.csr<5>>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_c8_both(%w: tensor<4x8xf32, #sparse.csr<5>>) {
  // expected-error@+1 {{expected one encoded operand, got two [dl-matmul-c8]}}
  %y = dl.matmul %w, %w acc f32 {transpose_rhs} : (tensor<4x8xf32, #sparse.csr<5>>, tensor<4x8xf32, #sparse.csr<5>>) -> tensor<4x4xf32>
  func.return
}

// -----

// No other op takes encoded tensors, and none gives them.

func.func @add_encoded(%w: tensor<4x8xf32, #sparse.csr<5>>) {
  // expected-error@+1 {{expected plain tensors, got tensor<4x8xf32, #sparse.csr<5>> [dl-encoding]}}
  %y = dl.relu %w : tensor<4x8xf32, #sparse.csr<5>>
  func.return
}

// -----

func.func @result_encoded(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{expected plain tensors, got tensor<4x4xf32, #sparse.csr<5>> [dl-encoding]}}
  %y = dl.matmul %x, %x acc f32 {transpose_rhs} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x4xf32, #sparse.csr<5>>
  func.return
}

// -----

func.func @matmul_c7_narrow(%a: tensor<2x3xi4>, %b: tensor<3x4xui4>) {
  // expected-error@+1 {{expected accumulator i32 for i4 and ui4, got i16 [dl-matmul-c7]}}
  %y = dl.matmul %a, %b acc i16 : (tensor<2x3xi4>, tensor<3x4xui4>) -> tensor<2x4xi16>
  func.return
}

// -----

func.func @matmul_c6_narrow(%a: tensor<2x3xf32>, %b: tensor<3x4xf8E5M2>) {
  // expected-error@+1 {{expected operands of one element type, got f32 and f8E5M2 [dl-matmul-c6]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf32>, tensor<3x4xf8E5M2>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @matmul_c2_narrow(%a: tensor<2x3xf8E5M2>, %b: tensor<3x4xf8E5M2>) {
  // expected-error@+1 {{expected a result of a float element type (f64 f32 f16 bf16), got f8E5M2 [dl-matmul-c2]}}
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf8E5M2>, tensor<3x4xf8E5M2>) -> tensor<2x4xf8E5M2>
  func.return
}
