// RUN: dlir-opt %s | filecheck %s
// CHECK: structured.fill

// RUN-VALUE: @fill(2.5) == [[2.5, 2.5, 2.5], [2.5, 2.5, 2.5]]
func.func @fill(%v: f32) -> tensor<2x3xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %r = structured.fill ins(%v : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %r : tensor<2x3xf32>
}

// Negative indices count from the end.
// RUN-VALUE: @rows([[1, 2], [3, 4], [5, 6]], [2, 0, -1]) == [[5, 6], [1, 2], [5, 6]]
// RUN-VALUE: @rows([[1, 2], [3, 4], [5, 6]], [2, 0, 3]) raises "index out of range"
// RUN-VALUE: @rows([[1, 2], [3, 4], [5, 6]], [2, 0, -4]) raises "index out of range"
func.func @rows(%x: tensor<3x2xi32>, %i: tensor<3xi64>) -> tensor<3x2xi32> {
  %e = tensor.empty() : tensor<3x2xi32>
  %r = structured.gather axis 0 ins(%x, %i : tensor<3x2xi32>, tensor<3xi64>)
       outs(%e : tensor<3x2xi32>) -> tensor<3x2xi32>
  func.return %r : tensor<3x2xi32>
}

// RUN-VALUE: @columns([[1, 2], [3, 4], [5, 6]], [[1], [0], [1]]) == [[[2], [1], [2]], [[4], [3], [4]], [[6], [5], [6]]]
func.func @columns(%x: tensor<3x2xi32>, %i: tensor<3x1xi32>) -> tensor<3x3x1xi32> {
  %e = tensor.empty() : tensor<3x3x1xi32>
  %r = structured.gather axis 1 ins(%x, %i : tensor<3x2xi32>, tensor<3x1xi32>)
       outs(%e : tensor<3x3x1xi32>) -> tensor<3x3x1xi32>
  func.return %r : tensor<3x3x1xi32>
}

// Row-major order stays.
// RUN-VALUE: @reshape([[1, 2, 3], [4, 5, 6]]) == [[1, 2], [3, 4], [5, 6]]
func.func @reshape(%x: tensor<2x3xi32>) -> tensor<3x2xi32> {
  %r = structured.reshape %x : tensor<2x3xi32> to tensor<3x2xi32>
  func.return %r : tensor<3x2xi32>
}
