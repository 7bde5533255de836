// RUN: dlir-opt %s --convert-dl-to-structured | filecheck %s

// A number's place in its byte is an iterator of two steps; odd sizes leave the last one unused.
// CHECK: func.func @unpack(%p: tensor<3x4xi8> {dlir.element = ui8}) -> (tensor<3x7xi8> {dlir.element = i4})
// CHECK: maps = [(d0, d1, d2) -> (d0, d1), (d0, d1, d2) -> (d0, 2 * d1 + d2)]
// CHECK-SAME: domain = array<i64: -1, -1, 2>
// CHECK: arith.shli
// CHECK: arith.shrsi
func.func @unpack(%p: tensor<3x4xui8>) -> tensor<3x7xi4> {
  %y = dl.unpack %p : tensor<3x4xui8> -> tensor<3x7xi4>
  func.return %y : tensor<3x7xi4>
}

// CHECK: func.func @unpack_unsigned
// CHECK: domain = array<i64: -1, 4>
// CHECK: arith.shrui
// CHECK: arith.constant 3 : i8
// CHECK-NEXT: arith.andi
func.func @unpack_unsigned(%p: tensor<2xui8>) -> tensor<8xui2> {
  %y = dl.unpack %p : tensor<2xui8> -> tensor<8xui2>
  func.return %y : tensor<8xui2>
}

// CHECK: func.func @pack
// CHECK: maps = [(d0, d1) -> (2 * d0 + d1), (d0, d1) -> (d0)], iterators = [parallel, reduction], init = 0 : i8, padding = [0 : i8]
// CHECK: arith.ori
func.func @pack(%x: tensor<5xf4E2M1FN>) -> tensor<3xui8> {
  %y = dl.pack %x : tensor<5xf4E2M1FN> -> tensor<3xui8>
  func.return %y : tensor<3xui8>
}
