// Ops whose result sizes follow from elements.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @nonzero

// RUN-VALUE: @nonzero([[0.0, 1.0], [nan, -0.0], [-2.0, 3.0]]) == [[0, 1, 2, 2], [1, 0, 0, 1]]
// RUN-VALUE: @nonzero([[0.0, 0.0]]) == [[], []]
func.func @nonzero(%x: tensor<?x2xf32>) -> tensor<2x?xi64> {
  %y = dl.nonzero %x : tensor<?x2xf32> -> tensor<2x?xi64>
  func.return %y : tensor<2x?xi64>
}

// RUN-VALUE: @values([3.0, nan, 1.0, -0.0, nan, 3.0, 0.0]) == [-0.0, 1.0, 3.0, nan]
func.func @values(%x: tensor<?xf32>) -> tensor<?xf32> {
  %v, %i, %n, %c = dl.unique %x : tensor<?xf32> -> (tensor<?xf32>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>)
  func.return %v : tensor<?xf32>
}

// RUN-VALUE: @by_place([3.0, nan, 1.0, -0.0, nan, 3.0, 0.0]) == [0, 1, 2, 3, 1, 0, 3]
func.func @by_place(%x: tensor<?xf32>) -> tensor<?xi64> {
  %v, %i, %n, %c = dl.unique %x {by_place} : tensor<?xf32> -> (tensor<?xf32>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>)
  func.return %n : tensor<?xi64>
}

// RUN-VALUE: @counts([[1, 2, 1], [0, 5, 0]]) == [2, 1]
func.func @counts(%x: tensor<2x3xi8>) -> tensor<?xi64> {
  %v, %i, %n, %c = dl.unique %x {axis = 1} : tensor<2x3xi8> -> (tensor<2x?xi8>, tensor<?xi64>, tensor<3xi64>, tensor<?xi64>)
  func.return %c : tensor<?xi64>
}

// The second box covers two thirds of the first one's area; corners may come in any order.
// RUN-VALUE: @nms([[[0.0, 0.0, 3.0, 1.0], [2.0, 1.0, 0.0, 0.0], [5.0, 0.0, 6.0, 1.0]]], [[[0.5, 0.9, 0.1]]]) == [[0, 0, 1], [0, 0, 2]]
// RUN-VALUE: @nms([[[0.0, 0.0, 3.0, 1.0], [1.0, 0.0, 4.0, 1.0], [0.0, 0.0, 3.0, 1.0]]], [[[0.5, 0.5, 0.5]]]) == [[0, 0, 0], [0, 0, 1]]
// RUN-VALUE: @nms([[[0.0, 0.0, 1.0, 1.0]]], [[[0.5, 0.5]]]) raises "scores of shape"
func.func @nms(%b: tensor<?x?x4xf32>, %s: tensor<?x1x?xf32>) -> tensor<?x3xi64> {
  %y = dl.nms %b, %s {iou_threshold = 0.5, most = 9} : (tensor<?x?x4xf32>, tensor<?x1x?xf32>) -> tensor<?x3xi64>
  func.return %y : tensor<?x3xi64>
}
