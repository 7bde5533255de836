// RUN: dlir-opt %s | filecheck %s
// CHECK: dl.matmul

// What is not stored has no term: an infinity meets no zero.
// RUN-VALUE: @rows([[1.0, 2.0, inf], [3.0, nan, 1.0]]) == [[4.0, inf], [nan, 0.5]]
func.func @rows(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %v = dl.constant dense<[2.0, 0.5]> : tensor<2xf32>
  %c = dl.constant dense<[1, 2]> : tensor<2xi32>
  %r = dl.constant dense<[0, 1, 2]> : tensor<3xi32>
  %w = sparse.assemble %v, %c, %r : (tensor<2xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xf32, #sparse.csr<2>>
  %y = dl.matmul %x, %w acc f32 {transpose_rhs} : (tensor<?x3xf32>, tensor<2x3xf32, #sparse.csr<2>>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// On the left, with a row that has nothing.
// RUN-VALUE: @left([[1.0, 2.0], [3.0, 4.0], [inf, 5.0]]) == [[0.0, 0.0], [5.0, 8.0]]
func.func @left(%x: tensor<3x2xf32>) -> tensor<2x2xf32> {
  %v = dl.constant dense<[2.0, 1.0]> : tensor<2xf32>
  %c = dl.constant dense<[0, 1]> : tensor<2xi32>
  %r = dl.constant dense<[0, 0, 2]> : tensor<3xi32>
  %w = sparse.assemble %v, %c, %r : (tensor<2xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xf32, #sparse.csr<2>>
  %y = dl.matmul %w, %x acc f32 : (tensor<2x3xf32, #sparse.csr<2>>, tensor<3x2xf32>) -> tensor<2x2xf32>
  func.return %y : tensor<2x2xf32>
}

// Of a block all is stored, zeros as well; the block with the infinity is not. The last row of blocks
// has one row.
// RUN-VALUE: @blocks([[1.0, 2.0, inf], [nan, 1.0, 1.0]]) == [[1.0, 8.0, 0.0], [nan, nan, 0.0]]
// RUN-VALUE: @blocks([[1.0, inf, 0.0], [2.0, 1.0, 1.0]]) == [[nan, inf, 0.0], [2.0, 7.0, 0.0]]
func.func @blocks(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %v = dl.constant dense<[[[1.0, 2.0]], [[0.0, 3.0]]]> : tensor<2x1x2xf32>
  %c = dl.constant dense<[0, 1]> : tensor<2xi32>
  %r = dl.constant dense<[0, 2, 2]> : tensor<3xi32>
  %w = sparse.assemble %v, %c, %r : (tensor<2x1x2xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<3x3xf32, #sparse.bsr<[2, 1], 2>>
  %y = dl.matmul %x, %w acc f32 {transpose_rhs} : (tensor<2x3xf32>, tensor<3x3xf32, #sparse.bsr<[2, 1], 2>>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}
