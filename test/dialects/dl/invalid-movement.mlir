// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @reshape_c1(%x: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-reshape-c1]}}
  %y = dl.reshape %x : tensor<4xi7> -> tensor<2x2xi7>
  func.return
}

// -----

func.func @reshape_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x2xf32>, got tensor<2x2xi32> [dl-reshape-c2]}}
  %y = dl.reshape %x : tensor<4xf32> -> tensor<2x2xi32>
  func.return
}

// -----

func.func @reshape_c2_b(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x2xf32>, got tensor<2x?xf32> [dl-reshape-c2]}}
  %y = dl.reshape %x : tensor<4xf32> -> tensor<2x?xf32>
  func.return
}

// -----

func.func @reshape_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 2 size operands, one per `?` of the result, got 0 [dl-reshape-c3]}}
  %y = dl.reshape %x : tensor<?x4xf32> -> tensor<?x?xf32>
  func.return
}

// -----

func.func @reshape_c3_b(%x: tensor<?x4xf32>, %n: index) {
  // expected-error@+1 {{expected 0 size operands, one per `?` of the result, got 1 [dl-reshape-c3]}}
  %y = dl.reshape %x [%n] : tensor<?x4xf32> -> tensor<2x2xf32>
  func.return
}

// -----

func.func @reshape_c4(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a shape of 6 elements, got [5] [dl-reshape-c4]}}
  %y = dl.reshape %x : tensor<2x3xf32> -> tensor<5xf32>
  func.return
}

// -----

func.func @reshape_c4_b(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a shape that divides 6 elements, got [?, 4] [dl-reshape-c4]}}
  %y = dl.reshape %x : tensor<2x3xf32> -> tensor<?x4xf32>
  func.return
}

// -----

func.func @transpose_c1(%x: tensor<2x4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-transpose-c1]}}
  %y = dl.transpose %x {perm = [1, 0]} : tensor<2x4xi7> -> tensor<4x2xi7>
  func.return
}

// -----

func.func @transpose_c2(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<4x2xf32>, got tensor<2x4xf32> [dl-transpose-c2]}}
  %y = dl.transpose %x {perm = [1, 0]} : tensor<2x4xf32> -> tensor<2x4xf32>
  func.return
}

// -----

func.func @transpose_c3(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a permutation of [0, 1], got [1, 1] [dl-transpose-c3]}}
  %y = dl.transpose %x {perm = [1, 1]} : tensor<2x4xf32> -> tensor<4x4xf32>
  func.return
}

// -----

func.func @broadcast_c1(%x: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-broadcast-c1]}}
  %y = dl.broadcast %x : tensor<4xi7> -> tensor<2x4xi7>
  func.return
}

// -----

func.func @broadcast_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<2x4xf16> [dl-broadcast-c2]}}
  %y = dl.broadcast %x : tensor<4xf32> -> tensor<2x4xf16>
  func.return
}

// -----

func.func @broadcast_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 1 size operands, one per `?` of the result, got 0 [dl-broadcast-c3]}}
  %y = dl.broadcast %x : tensor<4xf32> -> tensor<?x4xf32>
  func.return
}

// -----

func.func @broadcast_c4(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a shape that [4] broadcasts to, got [4, 2] [dl-broadcast-c4]}}
  %y = dl.broadcast %x : tensor<4xf32> -> tensor<4x2xf32>
  func.return
}

// -----

func.func @broadcast_c4_b(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a shape that [2, 4] broadcasts to, got [4] [dl-broadcast-c4]}}
  %y = dl.broadcast %x : tensor<2x4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @slice_c1(%x: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-slice-c1]}}
  %y = dl.slice %x {offsets = [0], strides = [1]} : tensor<4xi7> -> tensor<2xi7>
  func.return
}

// -----

func.func @slice_c2(%x: tensor<4x4xf32>) {
  // expected-error@+1 {{expected a result of rank 2, got rank 1 [dl-slice-c2]}}
  %y = dl.slice %x {offsets = [0, 0], strides = [1, 1]} : tensor<4x4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @slice_c3(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected 1 size operands, one per `?` of the result, got 0 [dl-slice-c3]}}
  %y = dl.slice %x {offsets = [0], strides = [1]} : tensor<?xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @slice_c4(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 1 offsets >= 0 and as many strides other than 0, got [-1] and [1] [dl-slice-c4]}}
  %y = dl.slice %x {offsets = [-1], strides = [1]} : tensor<4xf32> -> tensor<1xf32>
  func.return
}

// -----

func.func @slice_c4_b(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 1 offsets >= 0 and as many strides other than 0, got [0] and [0] [dl-slice-c4]}}
  %y = dl.slice %x {offsets = [0], strides = [0]} : tensor<4xf32> -> tensor<1xf32>
  func.return
}

// -----

