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

// Three heads of 32 are one block that is not full.
// CHECK-LABEL: @one_block
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d1, d2), (d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d0, d1, d2)], {{.*}}domain = array<i64: 3, 6, 96>}
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d1, d3), (d0, d1, d2, d3) -> (d0, d2, d3), (d0, d1, d2, d3) -> (d0, d1, d2)], {{.*}}domain = array<i64: 3, 5, 6, 96>}
func.func @one_block(%q: tensor<5x96xf32>, %k: tensor<6x96xf32>) -> tensor<3x5x6xf32> {
  %o = tensor.empty() : tensor<3x5x6xf32>
  %r = structured.generic {maps = [(h, l, s, d) -> (l, 32 * h + d), (h, l, s, d) -> (s, 32 * h + d), (h, l, s, d) -> (h, l, s)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 3, 5, 6, 32>} ins(%q, %k : tensor<5x96xf32>, tensor<6x96xf32>) outs(%o : tensor<3x5x6xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<3x5x6xf32>
  func.return %r : tensor<3x5x6xf32>
}

// Two heads of 48 begin each block: what they leave of it becomes 0 in the result.
// CHECK-LABEL: @mix_of_pairs
// CHECK-NOT: structured.fill
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d1, 128 * d2 + d3), (d0, d1, d2, d3) -> (d0, d3), (d0, d1, d2, d3) -> (d0, d1, 128 * d2 + d3)], {{.*}}domain = array<i64: 2, 6, 3, 128>}
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4) -> (2 * d0 + d4, d1, d3), (d0, d1, d2, d3, d4) -> (d4, d3, 128 * d0 + d2), (d0, d1, d2, d3, d4) -> (d1, 128 * d0 + d2)], iterators = [parallel, parallel, parallel, reduction, reduction], {{.*}}domain = array<i64: 3, 5, 128, 6, 2>}
func.func @mix_of_pairs(%p: tensor<6x5x6xf32>, %v: tensor<6x384xf32>) -> tensor<5x384xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x384xf32>
  %o = structured.fill ins(%zero : f32) outs(%e : tensor<5x384xf32>) -> tensor<5x384xf32>
  %r = structured.generic {maps = [(b, l, d, s, i) -> (2 * b + i, l, s), (b, l, d, s, i) -> (s, 128 * b + 48 * i + d), (b, l, d, s, i) -> (l, 128 * b + 48 * i + d)], iterators = [parallel, parallel, parallel, reduction, parallel], init = 0.0 : f32, domain = array<i64: 3, 5, 48, 6, 2>} ins(%p, %v : tensor<6x5x6xf32>, tensor<6x384xf32>) outs(%o : tensor<5x384xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %t = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %t : f32
    structured.yield %s : f32
  } -> tensor<5x384xf32>
  func.return %r : tensor<5x384xf32>
}

// A number per head cannot finish lanes of several heads.
// CHECK-LABEL: @per_head
// CHECK-NOT: arith.constant dense
// CHECK: 32 * d0 + d2
func.func @per_head(%p: tensor<4x5x6xf32>, %v: tensor<6x128xf32>, %scale: tensor<4xf32>) -> tensor<5x128xf32> {
  %o = tensor.empty() : tensor<5x128xf32>
  %r = structured.generic {maps = [(h, l, d, s) -> (h, l, s), (h, l, d, s) -> (s, 32 * h + d), (h, l, d, s) -> (l, 32 * h + d)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 4, 5, 32, 6>} ins(%p, %v : tensor<4x5x6xf32>, tensor<6x128xf32>) outs(%o : tensor<5x128xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %t = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %t : f32
    structured.yield %s : f32
  } epilogue ins(%scale : tensor<4xf32>) maps [(h, l, d) -> (h)] {
  ^bb0(%x: f32, %y: f32):
    %z = arith.mulf %x, %y : f32
    structured.yield %z : f32
  } -> tensor<5x128xf32>
  func.return %r : tensor<5x128xf32>
}
