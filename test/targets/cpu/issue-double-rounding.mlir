// RUN: dlir-opt %s

// f64 became bf16 by way of f32, and was rounded twice: to a tie, and then to even.

// RUN-VALUE: @narrow([1.00390625, 1.00390625000001, 1.00390624999999]) == [1.0, 1.0078125, 1.0]
func.func @narrow(%x: tensor<3xf64>) -> tensor<3xbf16> {
  %r = dl.cast %x : tensor<3xf64> -> tensor<3xbf16>
  func.return %r : tensor<3xbf16>
}

// A multiply-add of f16 needed a function of the C library that no process has.
// RUN-VALUE: @halves([[1.5, 2.0]], [[2.0], [0.25]]) == [[3.5]]
func.func @halves(%x: tensor<1x2xf16>, %y: tensor<2x1xf16>) -> tensor<1x1xf16> {
  %r = dl.matmul %x, %y acc f16 : (tensor<1x2xf16>, tensor<2x1xf16>) -> tensor<1x1xf16>
  func.return %r : tensor<1x1xf16>
}
