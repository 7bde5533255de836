// RUN: dlir-opt %s | filecheck %s
// CHECK: sparse.disassemble

// RUN-VALUE[ref]: @csr([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 3.0]]) == [2.0, -1.0, 3.0], [1, 0, 2], [0, 1, 1, 3]
// RUN-VALUE[ref]: @csr([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]) raises "the tensor has 2 to store, #sparse.csr<3> says 3"
func.func @csr(%x: tensor<3x3xf32>) -> (tensor<3xf32>, tensor<3xi32>, tensor<4xi32>) {
  %e = sparse.encode %x : tensor<3x3xf32> -> tensor<3x3xf32, #sparse.csr<3>>
  %v, %c, %r = sparse.disassemble %e : (tensor<3x3xf32, #sparse.csr<3>>) -> (tensor<3xf32>, tensor<3xi32>, tensor<4xi32>)
  func.return %v, %c, %r : tensor<3xf32>, tensor<3xi32>, tensor<4xi32>
}

// Blocks at the edges are filled up with zeros; a block is stored column by column.
// RUN-VALUE[ref]: @bsr([[0.0, 0.0, 5.0], [0.0, 0.0, 0.0], [1.0, 0.0, 3.0]]) == [[[5.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]], [[3.0, 0.0], [0.0, 0.0]]], [1, 0, 1], [0, 1, 3]
func.func @bsr(%x: tensor<3x3xf32>) -> (tensor<3x2x2xf32>, tensor<3xi32>, tensor<3xi32>) {
  %e = sparse.encode %x : tensor<3x3xf32> -> tensor<3x3xf32, #sparse.bsr<[2, 2], 3>>
  %v, %c, %r = sparse.disassemble %e : (tensor<3x3xf32, #sparse.bsr<[2, 2], 3>>) -> (tensor<3x2x2xf32>, tensor<3xi32>, tensor<3xi32>)
  func.return %v, %c, %r : tensor<3x2x2xf32>, tensor<3xi32>, tensor<3xi32>
}

// RUN-VALUE[ref]: @bitmask([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 0.0, 3.0]]) == [2.0, -1.0, 3.0], [66, 1]
func.func @bitmask(%x: tensor<3x3xf32>) -> (tensor<3xf32>, tensor<2xi32>) {
  %e = sparse.encode %x : tensor<3x3xf32> -> tensor<3x3xf32, #sparse.bitmask<3>>
  %v, %m = sparse.disassemble %e : (tensor<3x3xf32, #sparse.bitmask<3>>) -> (tensor<3xf32>, tensor<2xui8>)
  %n = dl.cast %m : tensor<2xui8> -> tensor<2xi32>
  func.return %v, %n : tensor<3xf32>, tensor<2xi32>
}

// Places 1, 3 and 0, 2: 0b10001101. A group with fewer elements stores zeros beside them.
// RUN-VALUE[ref]: @nm([[0.0, 2.0, 0.0, 5.0, 0.0, 0.0, 7.0]]) == [[2.0, 5.0, 0.0, 7.0]], [[141]]
// RUN-VALUE[ref]: @nm([[1.0, 2.0, 0.0, 5.0, 0.0, 0.0, 7.0]]) raises "a group has more elements other than zero than #sparse.nm<2:4> stores"
func.func @nm(%x: tensor<1x7xf32>) -> (tensor<1x4xf32>, tensor<1x1xi32>) {
  %e = sparse.encode %x : tensor<1x7xf32> -> tensor<1x7xf32, #sparse.nm<2:4>>
  %v, %p = sparse.disassemble %e : (tensor<1x7xf32, #sparse.nm<2:4>>) -> (tensor<1x4xf32>, tensor<1x1xui8>)
  %n = dl.cast %p : tensor<1x1xui8> -> tensor<1x1xi32>
  func.return %v, %n : tensor<1x4xf32>, tensor<1x1xi32>
}

// RUN-VALUE[ref]: @assemble([2.0, -1.0], [1, 0], [0, 1, 2]) == [[0.0, 2.0, 0.0], [-1.0, 0.0, 0.0]]
// RUN-VALUE[ref]: @assemble([2.0, -1.0], [1, 3], [0, 1, 2]) raises "a column is outside of 0 to 2"
// RUN-VALUE[ref]: @assemble([2.0, -1.0], [1, -1], [0, 1, 2]) raises "a column is outside of 0 to 2"
// RUN-VALUE[ref]: @assemble([2.0, -1.0], [1, 0], [0, 2, 2]) raises "the columns of a row do not ascend"
// RUN-VALUE[ref]: @assemble([2.0, -1.0], [1, 1], [0, 2, 2]) raises "the columns of a row do not ascend"
// RUN-VALUE[ref]: @assemble([2.0, -1.0], [0, 1], [0, 3, 2]) raises "rows do not begin at 0, ascend and end at 2"
// RUN-VALUE[ref]: @assemble([2.0, 0.0], [0, 1], [0, 1, 2]) raises "the parts store a zero"
func.func @assemble(%v: tensor<2xf32>, %c: tensor<2xi32>, %r: tensor<3xi32>) -> tensor<2x3xf32> {
  %e = sparse.assemble %v, %c, %r : (tensor<2xf32>, tensor<2xi32>, tensor<3xi32>) -> tensor<2x3xf32, #sparse.csr<2>>
  %y = sparse.decode %e : tensor<2x3xf32, #sparse.csr<2>> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

