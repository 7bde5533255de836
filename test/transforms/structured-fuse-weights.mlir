// RUN: dlir-opt %s --split-input-file --structured-fuse-weights | filecheck %s

// The contraction reads the integers and the scales of their columns.
// CHECK-LABEL: func.func @columns
// CHECK-NOT: tensor<64x80xf32>
// CHECK: %y = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d1), (d0, d1, d2) -> (d0, d1)]
// CHECK-SAME: ins(%x, %q, %s : tensor<3x64xf32>, tensor<64x80xi8>, tensor<80xf32>)
// CHECK: arith.extsi
// CHECK: [[W:%.*]] = arith.mulf
// CHECK: [[P:%.*]] = arith.mulf {{%.*}}, [[W]] : f32
// CHECK: arith.addf {{%.*}}, [[P]] : f32
func.func @columns(%x: tensor<3x64xf32>) -> tensor<3x80xf32> {
  %q = dl.param "w" : tensor<64x80xi8>
  %s = dl.param "s" : tensor<80xf32>
  %e = tensor.empty() : tensor<64x80xf32>
  %w = structured.generic {maps = [(k, n) -> (k, n), (k, n) -> (n), (k, n) -> (k, n)], iterators = [parallel, parallel]}
      ins(%q, %s : tensor<64x80xi8>, tensor<80xf32>) outs(%e : tensor<64x80xf32>) {
  ^bb0(%a: i8, %b: f32):
    %i = arith.extsi %a : i8 to i32
    %f = arith.sitofp %i : i32 to f32
    %r = arith.mulf %f, %b : f32
    structured.yield %r : f32
  } -> tensor<64x80xf32>
  %o = tensor.empty() : tensor<3x80xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<3x64xf32>, tensor<64x80xf32>) outs(%o : tensor<3x80xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<3x80xf32>
  func.return %y : tensor<3x80xf32>
}

// -----

// Blocks of 32 places along the sum: its iterator is divided.
// CHECK-LABEL: func.func @blocks
// CHECK-NOT: structured.reshape
// CHECK: maps = [(d0, d1, d2, d3) -> (d0, 32 * d2 + d3), (d0, d1, d2, d3) -> (32 * d2 + d3, d1), (d0, d1, d2, d3) -> (d2, d1), (d0, d1, d2, d3) -> (d0, d1)]
// CHECK-SAME: iterators = [parallel, parallel, reduction, reduction]
// CHECK-SAME: domain = array<i64: -1, 80, 2, 32>
// CHECK-SAME: ins(%x, %q, %s : tensor<?x64xf32>, tensor<64x80xi8>, tensor<2x80xf32>)
func.func @blocks(%x: tensor<?x64xf32>, %o: tensor<?x80xf32>) -> tensor<?x80xf32> {
  %q = dl.param "w" : tensor<64x80xi8>
  %s = dl.param "s" : tensor<2x80xf32>
  %e = tensor.empty() : tensor<2x32x80xf32>
  %v = structured.generic {maps = [(b, i, n) -> (32 * b + i, n), (b, i, n) -> (b, n), (b, i, n) -> (b, i, n)], iterators = [parallel, parallel, parallel], padding = [0 : i8, unit]}
      ins(%q, %s : tensor<64x80xi8>, tensor<2x80xf32>) outs(%e : tensor<2x32x80xf32>) {
  ^bb0(%a: i8, %b: f32):
    %f = arith.sitofp %a : i8 to f32
    %r = arith.mulf %f, %b : f32
    structured.yield %r : f32
  } -> tensor<2x32x80xf32>
  %w = structured.reshape %v : tensor<2x32x80xf32> to tensor<64x80xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<?x64xf32>, tensor<64x80xf32>) outs(%o : tensor<?x80xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<?x80xf32>
  func.return %y : tensor<?x80xf32>
}

// -----

// What is made wider at run time, and weights that are not made wider, stay ops of their own.
// CHECK-LABEL: func.func @kept
// CHECK: %w = structured.generic
// CHECK: ins(%x, %w : tensor<3x64xf32>, tensor<64x80xf32>)
// CHECK: %v = structured.generic
// CHECK: ins(%y, %v : tensor<3x80xf32>, tensor<80x5xf32>)
func.func @kept(%x: tensor<3x64xf32>, %q: tensor<64x80xi8>) -> tensor<3x5xf32> {
  %e = tensor.empty() : tensor<64x80xf32>
  %w = structured.generic {maps = [(k, n) -> (k, n), (k, n) -> (k, n)], iterators = [parallel, parallel]}
      ins(%q : tensor<64x80xi8>) outs(%e : tensor<64x80xf32>) {
  ^bb0(%a: i8):
    %f = arith.sitofp %a : i8 to f32
    structured.yield %f : f32
  } -> tensor<64x80xf32>
  %o = tensor.empty() : tensor<3x80xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<3x64xf32>, tensor<64x80xf32>) outs(%o : tensor<3x80xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<3x80xf32>
  %g = dl.param "g" : tensor<80x5xf32>
  %d = tensor.empty() : tensor<80x5xf32>
  %v = structured.generic {maps = [(k, n) -> (k, n), (k, n) -> (k, n)], iterators = [parallel, parallel]}
      ins(%g : tensor<80x5xf32>) outs(%d : tensor<80x5xf32>) {
  ^bb0(%a: f32):
    %f = arith.addf %a, %a : f32
    structured.yield %f : f32
  } -> tensor<80x5xf32>
  %u = tensor.empty() : tensor<3x5xf32>
  %z = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%y, %v : tensor<3x80xf32>, tensor<80x5xf32>) outs(%u : tensor<3x5xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<3x5xf32>
  func.return %z : tensor<3x5xf32>
}
