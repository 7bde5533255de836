// RUN: dlir-opt %s --pass-pipeline='builtin.module(structured-schedule,structured-pack-weights)' | filecheck %s

// Eight neighbours along k share a word; words and scales come in panels of 16 columns. Words hold
// signed numbers of 4 bits with their sign flipped, and become floats below the exponent of a power.
// CHECK-LABEL: func.func @words
// CHECK: [[W:%.*]] = structured.generic {maps = [(d0, d1, d2, d3) -> (8 * d1 + d3, 16 * d0 + d2), (d0, d1, d2, d3) -> (d0, d1, d2)], iterators = [parallel, parallel, parallel, reduction], init = 0 : i32
// CHECK: arith.xori
// CHECK: arith.ori
// CHECK: [[S:%.*]] = structured.generic {{.*}} ins(%s : tensor<8xf32>) outs({{.*}} : tensor<1x16xf32>)
// CHECK: %y = structured.generic {maps = [(d0, d1, d2, d3, d4) -> (d0, 8 * d2 + d4), (d0, d1, d2, d3, d4) -> (d1, d2, d3), (d0, d1, d2, d3, d4) -> (d1, d3), (d0, d1, d2, d3, d4) -> (d0, 16 * d1 + d3)]
// CHECK-SAME: schedule = #structured.schedule<kernel = weight_only, vector = [3, 16], pack = [1, 2]>
// CHECK-SAME: ins(%x, [[W]], [[S]] : tensor<3x64xf32>, tensor<1x8x16xi32>, tensor<1x16xf32>)
// CHECK: structured.index 4
// CHECK: arith.ori {{.*}} : i32
// CHECK-NEXT: arith.bitcast {{.*}} : i32 to f32
// CHECK-NOT: arith.sitofp
// CHECK: arith.subf
func.func @words(%x: tensor<3x64xf32>, %o: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %q = dl.param "w" : tensor<64x8xi8>
  %s = dl.param "s" : tensor<8xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %q, %s : tensor<3x64xf32>, tensor<64x8xi8>, tensor<8xf32>) outs(%o : tensor<3x8xf32>) {
  ^bb0(%a: f32, %b: i8, %c: f32, %acc: f32):
    %four = arith.constant 4 : i8
    %up = arith.shli %b, %four : i8
    %down = arith.shrsi %up, %four : i8
    %i = arith.extsi %down : i8 to i32
    %f = arith.sitofp %i : i32 to f32
    %w = arith.mulf %f, %c : f32
    %p = arith.mulf %a, %w : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<3x8xf32>
  func.return %y : tensor<3x8xf32>
}

// With a zero point, and of 2 bits, two shifts extend a number; 16 of 2 bits share a word.
// CHECK-LABEL: func.func @shifts
// CHECK: tensor<1x4x16xi32>
// CHECK: arith.shli {{.*}} : i32
// CHECK: arith.shrsi {{.*}} : i32
// CHECK: arith.sitofp
func.func @shifts(%x: tensor<3x64xf32>, %o: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %q = dl.param "w" : tensor<64x8xi8>
  %s = dl.param "s" : tensor<8xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %q, %s : tensor<3x64xf32>, tensor<64x8xi8>, tensor<8xf32>) outs(%o : tensor<3x8xf32>) {
  ^bb0(%a: f32, %b: i8, %c: f32, %acc: f32):
    %six = arith.constant 6 : i8
    %up = arith.shli %b, %six : i8
    %down = arith.shrsi %up, %six : i8
    %i = arith.extsi %down : i8 to i32
    %f = arith.sitofp %i : i32 to f32
    %w = arith.mulf %f, %c : f32
    %p = arith.mulf %a, %w : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<3x8xf32>
  func.return %y : tensor<3x8xf32>
}

// Bytes stay bytes. Many rows: a panel is dequantised into a buffer.
// CHECK-LABEL: func.func @bytes
// CHECK: kernel = weight_only, vector = [5, 64], pack = [1, 2], buffer = [9]>
// CHECK-SAME: tensor<1x64x64xi8>
func.func @bytes(%x: tensor<70x64xf32>, %o: tensor<70x64xf32>) -> tensor<70x64xf32> {
  %q = dl.param "w" : tensor<64x64xi8>
  %s = dl.param "s" : tensor<64xf32>
  %y = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (n), (m, n, k) -> (m, n)], iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %q, %s : tensor<70x64xf32>, tensor<64x64xi8>, tensor<64xf32>) outs(%o : tensor<70x64xf32>) {
  ^bb0(%a: f32, %b: i8, %c: f32, %acc: f32):
    %i = arith.extsi %b : i8 to i32
    %f = arith.sitofp %i : i32 to f32
    %w = arith.mulf %f, %c : f32
    %p = arith.mulf %a, %w : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<70x64xf32>
  func.return %y : tensor<70x64xf32>
}
