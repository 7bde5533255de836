// RUN: dlir-opt %s --structured-turn-products | filecheck %s
// RUN: dlir-opt %s --structured-turn-products=vector-bits=256 | filecheck %s --check-prefix=NARROW

// Eight columns do not fill 16 lanes: rows of the weight are the lanes, the bias of a row goes along.
// CHECK-LABEL: @few
// CHECK: [[T:%.*]] = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d1, d0)]
// CHECK-SAME: ins(%w, %x : tensor<64x32xf32>, tensor<32x8xf32>) outs(%{{.*}} : tensor<8x64xf32>)
// CHECK: epilogue ins(%b : tensor<64xf32>) maps [(d0, d1) -> (d0)]
// CHECK: [[Y:%.*]] = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins([[T]] : tensor<8x64xf32>)
// CHECK: func.return [[Y]]
// Eight lanes they fill.
// NARROW-LABEL: @few
// NARROW: -> (d0, d1)]
// NARROW-NOT: structured.generic
// NARROW: func.return
func.func @few(%x: tensor<32x8xf32>, %b: tensor<64xf32>) -> tensor<64x8xf32> {
  %w = dl.param "w" : tensor<64x32xf32>
  %e = tensor.empty() : tensor<64x8xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%w, %x : tensor<64x32xf32>, tensor<32x8xf32>) outs(%e : tensor<64x8xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %r : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<64xf32>) maps [(m, n) -> (m)] {
  ^bb0(%acc: f32, %c: f32):
    %s = arith.addf %acc, %c : f32
    structured.yield %s : f32
  } -> tensor<64x8xf32>
  func.return %y : tensor<64x8xf32>
}

// A left side that is no weight, and an epilogue that reads along the columns.
// CHECK-LABEL: @stay
// CHECK-COUNT-2: (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction]
func.func @stay(%v: tensor<64x32xf32>, %x: tensor<32x8xf32>, %b: tensor<64x8xf32>) -> (tensor<64x8xf32>, tensor<64x8xf32>) {
  %w = dl.param "w" : tensor<64x32xf32>
  %e = tensor.empty() : tensor<64x8xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%v, %x : tensor<64x32xf32>, tensor<32x8xf32>) outs(%e : tensor<64x8xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %r : f32
    structured.yield %s : f32
  } -> tensor<64x8xf32>
  %z = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%w, %x : tensor<64x32xf32>, tensor<32x8xf32>) outs(%e : tensor<64x8xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %r = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %r : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<64x8xf32>) maps [(m, n) -> (m, n)] {
  ^bb0(%acc: f32, %c: f32):
    %s = arith.addf %acc, %c : f32
    structured.yield %s : f32
  } -> tensor<64x8xf32>
  func.return %y, %z : tensor<64x8xf32>, tensor<64x8xf32>
}
