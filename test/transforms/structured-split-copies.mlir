// RUN: dlir-opt %s --structured-split-copies='machine=gemmini' | filecheck %s

// A slice that begins within a block is read by a copy; one that begins with a block is not.
// CHECK-LABEL: @slices
// CHECK: %[[S:.*]] = structured.generic {maps = [(d0, d1) -> (d0, d1 + 6), (d0, d1) -> (d0, d1)], {{.*}} ins(%x : tensor<2x40xf32>) outs(%{{.*}} : tensor<2x20xf32>)
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32):
// CHECK-NEXT: structured.yield %[[V]] : f32
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 16), (d0, d1) -> (d0, d1)], {{.*}} ins(%[[S]], %x : tensor<2x20xf32>, tensor<2x40xf32>)
func.func @slices(%x: tensor<2x40xf32>) -> tensor<2x20xf32> {
  %o = tensor.empty() : tensor<2x20xf32>
  %y = structured.generic {maps = [(i, j) -> (i, j + 6), (i, j) -> (i, j + 16), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x, %x : tensor<2x40xf32>, tensor<2x40xf32>) outs(%o : tensor<2x20xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<2x20xf32>
  func.return %y : tensor<2x20xf32>
}

// A part of a concatenation is made for itself, and then copied.
// CHECK-LABEL: @part
// CHECK: %[[P:.*]] = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)], {{.*}}domain = array<i64: 2, 3>} ins(%x : tensor<2x3xf32>) outs(%{{.*}} : tensor<2x3xf32>)
// CHECK: arith.addf
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 5)], {{.*}} ins(%[[P]] : tensor<2x3xf32>) outs(%o : tensor<2x8xf32>)
func.func @part(%x: tensor<2x3xf32>, %o: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j + 5)], iterators = [parallel, parallel], domain = array<i64: 2, 3>} ins(%x : tensor<2x3xf32>) outs(%o : tensor<2x8xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  } -> tensor<2x8xf32>
  func.return %y : tensor<2x8xf32>
}
// RUN-VALUE: @part([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]) == [[0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 4.0, 6.0], [1.0, 1.0, 1.0, 1.0, 1.0, 8.0, 10.0, 12.0]]

// What a product sums up lies along the lanes, one after the other.
// CHECK-LABEL: @sum
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, 2 * d1 + 1), (d0, d1) -> (d0, d1)], {{.*}} ins(%x : tensor<2x9xf32>) outs(%{{.*}} : tensor<2x4xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)]
func.func @sum(%x: tensor<2x9xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %o = tensor.empty() : tensor<2x3xf32>
  %y = structured.generic {maps = [(i, n, k) -> (i, 2 * k + 1), (i, n, k) -> (k, n), (i, n, k) -> (i, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%x, %w : tensor<2x9xf32>, tensor<4x3xf32>) outs(%o : tensor<2x3xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}
