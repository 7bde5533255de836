// RUN: dlir-opt %s '--structured-interchange=order=2,0,1' --split-input-file --verify-diagnostics | filecheck %s
// RUN: dlir-opt %s --structured-interchange --split-input-file | filecheck %s --check-prefix=SCHEDULE
// RUN: not dlir-opt %s '--structured-interchange=order=0,2' 2>&1 | filecheck %s --check-prefix=WRONG

// WRONG: error: structured-interchange: [0, 2] is not a permutation

// Everything follows: maps, kinds, domain, the schedule's iterators, the epilogue, the index.
// CHECK-LABEL: @follows
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d1, d0), (d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d1, d2)], iterators = [reduction, parallel, parallel], init = 0.000000e+00 : f32, domain = array<i64: 5, -1, -1>, schedule = #structured.schedule<tile = [3, 1, 2], threads = [1]>}
// CHECK: structured.index 0
// CHECK: } epilogue ins(%b : tensor<8xf32>) maps [(d0, d1) -> (d1)] {
// SCHEDULE-LABEL: @follows
// SCHEDULE: iterators = [parallel, parallel, reduction]
func.func @follows(%x: tensor<4x9xf32>, %w: tensor<9x8xf32>, %b: tensor<8xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: -1, -1, 5>,
      schedule = #structured.schedule<tile = [1, 2, 3], threads = [0]>}
      ins(%x, %w : tensor<4x9xf32>, tensor<9x8xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %k = structured.index 2
    %i = arith.index_cast %k : index to i32
    %f = arith.sitofp %i : i32 to f32
    %m = arith.mulf %p, %q : f32
    %n = arith.mulf %m, %f : f32
    %s = arith.addf %acc, %n : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<8xf32>) maps [(m, n) -> (n)] {
  ^bb0(%v: f32, %c: f32):
    %y = arith.addf %v, %c : f32
    structured.yield %y : f32
  } -> tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}

// -----

// Two iterators are no three; without the option, the schedule's order is carried out.
// CHECK-LABEL: @scheduled
// CHECK: maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel], schedule = #structured.schedule<order = [1, 0]>}
// SCHEDULE-LABEL: @scheduled
// SCHEDULE: maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1, d0)], iterators = [parallel, parallel]} ins(%x
func.func @scheduled(%x: tensor<8x4xf32>, %o: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)],
                           iterators = [parallel, parallel],
                           schedule = #structured.schedule<order = [1, 0]>}
      ins(%x : tensor<8x4xf32>) outs(%o : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}

// -----

// On memrefs too. Sums may be taken in any order; this fold may not.
// SCHEDULE-LABEL: @order_matters
func.func @order_matters(%x: memref<4x9x8xf32>, %o: memref<4xf32>) {
  // expected-error@+1 {{this order would change the order of a reduction whose order matters}}
  structured.generic {maps = [(k, i, j) -> (i, j, k), (k, i, j) -> (i)],
                      iterators = [reduction, parallel, reduction], init = 0.0 : f32}
      ins(%x : memref<4x9x8xf32>) outs(%o : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %d = arith.addf %acc, %acc : f32
    %s = arith.addf %d, %a : f32
    structured.yield %s : f32
  }
  func.return
}
