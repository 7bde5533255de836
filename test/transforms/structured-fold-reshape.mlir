// RUN: dlir-opt %s --structured-fold-reshape | filecheck %s

// A dimension that is split is read as 4 * h + d.
// CHECK-LABEL: @split
// CHECK-NOT: structured.reshape
// CHECK: (d0, d1, d2) -> (d0, 4 * d1 + d2)
func.func @split(%x: tensor<2x12xf32>) -> tensor<2x3xf32> {
  %s = structured.reshape %x : tensor<2x12xf32> to tensor<2x3x4xf32>
  %o = tensor.empty() : tensor<2x3xf32>
  %r = structured.generic {maps = [(b, h, d) -> (b, h, d), (b, h, d) -> (b, h)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%s : tensor<2x3x4xf32>) outs(%o : tensor<2x3xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  } -> tensor<2x3xf32>
  func.return %r : tensor<2x3xf32>
}
// RUN-VALUE: @split([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]) == [[6.0, 22.0, 38.0], [4.0, 4.0, 4.0]]

// Dimensions that are merged are written in blocks.
// CHECK-LABEL: @merged
// CHECK: (d0, d1, d2) -> (d0, 4 * d1 + d2)
// CHECK-NOT: structured.reshape
func.func @merged(%x: tensor<2x4x3xf32>) -> tensor<2x12xf32> {
  %o = tensor.empty() : tensor<2x3x4xf32>
  %r = structured.generic {maps = [(b, h, d) -> (b, d, h), (b, h, d) -> (b, h, d)], iterators = [parallel, parallel, parallel]} ins(%x : tensor<2x4x3xf32>) outs(%o : tensor<2x3x4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<2x3x4xf32>
  %s = structured.reshape %r : tensor<2x3x4xf32> to tensor<2x12xf32>
  func.return %s : tensor<2x12xf32>
}

// A reshape that is not linear stays.
// CHECK-LABEL: @crossing
// CHECK: structured.reshape
func.func @crossing(%x: tensor<4x6xf32>) -> tensor<8x3xf32> {
  %s = structured.reshape %x : tensor<4x6xf32> to tensor<8x3xf32>
  %o = tensor.empty() : tensor<8x3xf32>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%s : tensor<8x3xf32>) outs(%o : tensor<8x3xf32>) {
  ^bb0(%a: f32):
    %t = arith.addf %a, %a : f32
    structured.yield %t : f32
  } -> tensor<8x3xf32>
  func.return %r : tensor<8x3xf32>
}
