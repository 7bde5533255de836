// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @pack_c1(%x: tensor<4xi8>) {
  // expected-error@+1 {{expected a narrow element type (f4E2M1FN i4 i2 ui4 ui2), got i8 [dl-pack-c1]}}
  %y = dl.pack %x : tensor<4xi8> -> tensor<4xui8>
  func.return
}

// -----

func.func @pack_c2(%x: tensor<5xi4>) {
  // expected-error@+1 {{expected result type tensor<3xui8>, got tensor<2xui8> [dl-pack-c2]}}
  %y = dl.pack %x : tensor<5xi4> -> tensor<2xui8>
  func.return
}

// -----

func.func @pack_c3(%x: tensor<?xi4>) {
  // expected-error@+1 {{expected a last axis of known size, got tensor<?xi4> [dl-pack-c3]}}
  %y = dl.pack %x : tensor<?xi4> -> tensor<?xui8>
  func.return
}

// -----

func.func @unpack_c1(%x: tensor<4xi8>) {
  // expected-error@+1 {{expected a packed element type (ui8), got i8 [dl-unpack-c1]}}
  %y = dl.unpack %x : tensor<4xi8> -> tensor<8xi4>
  func.return
}

// -----

func.func @unpack_c2(%x: tensor<2x4xui8>) {
  // expected-error@+1 {{expected result type tensor<2x8xi4>, got tensor<3x8xi4> [dl-unpack-c2]}}
  %y = dl.unpack %x : tensor<2x4xui8> -> tensor<3x8xi4>
  func.return
}

// -----

func.func @unpack_c2_element(%x: tensor<4xui8>) {
  // expected-error@+1 {{expected a narrow element type (f4E2M1FN i4 i2 ui4 ui2) of the result, got f8E5M2 [dl-unpack-c2]}}
  %y = dl.unpack %x : tensor<4xui8> -> tensor<8xf8E5M2>
  func.return
}

// -----

func.func @unpack_c3(%x: tensor<ui8>) {
  // expected-error@+1 {{expected a last axis of known size, got tensor<ui8> [dl-unpack-c3]}}
  %y = dl.unpack %x : tensor<ui8> -> tensor<i4>
  func.return
}

// -----

func.func @unpack_c4(%x: tensor<4xui8>) {
  // expected-error@+1 {{expected 5 bytes for 9 numbers of i4, got 4 [dl-unpack-c4]}}
  %y = dl.unpack %x : tensor<4xui8> -> tensor<9xi4>
  func.return
}
