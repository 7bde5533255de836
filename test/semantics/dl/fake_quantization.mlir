// Fake quantisation: halves, the ends of the range, zero points, and the straight-through estimator.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @fake_quantize

// RUN-VALUE: @fake_quantize([0.25, 0.75, -0.75, 9.0, -9.0, nan], 0.5, 2) == [0.0, 1.0, -1.0, 6.5, -1.0, 0.0]
// RUN-VALUE: @fake_quantize([0.25, 0.75, -0.75, inf, -inf, 1.0], 0.0, 2) raises "expected scales that are finite and > 0"
func.func @fake_quantize(%x: tensor<6xf32>, %s: tensor<f32>, %z: tensor<i32>) -> tensor<6xf32> {
  %y = dl.fake_quantize %x, %s, %z {low = 0, high = 15} : (tensor<6xf32>, tensor<f32>, tensor<i32>) -> tensor<6xf32>
  func.return %y : tensor<6xf32>
}

// RUN-VALUE: @by_channel([[1.3, 1.3], [-1.0, 300.0]], [0.5, 2.0]) == [[1.5, 2.0], [-1.0, 254.0]]
func.func @by_channel(%x: tensor<?x2xf32>, %s: tensor<2xf32>) -> tensor<?x2xf32> {
  %y = dl.fake_quantize %x, %s {axis = 1, low = -127, high = 127} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// The last number in the range is 2.5, which the rounding takes up to 2.75.
// RUN-VALUE: @grad([2.5, 2.74, 2.76, -0.25, -0.26, nan, inf], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == [1.0, 2.0, 0.0, 4.0, 0.0, 0.0, 0.0]
func.func @grad(%x: tensor<7xf32>, %g: tensor<7xf32>) -> tensor<7xf32> {
  %s = dl.constant dense<0.5> : tensor<f32>
  %y = dl.fake_quantize_grad %x, %g, %s {low = 0, high = 5} : (tensor<7xf32>, tensor<7xf32>, tensor<f32>) -> tensor<7xf32>
  func.return %y : tensor<7xf32>
}
