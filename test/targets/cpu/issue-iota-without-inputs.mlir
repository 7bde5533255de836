// RUN: dlir-opt %s

// A structured op without inputs and without reductions has no accumulator to look at.

// RUN-VALUE: @count([0, 0, 0]) == [[0, 1, 2], [0, 1, 2]]
func.func @count(%x: tensor<?xf32>) -> tensor<2x?xi64> {
  %n = dl.dim %x, 0 : tensor<?xf32>
  %r = dl.iota axis 1 [%n] : tensor<2x?xi64>
  func.return %r : tensor<2x?xi64>
}
