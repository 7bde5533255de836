// RUN: dlir-opt %s --structured-pack | filecheck %s

// The weight in panels of 16 columns, zero behind its last one; the product counts in panels.
// CHECK-LABEL: @columns
// CHECK: [[E:%.*]] = tensor.empty() : tensor<3x784x16xf32>
// CHECK-NEXT: [[P:%.*]] = structured.generic {maps = [(d0, d1, d2) -> (d1, 16 * d0 + d2), (d0, d1, d2) -> (d0, d1, d2)], iterators = [parallel, parallel, parallel], padding = [0.000000e+00 : f32]} ins(%w : tensor<784x37xf32>) outs([[E]] : tensor<3x784x16xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)], iterators = [parallel, parallel, reduction, parallel], init = 0.000000e+00 : f32, schedule = {{.*}}} ins(%x, [[P]] : tensor<?x784xf32>, tensor<3x784x16xf32>) outs(%o : tensor<?x37xf32>)
// CHECK: } epilogue ins(%b : tensor<37xf32>) maps [(d0, d1, d2) -> (16 * d1 + d2)] {
func.func @columns(%x: tensor<?x784xf32>, %w: tensor<784x37xf32>, %b: tensor<37xf32>,
                   %o: tensor<?x37xf32>) -> tensor<?x37xf32> {
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 16], pack = [1]>}
      ins(%x, %w : tensor<?x784xf32>, tensor<784x37xf32>) outs(%o : tensor<?x37xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<37xf32>) maps [(m, n) -> (n)] {
  ^bb0(%v: f32, %c: f32):
    %y = arith.addf %v, %c : f32
    structured.yield %y : f32
  } -> tensor<?x37xf32>
  func.return %r : tensor<?x37xf32>
}

// The border is written out, and the window does not leave its input any more.
// CHECK-LABEL: @borders
// CHECK: [[E:%.*]] = tensor.empty() : tensor<1x10x10x3xf32>
// CHECK-NEXT: [[B:%.*]] = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1 - 1, d2 - 1, d3), (d0, d1, d2, d3) -> (d0, d1, d2, d3)], iterators = [parallel, parallel, parallel, parallel], padding = [0.000000e+00 : f32]} ins(%x : tensor<1x8x8x3xf32>) outs([[E]] : tensor<1x10x10x3xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6), {{.*}}init = 0.000000e+00 : f32, domain = {{.*}}} ins([[B]], %w : tensor<1x10x10x3xf32>, tensor<3x3x3x16xf32>)
func.func @borders(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x16xf32>, %o: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %r = structured.generic {
      maps = [(b, h, w, o, y, x, c) -> (b, h + y - 1, w + x - 1, c),
              (b, h, w, o, y, x, c) -> (y, x, c, o), (b, h, w, o, y, x, c) -> (b, h, w, o)],
      iterators = [parallel, parallel, parallel, parallel, reduction, reduction, reduction],
      init = 0.0 : f32, padding = [0.0 : f32, unit],
      schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%x, %w : tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>) outs(%o : tensor<1x8x8x16xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<1x8x8x16xf32>
  func.return %r : tensor<1x8x8x16xf32>
}

// Nothing is asked for.
// CHECK-LABEL: @unscheduled
// CHECK-NEXT: structured.generic {{.*}} ins(%x, %w
func.func @unscheduled(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>, %o: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<8x8xf32>, tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<8x8xf32>
  func.return %r : tensor<8x8xf32>
}

// A vector kernel adds up along the sum: the column is copied so that it lies along that.
// CHECK-LABEL: @along_the_sum
// CHECK: %[[W:.*]] = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0, d1)]
// CHECK-SAME: ins(%w : tensor<64x2xf32>) outs(%{{.*}} : tensor<2x64xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d1, d2), (d0, d1, d2) -> (d0, d1)]
// CHECK-SAME: ins(%x, %[[W]] : tensor<8x64xf32>, tensor<2x64xf32>)
func.func @along_the_sum(%x: tensor<8x64xf32>, %w: tensor<64x2xf32>, %o: tensor<8x2xf32>) -> tensor<8x2xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = vector, pack = [1]>}
      ins(%x, %w : tensor<8x64xf32>, tensor<64x2xf32>) outs(%o : tensor<8x2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<8x2xf32>
  func.return %r : tensor<8x2xf32>
}
