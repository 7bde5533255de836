// RUN: dlir-opt %s --dl-sparsify=format=csr | filecheck %s
// RUN: dlir-opt %s --dl-sparsify=format=4x1 | filecheck %s --check-prefix=BLOCK
// RUN: dlir-opt %s --dl-sparsify | filecheck %s --check-prefix=AUTO
// RUN: not dlir-opt %s --dl-sparsify=format=coo 2>&1 | filecheck %s --check-prefix=WRONG

// WRONG: error[dl-sparsify-format]: format: expected one of auto, csr, 4x1, 8x1, 16x1, got 'coo'

// Rows of the encoded matrix are columns of this weight; -0.0 is not stored.

// CHECK-LABEL: @right
// CHECK-NEXT: %values = dl.constant dense<[2.000000e+00, 3.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: %columns = dl.constant dense<[1, 0]> : tensor<2xi32>
// CHECK-NEXT: %rows = dl.constant dense<[0, 1, 2]> : tensor<3xi32>
// CHECK-NEXT: %w = sparse.assemble %values, %columns, %rows : (tensor<2xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xf32, #sparse.csr<2>>
// CHECK-NEXT: dl.matmul %x, %w acc f32 {transpose_rhs, sparse.choice = "csr: {{.*}} of the dense time at 32 columns, 0.667 zero"} : (tensor<?x3xf32>, tensor<2x3xf32, #sparse.csr<2>>) -> tensor<?x2xf32>
// CHECK-NEXT: func.return
// BLOCK-LABEL: @right
// BLOCK: -> tensor<2x3xf32, #sparse.bsr<[4, 1], 2>>
// BLOCK-NEXT: dl.matmul %x, %w acc f32 {transpose_rhs, sparse.choice = "4x1: {{.*}} of the dense time at 32 columns, 0.667 zero"}

// The model finds no gain in so small a matrix.
// AUTO-LABEL: @right
// AUTO-NEXT: %w = dl.constant
// AUTO-NEXT: dl.matmul %x, %w acc f32 {sparse.choice = "dense: {{.*}} would take {{.*}} of the dense time at 32 columns, 0.667 zero"}
func.func @right(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[0.0, 3.0], [2.0, 0.0], [-0.0, 0.0]]> : tensor<3x2xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// On the left, through a transpose, which goes.

// CHECK-LABEL: @left
// CHECK-NEXT: dl.constant dense<[2.000000e+00, 3.000000e+00]>
// CHECK-NEXT: dl.constant dense<[1, 0]>
// CHECK-NEXT: dl.constant dense<[0, 1, 2]>
// CHECK-NEXT: sparse.assemble
// CHECK-NEXT: dl.matmul %t, %x acc f32 {sparse.choice = "csr: {{.*}} at 1 columns, 0.667 zero"} : (tensor<2x3xf32, #sparse.csr<2>>, tensor<3x1xf32>) -> tensor<2x1xf32>
func.func @left(%x: tensor<3x1xf32>) -> tensor<2x1xf32> {
  %w = dl.constant dense<[[0.0, 2.0, 0.0], [3.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %t = dl.transpose %w {perm = [1, 0]} : tensor<2x3xf32> -> tensor<3x2xf32>
  %y = dl.matmul %t, %x acc f32 {transpose_lhs} : (tensor<3x2xf32>, tensor<3x1xf32>) -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// Stacks of matrices are no weights, sums in another type have no kernel, and of a weight that is
// not given nothing is known.

// CHECK-LABEL: @others
// CHECK-NOT: sparse
func.func @others(%x: tensor<3x2xf32>, %z: tensor<4x2xf16>)
    -> (tensor<2x3x1xf32>, tensor<4x1xf16>, tensor<3x1xf32>) {
  %a = dl.constant dense<0.0> : tensor<2x2x1xf32>
  %b = dl.constant dense<0.0> : tensor<2x1xf16>
  %c = dl.param "c" : tensor<2x1xf32>
  %0 = dl.matmul %x, %a acc f32 : (tensor<3x2xf32>, tensor<2x2x1xf32>) -> tensor<2x3x1xf32>
  %1 = dl.matmul %z, %b acc f32 : (tensor<4x2xf16>, tensor<2x1xf16>) -> tensor<4x1xf16>
  %2 = dl.matmul %x, %c acc f32 : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  func.return %0, %1, %2 : tensor<2x3x1xf32>, tensor<4x1xf16>, tensor<3x1xf32>
}
