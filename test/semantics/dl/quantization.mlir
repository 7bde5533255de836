// Quantised numbers: halves, saturation, zero points, and parameters that are wrong only when they come.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @quantize

// RUN-VALUE: @quantize([0.25, 0.75, 1.25, -0.25, -0.75, 63.0], 0.5) == [3, 5, 5, 3, 1, 127]
// RUN-VALUE: @quantize([-66.0, -65.5, 1e38, -inf, inf, nan], 0.5) == [-128, -128, 127, -128, 127, 3]
// RUN-VALUE: @quantize([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 0.0) raises "expected scales that are finite and > 0"
// RUN-VALUE: @quantize([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], nan) raises "expected scales that are finite and > 0"
func.func @quantize(%x: tensor<6xf32>, %s: tensor<f32>) -> tensor<6xi8> {
  %z = dl.constant dense<3> : tensor<i8>
  %y = dl.quantize %x, %s, %z : (tensor<6xf32>, tensor<f32>, tensor<i8>) -> tensor<6xi8>
  func.return %y : tensor<6xi8>
}

// RUN-VALUE: @by_channel([[1.0, 1.0], [-1.0, 300.0]], [0.5, 2.0]) == [[2, 0], [-2, 127]]
// RUN-VALUE: @by_channel([[1.0, 1.0], [-1.0, 300.0]], [0.5, inf]) raises "expected scales that are finite and > 0"
func.func @by_channel(%x: tensor<?x2xf32>, %s: tensor<2xf32>) -> tensor<?x2xi8> {
  %y = dl.quantize %x, %s {axis = 1} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xi8>
  func.return %y : tensor<?x2xi8>
}

