// Affine int8: halves, saturation, zero points, and parameters that are wrong only when they come.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @quantize

// RUN-VALUE: @quantize([0.25, 0.75, 1.25, -0.25, -0.75, 63.0], 0.5) == [3, 5, 5, 3, 1, 127]
// RUN-VALUE: @quantize([-66.0, -65.5, 1e38, -inf, inf, nan], 0.5) == [-128, -128, 127, -128, 127, 3]
// RUN-VALUE: @quantize([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 0.0) raises "expected scales that are finite and > 0"
// RUN-VALUE: @quantize([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], nan) raises "expected scales that are finite and > 0"
func.func @quantize(%x: tensor<6xf32>, %s: tensor<f32>) -> tensor<6xi8> {
  %y = dl.quantize %x, %s {zero_point = 3} : (tensor<6xf32>, tensor<f32>) -> tensor<6xi8>
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
  %y = dl.dequantize %x, %s {zero_point = 4} : (tensor<3xi8>, tensor<f32>) -> tensor<3xf32>
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
  %y = dl.requantize %0, %m, %s {zero_point = 5} : (tensor<?x1xi32>, tensor<i32>, tensor<i32>) -> tensor<?x1xi8>
  func.return %y : tensor<?x1xi8>
}
