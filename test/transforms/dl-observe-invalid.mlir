// Each error of the calibration names the input; one of an activation, the layer.
// RUN: dlir-opt %s --verify-diagnostics --split-input-file --dl-observe='calibration=%S/inputs/quantize.npz'
// RUN: not dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize-empty.npz' 2>&1 | filecheck %s --check-prefix=EMPTY
// RUN: not dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize-nan.npz' 2>&1 | filecheck %s --check-prefix=NAN
// RUN: not dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize-odd.npz' 2>&1 | filecheck %s --check-prefix=ODD
// RUN: not dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize-doubles.npz' 2>&1 | filecheck %s --check-prefix=DOUBLES
// RUN: not dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize-extra.npz' 2>&1 | filecheck %s --check-prefix=EXTRA

// EMPTY: error[calibration]: 'func.func' the calibration has no samples
// NAN: error[calibration]: 'func.func' calibration of 'x': 1 numbers are not finite, the first of them nan in sample 0
// ODD: expected tensor<?x4xf32>, got 2x5xf32: dimension 1 must be 4
// DOUBLES: expected tensor<?x4xf32>, got 2x4xf64: element types differ
// EXTRA: error[calibration]: 'func.func' the calibration has an array 'xx', which is no input; did you mean 'x'?
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  // expected-error@+1 {{the value '%l' is to be quantised for the layer %y, but 3 of its numbers are NaN or infinite}}
  %l = dl.log %x : tensor<?x4xf32>
  %w = dl.constant dense<1.0> : tensor<4x2xf32>
  %y = dl.matmul %l, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// -----

// expected-error@+1 {{the calibration has no array 'z'}}
func.func @main(%z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  func.return %z : tensor<2x4xf32>
}

// -----

// expected-error@+1 {{input 'x' of type index cannot be calibrated}}
func.func @main(%x: index) -> index {
  func.return %x : index
}
