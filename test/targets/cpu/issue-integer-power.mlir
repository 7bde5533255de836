// RUN: dlir-opt %s

// There was no code for powers of integers.

// RUN-VALUE: @power([3, -1, 2, 1, -2, -3], [3, 3, 0, -2, -1, 5]) == [27, -1, 1, 1, 0, -243]
// RUN-VALUE: @power([2, 0, 2, 2, 2, 2], [1, -1, 1, 1, 1, 1]) raises "zero to a negative power"
func.func @power(%x: tensor<6xi64>, %y: tensor<6xi64>) -> tensor<6xi64> {
  %r = dl.pow %x, %y : tensor<6xi64>
  func.return %r : tensor<6xi64>
}