// RUN-VALUE: @dequantize([-128, 4, 127], 0.5) == [-66.0, 0.0, 61.5]
// RUN-VALUE: @dequantize([-128, 4, 127], -1.0) raises "expected scales that are finite and > 0"
func.func @dequantize(%x: tensor<3xi8>, %s: tensor<f32>) -> tensor<3xf32> {
  %z = dl.constant dense<4> : tensor<i8>
  %y = dl.dequantize %x, %s, %z : (tensor<3xi8>, tensor<f32>, tensor<i8>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

// 2^24 + 1 is rounded to f32 first.
// RUN-VALUE: @sums([16777217, -2147483648], [0.5, 1.0]) == [8388608.0, -2147483648.0]
func.func @sums(%x: tensor<2xi32>, %s: tensor<2xf32>) -> tensor<2xf32> {
  %y = dl.dequantize %x, %s {axis = 0} : (tensor<2xi32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

// Multiplier 2^30 is one half at shift 0: halves go away from zero.
// RUN-VALUE: @requantize([1, -1, 3, -3], [1073741824, 1073741824, 1073741824, 1073741824], [0, 0, 0, 0]) == [1, -1, 2, -2]
// RUN-VALUE: @requantize([-2147483648, -2147483648, 2147483647, 5], [-2147483648, 1, 2147483647, -3], [31, 0, 31, -31]) == [1, -1, 1, -15]
// RUN-VALUE: @requantize([-2147483648, 9, -9, 1], [2147483647, 2147483647, 2147483647, 1], [-31, -31, -31, 31]) == [-128, 127, -128, 0]
// RUN-VALUE: @requantize([1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 32, 0]) raises "expected shifts in -31..31"
// RUN-VALUE: @requantize([1, 1, 1, 1], [1, 1, 1, 1], [0, 0, -32, 0]) raises "expected shifts in -31..31"
func.func @requantize(%x: tensor<4xi32>, %m: tensor<4xi32>, %s: tensor<4xi32>) -> tensor<4xi8> {
  %y = dl.requantize %x, %m, %s {axis = 0} : (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<4xi8>
  func.return %y : tensor<4xi8>
}

// The sums are exact in i32: 3 * -128 * -128 = 49152, here times 2^-9 and then 5 more.
// RUN-VALUE: @layer([[-128, -128, -128], [1, 2, 3]], [[-128], [-128], [-128]]) == [[101], [3]]
func.func @layer(%x: tensor<?x3xi8>, %w: tensor<3x1xi8>) -> tensor<?x1xi8> {
  %m = dl.constant dense<1073741824> : tensor<i32>
  %s = dl.constant dense<8> : tensor<i32>
  %0 = dl.matmul %x, %w acc i32 : (tensor<?x3xi8>, tensor<3x1xi8>) -> tensor<?x1xi32>
  %z = dl.constant dense<5> : tensor<i8>
  %y = dl.requantize %0, %m, %s, %z : (tensor<?x1xi32>, tensor<i32>, tensor<i32>, tensor<i8>) -> tensor<?x1xi8>
  func.return %y : tensor<?x1xi8>
}

// Unsigned, with zero points that come at run time.
// RUN-VALUE: @unsigned([-3.0, 0.25, 0.75, 300.0], 0.5, 3) == [0, 3, 5, 255]
// RUN-VALUE: @unsigned([nan, -inf, inf, 1.25], 0.5, 255) == [255, 0, 255, 255]
func.func @unsigned(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<ui8>) -> tensor<4xui8> {
  %y = dl.quantize %x, %s, %z : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  func.return %y : tensor<4xui8>
}

// Blocks of two along the axis; the last one of each row has one place.
// RUN-VALUE: @blocks([[1.0, 2.0, 3.0], [4.0, 5.0, 60.0]], [[0.5, 1.0], [1.0, 0.25]], [[0, 1], [-2, -8]]) == [[1.0, 2.0, 3.0], [4.0, 5.0, 3.75]]
// RUN-VALUE: @blocks([[1.0, 2.0, 3.0], [4.0, 5.0, 60.0]], [[0.5, 1.0], [1.0, 0.0]], [[0, 1], [-2, -8]]) raises "expected scales that are finite and > 0"
// RUN-VALUE: @blocks([[1.0, 2.0, 3.0, 4.0, 5.0]], [[0.5, 1.0]], [[0, 0]]) raises ""
func.func @blocks(%x: tensor<?x?xf32>, %s: tensor<?x?xf32>, %z: tensor<?x?xi4>) -> tensor<?x?xf32> {
  %q = dl.quantize %x, %s, %z {axis = 1, block = 2} : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi4>) -> tensor<?x?xi4>
  %y = dl.dequantize %q, %s, %z {axis = 1, block = 2} : (tensor<?x?xi4>, tensor<?x?xf32>, tensor<?x?xi4>) -> tensor<?x?xf32>
  func.return %y : tensor<?x?xf32>
}

// Narrow floats round to nearest even and saturate; 464 is a tie between 448 and what is beyond.
// RUN-VALUE: @narrow([1.0625, 1.1875, 464.0, -1000.0, inf], 1.0) == [1.0, 1.25, 448.0, -448.0, 448.0]
func.func @narrow(%x: tensor<5xf32>, %s: tensor<f32>) -> tensor<5xf32> {
  %q = dl.quantize %x, %s : (tensor<5xf32>, tensor<f32>) -> tensor<5xf8E4M3FN>
  %y = dl.dequantize %q, %s : (tensor<5xf8E4M3FN>, tensor<f32>) -> tensor<5xf32>
  func.return %y : tensor<5xf32>
}

// 9 is another spelling of -7, as in all signless types.
// RUN-VALUE: @spelling([0.0, 20.0]) == [-7, 7]
func.func @spelling(%x: tensor<2xf32>) -> tensor<2xi4> {
  %s = dl.constant dense<1.0> : tensor<f32>
  %z = dl.constant dense<9> : tensor<i4>
  %y = dl.quantize %x, %s, %z : (tensor<2xf32>, tensor<f32>, tensor<i4>) -> tensor<2xi4>
  func.return %y : tensor<2xi4>
}

// RUN-VALUE: @to_unsigned([0, 100, -100, 1000], 7) == [7, 32, 0, 255]
// RUN-VALUE: @to_unsigned([2, -2, 6, -6], 255) == [255, 254, 255, 253]
func.func @to_unsigned(%x: tensor<4xi32>, %z: tensor<ui8>) -> tensor<4xui8> {
  %m = dl.constant dense<1073741824> : tensor<i32>
  %s = dl.constant dense<1> : tensor<i32>
  %y = dl.requantize %x, %m, %s, %z : (tensor<4xi32>, tensor<i32>, tensor<i32>, tensor<ui8>) -> tensor<4xui8>
  func.return %y : tensor<4xui8>
}

// Each operand is extended as its own type says.
// RUN-VALUE: @mixed([[255, 128]], [[-128], [127]]) == [[-16384]]
func.func @mixed(%x: tensor<1x2xui8>, %w: tensor<2x1xi8>) -> tensor<1x1xi32> {
  %y = dl.matmul %x, %w acc i32 : (tensor<1x2xui8>, tensor<2x1xi8>) -> tensor<1x1xi32>
  func.return %y : tensor<1x1xi32>
}