func.func @slice_c5(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected places inside the operand, got 1 to 5 of dimension 0 of size 4 [dl-slice-c5]}}
  %y = dl.slice %x {offsets = [1], strides = [2]} : tensor<4xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @slice_c5_b(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected places inside the operand, got 1 to -1 of dimension 0 of size ? [dl-slice-c5]}}
  %y = dl.slice %x {offsets = [1], strides = [-1]} : tensor<?xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @pad_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{expected a supported element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got i4 [dl-pad-c1]}}
  %y = dl.pad %x {low = [1], high = [0], value = 0} : tensor<4xi4> -> tensor<5xi4>
  func.return
}

// -----

func.func @pad_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<5xf32>, got tensor<4xf32> [dl-pad-c2]}}
  %y = dl.pad %x {low = [1], high = [0], value = 0.0} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @pad_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 1 sizes >= 0 at each end, got [-1] and [0] [dl-pad-c3]}}
  %y = dl.pad %x {low = [-1], high = [0], value = 0.0} : tensor<4xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @pad_c4(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected an integer for element type i32, got 5.000000e-01 : f64 [dl-pad-c4]}}
  %y = dl.pad %x {low = [1], high = [0], value = 0.5} : tensor<4xi32> -> tensor<5xi32>
  func.return
}

// -----

func.func @gather_c1(%x: tensor<4xf32>, %i: tensor<2xf32>) {
  // expected-error@+1 {{expected an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), got f32 [dl-gather-c1]}}
  %y = dl.gather %x, %i {axis = 0} : (tensor<4xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @gather_c2(%x: tensor<4x5xf32>, %i: tensor<2x3xi64>) {
  // expected-error@+1 {{expected result type tensor<4x2x3xf32>, got tensor<2x3x5xf32> [dl-gather-c2]}}
  %y = dl.gather %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<2x3xi64>) -> tensor<2x3x5xf32>
  func.return
}

// -----

func.func @gather_c3(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-gather-c3]}}
  %y = dl.gather %x, %i {axis = 2} : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<4x2xf32>
  func.return
}

// -----

func.func @concat_c1(%a: tensor<4xi7>, %b: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-concat-c1]}}
  %y = dl.concat %a, %b {axis = 0} : (tensor<4xi7>, tensor<4xi7>) -> tensor<8xi7>
  func.return
}

// -----

func.func @concat_c2(%a: tensor<?x4xf32>, %b: tensor<2x3xf32>) {
  // expected-error@+1 {{expected result type tensor<2x7xf32>, got tensor<?x7xf32> [dl-concat-c2]}}
  %y = dl.concat %a, %b {axis = 1} : (tensor<?x4xf32>, tensor<2x3xf32>) -> tensor<?x7xf32>
  func.return
}

// -----

func.func @concat_c3(%a: tensor<4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-concat-c3]}}
  %y = dl.concat %a, %b {axis = 1} : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  func.return
}

// -----

func.func @concat_c4(%a: tensor<2x4xf32>, %b: tensor<3x4xf32>) {
  // expected-error@+1 {{expected operands that differ only in dimension 1, got tensor<2x4xf32>, tensor<3x4xf32> [dl-concat-c4]}}
  %y = dl.concat %a, %b {axis = 1} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x8xf32>
  func.return
}

// -----

func.func @concat_c4_b(%a: tensor<4xf32>, %b: tensor<4xf16>) {
  // expected-error@+1 {{expected operands that differ only in dimension 0, got tensor<4xf32>, tensor<4xf16> [dl-concat-c4]}}
  %y = dl.concat %a, %b {axis = 0} : (tensor<4xf32>, tensor<4xf16>) -> tensor<8xf32>
  func.return
}

// -----

func.func @split_c1(%x: tensor<4xi7>) {
  // expected-error@+1 {{expected a storable element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1 tf32 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f8E8M0FNU f6E3M2FN f6E2M3FN f4E2M1FN i4 i2 ui4 ui2), got i7 [dl-split-c1]}}
  %y, %z = dl.split %x {axis = 0, sizes = [1, 3]} : tensor<4xi7> -> (tensor<1xi7>, tensor<3xi7>)
  func.return
}

// -----

func.func @split_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 1 results, got 2 [dl-split-c2]}}
  %y, %z = dl.split %x {axis = 0, sizes = [4]} : tensor<4xf32> -> (tensor<1xf32>, tensor<3xf32>)
  func.return
}

// -----

func.func @split_c2_b(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<1xf32>, got tensor<2xf32> [dl-split-c2]}}
  %y, %z = dl.split %x {axis = 0, sizes = [1, 3]} : tensor<4xf32> -> (tensor<2xf32>, tensor<2xf32>)
  func.return
}

// -----

func.func @split_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-split-c3]}}
  %y = dl.split %x {axis = 1, sizes = [4]} : tensor<4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @split_c4(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected sizes >= 0 that add up to 4, got [1, 2] [dl-split-c4]}}
  %y, %z = dl.split %x {axis = 0, sizes = [1, 2]} : tensor<4xf32> -> (tensor<1xf32>, tensor<2xf32>)
  func.return
}
