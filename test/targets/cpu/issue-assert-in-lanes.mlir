// RUN: dlir-opt %s

// A body that checks its operands was vectorised, and its assertion asked lanes not in use, too.

// RUN-VALUE: @divide([7, -7, 9], [2, 2, -4]) == [3, -3, -2]
// RUN-VALUE: @divide([7, -7, 9], [2, 0, -4]) raises "division by zero"
func.func @divide(%x: tensor<3xi32>, %y: tensor<3xi32>) -> tensor<3xi32> {
  %r = dl.div %x, %y : tensor<3xi32>
  func.return %r : tensor<3xi32>
}

// A product, a division of it and an addition: what checks is not fused with its neighbours.
// RUN-VALUE: @fused([[1, 2]], [[3], [4]], [[5]], [[1]]) == [[3]]
// RUN-VALUE: @fused([[1, 2]], [[3], [4]], [[0]], [[1]]) raises "division by zero"
func.func @fused(%x: tensor<1x2xi32>, %y: tensor<2x1xi32>, %z: tensor<1x1xi32>,
                 %b: tensor<1x1xi32>) -> tensor<1x1xi32> {
  %p = dl.matmul %x, %y acc i32 : (tensor<1x2xi32>, tensor<2x1xi32>) -> tensor<1x1xi32>
  %q = dl.div %p, %z : tensor<1x1xi32>
  %r = dl.add %q, %b : tensor<1x1xi32>
  func.return %r : tensor<1x1xi32>
}
