// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @resize_c1(%x: tensor<2x4x4xi8>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i8 [dl-resize-c1]}}
  %y = dl.resize %x {axes = [1], sizes = [8], mode = "linear"} : tensor<2x4x4xi8> -> tensor<2x8x4xi8>
  func.return
}

// -----

func.func @resize_c1_b(%x: tensor<2x4x4xi8>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i8 [dl-resize-c1]}}
  %y = dl.resize %x {axes = [1], sizes = [8], extrapolation = 1.0} : tensor<2x4x4xi8> -> tensor<2x8x4xi8>
  func.return
}

// -----

func.func @resize_c2(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x8x4xf32>, got tensor<2x4x4xf32> [dl-resize-c2]}}
  %y = dl.resize %x {axes = [1], sizes = [8]} : tensor<2x4x4xf32> -> tensor<2x4x4xf32>
  func.return
}

// -----

func.func @resize_c3(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected rising axes of a tensor of rank 3, got [3] [dl-resize-c3]}}
  %y = dl.resize %x {axes = [3], sizes = [8]} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c3_b(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected rising axes of a tensor of rank 3, got [2, 1] [dl-resize-c3]}}
  %y = dl.resize %x {axes = [2, 1], sizes = [4, 8]} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c4(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected 1 sizes of 1 to 1048576, got [8, 4] [dl-resize-c4]}}
  %y = dl.resize %x {axes = [1], sizes = [8, 4]} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c4_b(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected 1 sizes of 1 to 1048576, got [2000000] [dl-resize-c4]}}
  %y = dl.resize %x {axes = [1], sizes = [2000000]} : tensor<2x4x4xf32> -> tensor<2x2000000x4xf32>
  func.return
}

// -----

func.func @resize_c4_c(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected 1 scales > 0, got [0.0] [dl-resize-c4]}}
  %y = dl.resize %x {axes = [1], sizes = [8], scales = [0.0]} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c5(%x: tensor<2x?x4xf32>) {
  // expected-error@+1 {{expected numbers >= 1 along axes [1], got [2, ?, 4] [dl-resize-c5]}}
  %y = dl.resize %x {axes = [1], sizes = [8]} : tensor<2x?x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c5_b(%x: tensor<2x0x4xf32>) {
  // expected-error@+1 {{expected numbers >= 1 along axes [1], got [2, 0, 4] [dl-resize-c5]}}
  %y = dl.resize %x {axes = [1], sizes = [8]} : tensor<2x0x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c6(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected 2 numbers of crop, got [] [dl-resize-c6]}}
  %y = dl.resize %x {axes = [1], sizes = [8], coordinates = "crop"} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c6_b(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected 0 numbers of crop, got [0.0, 1.0] [dl-resize-c6]}}
  %y = dl.resize %x {axes = [1], sizes = [8], crop = [0.0, 1.0]} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}

// -----

func.func @resize_c7(%x: tensor<2x4x4xf32>) {
  // expected-error@+1 {{expected linear or cubic interpolation with antialias, got nearest [dl-resize-c7]}}
  %y = dl.resize %x {axes = [1], sizes = [8], antialias} : tensor<2x4x4xf32> -> tensor<2x8x4xf32>
  func.return
}
