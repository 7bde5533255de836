// Each error of the calibration: the module is left as it was.
// RUN: dlir-opt %s --split-input-file --verify-diagnostics --dl-quantize-minmax='calibration=%S/inputs/calibration.npz'

// expected-error@+1 {{the calibration has no array 'z'}}
func.func @main(%z: tensor<2x4xf32>) -> tensor<2x4xf32> {
  func.return %z : tensor<2x4xf32>
}

// -----

// expected-error@+1 {{input 0 (%x): expected tensor<2x5xf32>, got 2x4xf32: dimension 1 must be 5}}
func.func @main(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  func.return %x : tensor<2x5xf32>
}

// -----

// expected-error@+1 {{calibration of 'odd': expected samples of tensor<2x4xf32> along the first axis, got 3x4xf32}}
func.func @main(%odd: tensor<2x4xf32>) -> tensor<2x4xf32> {
  func.return %odd : tensor<2x4xf32>
}

// -----

// expected-error@+1 {{calibration of 'x': expected samples of tensor<f32> along the first axis, got 2x4xf32}}
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  func.return %x : tensor<f32>
}

// -----

// expected-error@+1 {{the calibration has no samples}}
func.func @main(%empty: tensor<1x4xf32>) -> tensor<1x4xf32> {
  func.return %empty : tensor<1x4xf32>
}

// -----

// expected-error@+1 {{expected tensor<2x4xf32>, got 2x4xf64: element types differ}}
func.func @main(%doubles: tensor<2x4xf32>) -> tensor<2x4xf32> {
  func.return %doubles : tensor<2x4xf32>
}

// -----

// expected-error@+1 {{expected as many samples of every input, got 2 of 'x', 3 of 'odd'}}
func.func @main(%x: tensor<1x4xf32>, %odd: tensor<1x4xf32>) -> tensor<1x4xf32> {
  func.return %x : tensor<1x4xf32>
}

// -----

// expected-error@+1 {{input 'x' of type index cannot be calibrated}}
func.func @main(%x: index) -> index {
  func.return %x : index
}

// -----

// expected-error@+1 {{the value '%nan' is to become int8, but is not finite for some calibration sample}}
func.func @main(%nan: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = dl.constant dense<1.0> : tensor<4x2xf32>
  %y = dl.matmul %nan, %w acc f32 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  func.return %y : tensor<1x2xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  // expected-error@+1 {{the value '%l' is to become int8, but is not finite for some calibration sample}}
  %l = dl.log %x : tensor<1x4xf32>
  %w = dl.constant dense<1.0> : tensor<4x2xf32>
  %y = dl.matmul %l, %w acc f32 : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  func.return %y : tensor<1x2xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // expected-error@+1 {{no weight named "w" was given}}
  %y = dl.param "w" : tensor<1x4xf32>
  func.return %y : tensor<1x4xf32>
}

// -----

func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %i = dl.constant dense<7> : tensor<1xi32>
  // expected-error@+1 {{index 7 is outside [-4, 4), dimension 1}}
  %y = dl.gather %x, %i {axis = 1} : (tensor<1x4xf32>, tensor<1xi32>) -> tensor<1x1xf32>
  func.return %x : tensor<1x4xf32>
}
