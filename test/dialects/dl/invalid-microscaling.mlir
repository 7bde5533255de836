// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @mx_scale_c1(%x: tensor<4x64xbf16>) {
  // expected-error@+1 {{expected the real element type (f32), got bf16 [dl-mx_scale-c1]}}
  %s = dl.mx_scale %x {axis = 1, exponent = 8} : tensor<4x64xbf16> -> tensor<4x2xf8E8M0FNU>
  func.return
}

// -----

func.func @mx_scale_c2(%x: tensor<4x65xf32>) {
  // expected-error@+1 {{expected result type tensor<4x3xf8E8M0FNU>, got tensor<4x2xf8E8M0FNU> [dl-mx_scale-c2]}}
  %s = dl.mx_scale %x {axis = 1, exponent = 8} : tensor<4x65xf32> -> tensor<4x2xf8E8M0FNU>
  func.return
}

// -----

func.func @mx_scale_c3(%x: tensor<4x64xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-mx_scale-c3]}}
  %s = dl.mx_scale %x {axis = 2, exponent = 8} : tensor<4x64xf32> -> tensor<4x2xf8E8M0FNU>
  func.return
}

// -----

func.func @mx_scale_c4(%x: tensor<4x64xf32>) {
  // expected-error@+1 {{expected block >= 1, got 0 [dl-mx_scale-c4]}}
  %s = dl.mx_scale %x {axis = 1, block = 0, exponent = 8} : tensor<4x64xf32> -> tensor<4x2xf8E8M0FNU>
  func.return
}

// -----

func.func @scale_without_block(%x: tensor<4x64xf32>, %s: tensor<64xf8E8M0FNU>) {
  // expected-error@+1 {{expected scale of type tensor<64xf32>, got tensor<64xf8E8M0FNU> [dl-quantize-c3]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<4x64xf32>, tensor<64xf8E8M0FNU>) -> tensor<4x64xi8>
  func.return
}
