// RUN: dlir-opt %s --structured-mask-lanes='machine=large128' | filecheck %s
// RUN: dlir-opt %s --structured-mask-lanes='machine=gemmini' | filecheck %s --check-prefix=WHOLE

// Four heads of 32 in blocks of 128: the second operand once per place, the others masked.
// CHECK: arith.constant dense
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d1, 128 * d2 + d3), (d0, d1, d2, d3) -> (d0, d3), (d0, d1, d2, d3) -> (d0, d1, 128 * d2 + d3)]
// CHECK: arith.mulf
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4) -> (d1, 128 * d0 + d3), (d0, d1, d2, d3, d4) -> (d4, d2, 128 * d0 + d3), (d0, d1, d2, d3, d4) -> (4 * d0 + d4, d1, d2)]
// WHOLE-NOT: arith.constant dense
func.func @scores(%q: tensor<5x256xf32>, %k: tensor<6x256xf32>) -> tensor<8x5x6xf32> {
  %o = tensor.empty() : tensor<8x5x6xf32>
  %r = structured.generic {maps = [(h, l, s, d) -> (l, 32 * h + d), (h, l, s, d) -> (s, 32 * h + d), (h, l, s, d) -> (h, l, s)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 8, 5, 6, 32>} ins(%q, %k : tensor<5x256xf32>, tensor<6x256xf32>) outs(%o : tensor<8x5x6xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<8x5x6xf32>
  func.return %r : tensor<8x5x6xf32>
}
