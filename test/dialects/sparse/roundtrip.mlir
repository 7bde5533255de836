// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: @encode
func.func @encode(%x: tensor<4x8xf32>) {
  // CHECK-NEXT: sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.csr<5>>
  %a = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.csr<5>>
  // CHECK-NEXT: sparse.encode %x {note = 1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.bsr<[4, 1], 0>>
  %b = sparse.encode %x {note = 1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.bsr<[4, 1], 0>>
  // CHECK-NEXT: sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.bitmask<32>>
  %c = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.bitmask<32>>
  // CHECK-NEXT: sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.nm<2:4>>
  %d = sparse.encode %x : tensor<4x8xf32> -> tensor<4x8xf32, #sparse.nm<2:4>>
  func.return
}

// CHECK-LABEL: @decode
// CHECK-NEXT: sparse.decode %x : tensor<0x3xi4, #sparse.csr<0>> -> tensor<0x3xi4>
func.func @decode(%x: tensor<0x3xi4, #sparse.csr<0>>) -> tensor<0x3xi4> {
  %y = sparse.decode %x : tensor<0x3xi4, #sparse.csr<0>> -> tensor<0x3xi4>
  func.return %y : tensor<0x3xi4>
}

// The parts of each encoding.
// CHECK-LABEL: @parts
func.func @parts(%x: tensor<5x7xbf16, #sparse.csr<9>>, %y: tensor<5x7xbf16, #sparse.bsr<[4, 2], 3>>,
                 %z: tensor<5x7xbf16, #sparse.bitmask<9>>, %w: tensor<5x7xbf16, #sparse.nm<2:4>>) {
  // CHECK-NEXT: sparse.disassemble %x : (tensor<5x7xbf16, #sparse.csr<9>>) -> (tensor<9xbf16>, tensor<9xi32>, tensor<6xi32>)
  %x0, %x1, %x2 = sparse.disassemble %x : (tensor<5x7xbf16, #sparse.csr<9>>) -> (tensor<9xbf16>, tensor<9xi32>, tensor<6xi32>)
  // CHECK-NEXT: sparse.disassemble %y : (tensor<5x7xbf16, #sparse.bsr<[4, 2], 3>>) -> (tensor<3x2x4xbf16>, tensor<3xi32>, tensor<3xi32>)
  %y0, %y1, %y2 = sparse.disassemble %y : (tensor<5x7xbf16, #sparse.bsr<[4, 2], 3>>) -> (tensor<3x2x4xbf16>, tensor<3xi32>, tensor<3xi32>)
  // CHECK-NEXT: sparse.disassemble %z : (tensor<5x7xbf16, #sparse.bitmask<9>>) -> (tensor<9xbf16>, tensor<5xui8>)
  %z0, %z1 = sparse.disassemble %z : (tensor<5x7xbf16, #sparse.bitmask<9>>) -> (tensor<9xbf16>, tensor<5xui8>)
  // CHECK-NEXT: sparse.disassemble %w : (tensor<5x7xbf16, #sparse.nm<2:4>>) -> (tensor<5x4xbf16>, tensor<5x1xui8>)
  %w0, %w1 = sparse.disassemble %w : (tensor<5x7xbf16, #sparse.nm<2:4>>) -> (tensor<5x4xbf16>, tensor<5x1xui8>)
  // CHECK-NEXT: sparse.assemble %x0, %x1, %x2 : (tensor<9xbf16>, tensor<9xi32>, tensor<6xi32>) -> tensor<5x7xbf16, #sparse.csr<9>>
  %v = sparse.assemble %x0, %x1, %x2 : (tensor<9xbf16>, tensor<9xi32>, tensor<6xi32>) -> tensor<5x7xbf16, #sparse.csr<9>>
  func.return
}

// CHECK-LABEL: @product
// CHECK-NEXT: dl.matmul %x, %w acc f32 {transpose_rhs} : (tensor<?x8xf32>, tensor<4x8xf32, #sparse.csr<5>>) -> tensor<?x4xf32>
func.func @product(%x: tensor<?x8xf32>, %w: tensor<4x8xf32, #sparse.csr<5>>) -> tensor<?x4xf32> {
  %y = dl.matmul %x, %w acc f32 {transpose_rhs}
      : (tensor<?x8xf32>, tensor<4x8xf32, #sparse.csr<5>>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}
