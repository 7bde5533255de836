// RUN: dlir-opt %s --structured-align-heads='machine=large128' --cse | filecheck %s
// RUN: dlir-opt %s --structured-align-heads='machine=gemmini' | filecheck %s --check-prefix=WHOLE

// Six heads of 48 are two and a quarter blocks of 128: two heads to a block, by weights with zeros.
// CHECK-LABEL: @scores
// CHECK: %[[Z:.*]] = structured.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<16x384xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, 96 * d1 + d2), (d0, d1, d2) -> (d0, 128 * d1 + d2)], {{.*}}domain = array<i64: 16, 3, 96>} ins(%w : tensor<16x288xf32>) outs(%[[Z]]
// CHECK: structured.generic {{.*}} domain = array<i64: 5, 384, 16>} ins(%x, %{{.*}} : tensor<5x16xf32>, tensor<16x384xf32>)
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4) -> (d1, 128 * d0 + d3 + 48 * d4), (d0, d1, d2, d3, d4) -> (d2, 128 * d0 + d3 + 48 * d4), (d0, d1, d2, d3, d4) -> (2 * d0 + d4, d1, d2)], iterators = [parallel, parallel, parallel, reduction, parallel], init = 0.000000e+00 : f32, domain = array<i64: 3, 5, 6, 48, 2>} ins(%q, %{{.*}} : tensor<5x384xf32>, tensor<6x384xf32>)
// CHECK-NOT: 48 * d0

// Heads of three blocks of 16 need nothing.
// WHOLE-LABEL: @scores
// WHOLE-NOT: structured.fill
// WHOLE: (d0, d1, d2, d3) -> (d1, 48 * d0 + d3)
func.func @scores(%x: tensor<5x16xf32>, %k: tensor<6x288xf32>) -> tensor<6x5x6xf32> {
  %w = dl.param "w" : tensor<16x288xf32>
  %p = tensor.empty() : tensor<5x288xf32>
  %q = structured.generic {maps = [(l, n, k) -> (l, k), (l, n, k) -> (k, n), (l, n, k) -> (l, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%x, %w : tensor<5x16xf32>, tensor<16x288xf32>) outs(%p : tensor<5x288xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<5x288xf32>
  %o = tensor.empty() : tensor<6x5x6xf32>
  %r = structured.generic {maps = [(h, l, s, d) -> (l, 48 * h + d), (h, l, s, d) -> (s, 48 * h + d), (h, l, s, d) -> (h, l, s)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 6, 5, 6, 48>} ins(%q, %k : tensor<5x288xf32>, tensor<6x288xf32>) outs(%o : tensor<6x5x6xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<6x5x6xf32>
  func.return %r : tensor<6x5x6xf32>
}

// What is mixed leaves zeros between, which meet zeros of the weights behind; the result of the
// model has none. A head of 80 has a block for itself.
// CHECK-LABEL: @mix
// CHECK: %[[M:.*]] = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3), (d0, d1, d2, d3) -> (d3, 128 * d0 + d2), (d0, d1, d2, d3) -> (d1, 128 * d0 + d2)], {{.*}} domain = array<i64: 3, 5, 128, 6>}
// CHECK: structured.generic {{.*}} domain = array<i64: 5, 3, 80>} ins(%[[M]] : tensor<5x384xf32>)
// CHECK: structured.generic {{.*}} domain = array<i64: 5, 16, 384>} ins(%[[M]], %{{.*}} : tensor<5x384xf32>, tensor<384x16xf32>)
func.func @mix(%p: tensor<3x5x6xf32>, %v: tensor<6x240xf32>) -> (tensor<5x240xf32>, tensor<5x16xf32>) {
  %w = dl.param "w" : tensor<240x16xf32>
  %o = tensor.empty() : tensor<5x240xf32>
  %m = structured.generic {maps = [(h, l, d, s) -> (h, l, s), (h, l, d, s) -> (s, 80 * h + d), (h, l, d, s) -> (l, 80 * h + d)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 3, 5, 80, 6>} ins(%p, %v : tensor<3x5x6xf32>, tensor<6x240xf32>) outs(%o : tensor<5x240xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %t = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %t : f32
    structured.yield %s : f32
  } -> tensor<5x240xf32>
  %e = tensor.empty() : tensor<5x16xf32>
  %y = structured.generic {maps = [(l, n, k) -> (l, k), (l, n, k) -> (k, n), (l, n, k) -> (l, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%m, %w : tensor<5x240xf32>, tensor<240x16xf32>) outs(%e : tensor<5x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %t = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %t : f32
    structured.yield %s : f32
  } -> tensor<5x16xf32>
  func.return %m, %y : tensor<5x240xf32>, tensor<5x16xf32>
}

// Keys of earlier tokens, which have a dimension for heads, lose it.
// CHECK-LABEL: @cached
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d1, 64 * d0 + d2)], {{.*}} ins(%k : tensor<4x6x64xf32>)
// CHECK: maps = [(d0, d1, d2) -> (64 * d0 + d2), (d0, d1, d2) -> (d1, 64 * d0 + d2), (d0, d1, d2) -> (d0, d1)]
func.func @cached(%q: tensor<256xf32>, %k: tensor<4x6x64xf32>) -> tensor<4x6xf32> {
  %o = tensor.empty() : tensor<4x6xf32>
  %r = structured.generic {maps = [(h, s, d) -> (64 * h + d), (h, s, d) -> (h, s, d), (h, s, d) -> (h, s)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%q, %k : tensor<256xf32>, tensor<4x6x64xf32>) outs(%o : tensor<4x6xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %t = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %t : f32
    structured.yield %s : f32
  } -> tensor<4x6xf32>
  func.return %r : tensor<4x6xf32>
}
