// RUN: dlir-opt %s --convert-structured-to-loops | filecheck %s

// Two rows of the result from three of the image: each row is read once per tap within it, and the
// middle one serves both sums.
// CHECK-LABEL: @two_rows
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c4 step %c2 {
// CHECK-COUNT-3: vector.load %x[%{{.*}}, %{{.*}}] : memref<5x17xf32>, vector<16xf32>
// CHECK-NOT: vector.load %x
// CHECK: vector.store %{{.*}}, %y[%[[ROW]], %c0] : memref<4x16xf32>, vector<2x16xf32>
func.func @two_rows(%x: memref<5x17xf32>, %w: memref<2x1xf32>, %y: memref<4x16xf32>) {
  structured.generic {
    maps = [(i, n, r, k) -> (i + r, n + k), (i, n, r, k) -> (r, k), (i, n, r, k) -> (i, n)],
    iterators = [parallel, parallel, reduction, reduction], init = 0.0 : f32,
    domain = array<i64: 4, 16, 2, 1>,
    schedule = #structured.schedule<kernel = contraction, vector = [2, 16]>}
    ins(%x, %w : memref<5x17xf32>, memref<2x1xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  }
  func.return
}

// A tile of one row takes the plain kernel: a loop over the taps.
// CHECK-LABEL: @one_row
// CHECK: scf.for %{{.*}} = %c0 to %c2 step %c1 iter_args
func.func @one_row(%x: memref<5x17xf32>, %w: memref<2x1xf32>, %y: memref<4x16xf32>) {
  structured.generic {
    maps = [(i, n, r, k) -> (i + r, n + k), (i, n, r, k) -> (r, k), (i, n, r, k) -> (i, n)],
    iterators = [parallel, parallel, reduction, reduction], init = 0.0 : f32,
    domain = array<i64: 4, 16, 2, 1>,
    schedule = #structured.schedule<kernel = contraction, vector = [1, 16]>}
    ins(%x, %w : memref<5x17xf32>, memref<2x1xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  }
  func.return
}

// Channels along the lanes: two pixels share both weights, and the place between them.
// CHECK-LABEL: @two_pixels
// CHECK: scf.for %[[PIXEL:.*]] = %c0 to %c4 step %c2 {
// CHECK: %[[FIRST:.*]] = vector.load %x[%[[PIXEL]], %c0] : memref<5x8xf32>, vector<8xf32>
// CHECK: %[[LEFT:.*]] = vector.load %w[%c0, %c0] : memref<2x8xf32>, vector<8xf32>
// CHECK: vector.fma %[[FIRST]], %[[LEFT]]
// CHECK: %[[MIDDLE:.*]] = vector.load %x[
// CHECK: vector.fma %[[MIDDLE]], %[[LEFT]]
// CHECK: %[[RIGHT:.*]] = vector.load %w[%c1, %c0] : memref<2x8xf32>, vector<8xf32>
// CHECK: vector.fma %[[MIDDLE]], %[[RIGHT]]
// CHECK: vector.load %x[
// CHECK-NOT: vector.load
func.func @two_pixels(%x: memref<5x8xf32>, %w: memref<2x8xf32>, %y: memref<4x8xf32>) {
  structured.generic {
    maps = [(j, c, k) -> (j + k, c), (j, c, k) -> (k, c), (j, c, k) -> (j, c)],
    iterators = [parallel, parallel, reduction], init = 0.0 : f32,
    domain = array<i64: 4, 8, 2>,
    schedule = #structured.schedule<kernel = vector, vector = [2, 8]>}
    ins(%x, %w : memref<5x8xf32>, memref<2x8xf32>) outs(%y : memref<4x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  }
  func.return
}
