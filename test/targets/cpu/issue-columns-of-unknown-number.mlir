// RUN: dlir-opt %s

// Where a product's right side is computed as it is read and has an unknown number of columns, none
// of them was computed.

// RUN-VALUE: @rows([[1, 2], [3, 4]], [[1, 2], [-4, 5], [0, -7]], [1, 10]) == [[42, 73, 51], [64, 91, 33]]
func.func @rows(%x: tensor<?x2xf32>, %y: tensor<?x2xf32>, %w: tensor<2xf32>) -> tensor<?x?xf32> {
  %m = dl.dim %x, 0 : tensor<?x2xf32>
  %n = dl.dim %y, 0 : tensor<?x2xf32>
  %0 = dl.reshape %x [%m] : tensor<?x2xf32> -> tensor<?x1x2xf32>
  %1 = dl.reshape %y [%n] : tensor<?x2xf32> -> tensor<1x?x2xf32>
  %2 = dl.add %0, %1 : (tensor<?x1x2xf32>, tensor<1x?x2xf32>) -> tensor<?x?x2xf32>
  %3 = dl.abs %2 : tensor<?x?x2xf32>
  %4 = dl.mul %3, %w : (tensor<?x?x2xf32>, tensor<2xf32>) -> tensor<?x?x2xf32>
  %5 = dl.reduce_sum %4 {axes = [2]} : tensor<?x?x2xf32> -> tensor<?x?xf32>
  func.return %5 : tensor<?x?xf32>
}
