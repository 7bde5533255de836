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

// An iterator of one value goes on walking a dimension of one.
// CHECK-LABEL: @one_value
// CHECK: (d0, d1, d2) -> (d0, 5 * d1 + d2)
// CHECK-NOT: structured.reshape
func.func @one_value(%x: tensor<1x4x5xf32>) -> tensor<1x20xf32> {
  %o = tensor.empty() : tensor<1x4x5xf32>
  %r = structured.generic {maps = [(b, i, j) -> (b, i, j), (b, i, j) -> (b, i, j)], iterators = [parallel, parallel, parallel]} ins(%x : tensor<1x4x5xf32>) outs(%o : tensor<1x4x5xf32>) {
  ^bb0(%a: f32):
    %t = arith.addf %a, %a : f32
    structured.yield %t : f32
  } -> tensor<1x4x5xf32>
  %s = structured.reshape %r : tensor<1x4x5xf32> to tensor<1x20xf32>
  func.return %s : tensor<1x20xf32>
}

// Where the last dimension of what is read, which lies on lanes, would move by more than one: as is.
// CHECK-LABEL: @channels_first
// CHECK: structured.reshape
func.func @channels_first(%x: tensor<4x5x8xf32>) -> tensor<160xf32> {
  %o = tensor.empty() : tensor<8x4x5xf32>
  %r = structured.generic {maps = [(c, i, j) -> (i, j, c), (c, i, j) -> (c, i, j)], iterators = [parallel, parallel, parallel]} ins(%x : tensor<4x5x8xf32>) outs(%o : tensor<8x4x5xf32>) {
  ^bb0(%a: f32):
    %t = arith.addf %a, %a : f32
    structured.yield %t : f32
  } -> tensor<8x4x5xf32>
  %s = structured.reshape %r : tensor<8x4x5xf32> to tensor<160xf32>
  func.return %s : tensor<160xf32>
}

// Nor does one between others: of heads for one token, the token has a dimension of its own.
// CHECK-LABEL: @one_token
// CHECK-NOT: structured.reshape
// CHECK: maps = [(d0, d1, d2, d3) -> (0, d2, 4 * d1 + d3), (d0, d1, d2, d3) -> (d0, d2, 4 * d1 + d3)]
func.func @one_token(%x: tensor<1x1x12xf32>) -> tensor<1x1x12xf32> {
  %s = structured.reshape %x : tensor<1x1x12xf32> to tensor<1x3x1x4xf32>
  %o = tensor.empty() : tensor<1x3x1x4xf32>
  %r = structured.generic {maps = [(b, h, t, d) -> (b, h, t, d), (b, h, t, d) -> (b, h, t, d)], iterators = [parallel, parallel, parallel, parallel]} ins(%s : tensor<1x3x1x4xf32>) outs(%o : tensor<1x3x1x4xf32>) {
  ^bb0(%a: f32):
    %t0 = arith.addf %a, %a : f32
    structured.yield %t0 : f32
  } -> tensor<1x3x1x4xf32>
  %m = structured.reshape %r : tensor<1x3x1x4xf32> to tensor<1x1x12xf32>
  func.return %m : tensor<1x1x12xf32>
}
// RUN-VALUE: @one_token([[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]]]) == [[[0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0]]]
