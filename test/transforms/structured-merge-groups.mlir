// RUN: dlir-opt %s --structured-merge-groups='machine=gemmini' | filecheck %s

// Eight groups of 4 channels to 8: four at a time, with weights of 16 x 32 that are mostly 0.
// CHECK: arith.cmpi eq
// CHECK: tensor<2x16x32xf32>
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d0, 16 * d1 + d3), (d0, d1, d2, d3) -> (d1, d3, d2), (d0, d1, d2, d3) -> (d0, 32 * d1 + d2)]
func.func @groups(%x: tensor<5x32xf32>) -> tensor<5x64xf32> {
  %w = dl.param "w" : tensor<8x8x4xf32>
  %o = tensor.empty() : tensor<5x64xf32>
  %y = structured.generic {maps = [(y, g, o, c) -> (y, 4 * g + c), (y, g, o, c) -> (g, o, c), (y, g, o, c) -> (y, 8 * g + o)], iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32, domain = array<i64: 5, 8, 8, 4>} ins(%x, %w : tensor<5x32xf32>, tensor<8x8x4xf32>) outs(%o : tensor<5x64xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<5x64xf32>
  func.return %y : tensor<5x64xf32>
}
