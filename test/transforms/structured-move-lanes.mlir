// RUN: dlir-opt %s --structured-move-lanes='machine=gemmini' | filecheck %s

// Lanes 6 to 11 of 12: a product with a matrix that is 1 where a lane comes from.
// CHECK-LABEL: @slice
// CHECK: %[[T:.*]] = arith.constant dense<[6, 7, 8, 9, 10, 11]> : tensor<6xi64>
// CHECK: %[[P:.*]] = structured.generic {maps = [(d0, d1) -> (d1), (d0, d1) -> (d0, d1)], {{.*}} ins(%[[T]] : tensor<6xi64>) outs(%{{.*}} : tensor<12x6xf32>)
// CHECK: arith.cmpi eq
// CHECK: %{{.*}} = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)], {{.*}} ins(%{{.*}}, %[[P]] : tensor<8x12xf32>, tensor<12x6xf32>)
// CHECK-NOT: d1 + 6
func.func @slice(%a: tensor<8x12xf32>) -> tensor<8x6xf32> {
  %e = tensor.empty() : tensor<8x12xf32>
  %x = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%a : tensor<8x12xf32>) outs(%e : tensor<8x12xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<8x12xf32>
  %o = tensor.empty() : tensor<8x6xf32>
  %y = structured.generic {maps = [(i, j) -> (i, j + 6), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x : tensor<8x12xf32>) outs(%o : tensor<8x6xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<8x6xf32>
  %z = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%y : tensor<8x6xf32>) outs(%o : tensor<8x6xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<8x6xf32>
  func.return %z : tensor<8x6xf32>
}
// RUN-VALUE: @slice([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]) == [[24.0, 28.0, 32.0, 36.0, 40.0, 44.0], [4.0, 4.0, 4.0, 4.0, 4.0, 4.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]

// Two parts of 3 lanes taken in turn, at once: each part goes to every second lane.
// CHECK-LABEL: @shuffle
// CHECK: arith.constant dense<[0, -1, 1, -1, 2, -1]> : tensor<6xi64>
// CHECK: %[[A:.*]] = structured.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x3xf32>, tensor<3x6xf32>)
// CHECK: arith.constant dense<[-1, 0, -1, 1, -1, 2]> : tensor<6xi64>
// CHECK: structured.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<4x3xf32>, tensor<3x6xf32>)
// CHECK: } epilogue ins(%[[A2:.*]] : tensor<4x6xf32>) maps [(d0, d1) -> (d0, d1)] {
func.func @shuffle(%a: tensor<4x3xf32>) -> tensor<4x6xf32> {
  %e = tensor.empty() : tensor<4x3xf32>
  %x = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%a : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<4x3xf32>
  %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x : tensor<4x3xf32>) outs(%e : tensor<4x3xf32>) {
  ^bb0(%v: f32):
    %d = arith.mulf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<4x3xf32>
  %o = tensor.empty() : tensor<4x6xf32>
  %p = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], domain = array<i64: 4, 3>} ins(%x : tensor<4x3xf32>) outs(%o : tensor<4x6xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4x6xf32>
  %q = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j + 3)], iterators = [parallel, parallel], domain = array<i64: 4, 3>} ins(%y : tensor<4x3xf32>) outs(%p : tensor<4x6xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4x6xf32>
  %s = structured.generic {maps = [(i, g, j) -> (i, 3 * g + j), (i, g, j) -> (i, 2 * j + g)], iterators = [parallel, parallel, parallel], domain = array<i64: 4, 2, 3>} ins(%q : tensor<4x6xf32>) outs(%o : tensor<4x6xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4x6xf32>
  %z = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%s : tensor<4x6xf32>) outs(%o : tensor<4x6xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<4x6xf32>
  func.return %z : tensor<4x6xf32>
}

// What an argument holds is the host's, and so is what only the caller reads.
// CHECK-LABEL: @host
// CHECK: d1 + 1
// CHECK: d1 + 2
// CHECK-NOT: arith.constant dense
func.func @host(%a: tensor<4x5xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %o = tensor.empty() : tensor<4x2xf32>
  %p = structured.generic {maps = [(i, j) -> (i, j + 1), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%a : tensor<4x5xf32>) outs(%o : tensor<4x2xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4x2xf32>
  %q = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%p : tensor<4x2xf32>) outs(%o : tensor<4x2xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<4x2xf32>
  %e = tensor.empty() : tensor<4x5xf32>
  %x = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%a : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) {
  ^bb0(%v: f32):
    %d = arith.addf %v, %v : f32
    structured.yield %d : f32
  } -> tensor<4x5xf32>
  %r = structured.generic {maps = [(i, j) -> (i, j + 2), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x2xf32>) {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4x2xf32>
  func.return %q, %r : tensor<4x2xf32>, tensor<4x2xf32>
}
