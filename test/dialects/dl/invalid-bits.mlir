// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @shift_left_c1(%a: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), got f32 [dl-shift_left-c1]}}
  %y = dl.shift_left %a, %a : tensor<4xf32>
  func.return
}

// -----

func.func @shift_left_c2(%a: tensor<4xi8>) {
  // expected-error@+1 {{expected result type tensor<4xi8>, got tensor<5xi8> [dl-shift_left-c2]}}
  %y = dl.shift_left %a, %a : (tensor<4xi8>, tensor<4xi8>) -> tensor<5xi8>
  func.return
}

// -----

func.func @shift_left_c3(%a: tensor<4xi8>, %b: tensor<4xui8>) {
  // expected-error@+1 {{expected operands of one element type, got i8 and ui8 [dl-shift_left-c3]}}
  %y = dl.shift_left %a, %b : (tensor<4xi8>, tensor<4xui8>) -> tensor<4xi8>
  func.return
}

// -----

func.func @shift_left_c4(%a: tensor<4xi8>, %b: tensor<3xi8>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [4] and [3] [dl-shift_left-c4]}}
  %y = dl.shift_left %a, %b : (tensor<4xi8>, tensor<3xi8>) -> tensor<4xi8>
  func.return
}

// -----

func.func @shift_right_c1(%a: tensor<4xf32>) {
  // expected-error@+1 {{expected an integer element type (i64 i32 i16 i8 ui64 ui32 ui16 ui8), got f32 [dl-shift_right-c1]}}
  %y = dl.shift_right %a, %a : tensor<4xf32>
  func.return
}

// -----

func.func @shift_right_c2(%a: tensor<4xi8>) {
  // expected-error@+1 {{expected result type tensor<4xi8>, got tensor<5xi8> [dl-shift_right-c2]}}
  %y = dl.shift_right %a, %a : (tensor<4xi8>, tensor<4xi8>) -> tensor<5xi8>
  func.return
}

// -----

func.func @shift_right_c3(%a: tensor<4xi8>, %b: tensor<4xui8>) {
  // expected-error@+1 {{expected operands of one element type, got i8 and ui8 [dl-shift_right-c3]}}
  %y = dl.shift_right %a, %b : (tensor<4xi8>, tensor<4xui8>) -> tensor<4xi8>
  func.return
}

// -----

func.func @shift_right_c4(%a: tensor<4xi8>, %b: tensor<3xi8>) {
  // expected-error@+1 {{expected shapes that broadcast together, got [4] and [3] [dl-shift_right-c4]}}
  %y = dl.shift_right %a, %b : (tensor<4xi8>, tensor<3xi8>) -> tensor<4xi8>
  func.return
}

// -----

func.func @bitcast_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-bitcast-c1]}}
  %y = dl.bitcast %x : tensor<4xi1> -> tensor<4xi1>
  func.return
}

// -----

func.func @bitcast_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi32>, got tensor<5xi32> [dl-bitcast-c2]}}
  %y = dl.bitcast %x : tensor<4xf32> -> tensor<5xi32>
  func.return
}

// -----

func.func @bitcast_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected element types of one width, got f32 and ui16 [dl-bitcast-c3]}}
  %y = dl.bitcast %x : tensor<4xf32> -> tensor<4xui16>
  func.return
}
