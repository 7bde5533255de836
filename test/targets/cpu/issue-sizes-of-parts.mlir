// RUN: dlir-opt %s

// Sizes that operands or pieces must share were not compared: a part was dropped in silence.

// RUN-VALUE: @concat([[1], [2]], [[3, 4], [5, 6]]) == [[1, 3, 4], [2, 5, 6]]
// RUN-VALUE: @concat([[1], [2]], [[3, 4], [5, 6], [7, 8]]) raises ""
func.func @concat(%x: tensor<?x1xf32>, %y: tensor<?x2xf32>) -> tensor<?x3xf32> {
  %r = dl.concat %x, %y {axis = 1} : (tensor<?x1xf32>, tensor<?x2xf32>) -> tensor<?x3xf32>
  func.return %r : tensor<?x3xf32>
}

// RUN-VALUE: @split([1, 2, 3]) == [1, 2], [3]
// RUN-VALUE: @split([1, 2, 3, 4]) raises "do not add up"
func.func @split(%x: tensor<?xf32>) -> (tensor<2xf32>, tensor<1xf32>) {
  %s, %t = dl.split %x {axis = 0, sizes = [2, 1]} : tensor<?xf32> -> (tensor<2xf32>, tensor<1xf32>)
  func.return %s, %t : tensor<2xf32>, tensor<1xf32>
}
