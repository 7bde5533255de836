// RUN: dlir-opt %s --convert-dl-to-structured --cse | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-structured --structured-bufferize --convert-structured-to-loops | filecheck %s --check-prefix=LOOPS

// On the right the product is turned over; what indexes memory is gathered from the numbers that
// are allowed, which asserts that it is one of them.

// CHECK-LABEL: @right
// CHECK: %[[X:.*]] = structured.generic {{.*}} ins(%x : tensor<?x6xf32>)
// CHECK: %[[C:.*]] = structured.gather axis 0 {{.*}} tensor<6xi32>, tensor<2xi32>
// CHECK: %[[R:.*]] = structured.gather axis 0 {{.*}} tensor<3xi32>, tensor<3xi32>
// CHECK: %[[Y:.*]] = structured.sparse_matmul ins(%v, %[[C]], %[[R]], %[[X]] : tensor<2x1x4xf32>, tensor<2xi32>, tensor<3xi32>, tensor<6x?xf32>)
// CHECK: structured.generic {{.*}} ins(%[[Y]] : tensor<8x?xf32>)
// CHECK-NOT: sparse.

// Four sums of vectors in registers, for each stored block; a row of x is read once.
// LOOPS-LABEL: @right
// LOOPS: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// LOOPS-COUNT-1: vector.load
// LOOPS-COUNT-4: vector.fma
// LOOPS: scf.yield
func.func @right(%x: tensor<?x6xf32>, %v: tensor<2x1x4xf32>, %c: tensor<2xi32>, %r: tensor<3xi32>)
    -> tensor<?x8xf32> {
  %w = sparse.assemble %v, %c, %r
      : (tensor<2x1x4xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<8x6xf32, #sparse.bsr<[4, 1], 2>>
  %y = dl.matmul %x, %w acc f32 {transpose_rhs}
      : (tensor<?x6xf32>, tensor<8x6xf32, #sparse.bsr<[4, 1], 2>>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// One column is turned over by a view, and summed in four chains.

// CHECK-LABEL: @column
// CHECK: %[[X:.*]] = structured.reshape %x : tensor<1x6xf32> to tensor<6x1xf32>
// CHECK: %[[Y:.*]] = structured.sparse_matmul
// CHECK: structured.reshape %[[Y]] : tensor<8x1xf32> to tensor<1x8xf32>
// LOOPS-LABEL: @column
// LOOPS: scf.for {{.*}} -> (vector<1xf32>, vector<1xf32>, vector<1xf32>, vector<1xf32>) {
func.func @column(%x: tensor<1x6xf32>, %v: tensor<2xf32>, %c: tensor<2xi32>, %r: tensor<9xi32>)
    -> tensor<1x8xf32> {
  %w = sparse.assemble %v, %c, %r
      : (tensor<2xf32>, tensor<2xi32>, tensor<9xi32>) -> tensor<8x6xf32, #sparse.csr<2>>
  %y = dl.matmul %x, %w acc f32 {transpose_rhs}
      : (tensor<1x6xf32>, tensor<8x6xf32, #sparse.csr<2>>) -> tensor<1x8xf32>
  func.return %y : tensor<1x8xf32>
}

// What is encoded and decoded at once is what it was.

// CHECK-LABEL: @same
// CHECK-NEXT: func.return %x
func.func @same(%x: tensor<8x6xf32>) -> tensor<8x6xf32> {
  %e = sparse.encode %x : tensor<8x6xf32> -> tensor<8x6xf32, #sparse.nm<2:4>>
  %y = sparse.decode %e : tensor<8x6xf32, #sparse.nm<2:4>> -> tensor<8x6xf32>
  func.return %y : tensor<8x6xf32>
}
