// RUN: dlir-opt %s --structured-fold-windows='machine=gemmini' | filecheck %s --check-prefix=BOTH
// RUN: dlir-opt %s --structured-fold-windows='machine=gemmini set="dma.bytes_per_cycle=1"' | filecheck %s --check-prefix=WIDTH

// Three channels and a window of 7 x 7: 147 lanes, or, where memory is slow, 21.
// BOTH: 21 * d3 + 3 * d4 + d5
// BOTH: outs({{.*}} : tensor<1x112x112x147xf32>)
// BOTH: ins({{.*}} : tensor<1x112x112x147xf32>, tensor<64x147xf32>)
// WIDTH: 3 * d3 + d4
// WIDTH: outs({{.*}} : tensor<1x224x112x21xf32>)
// WIDTH: ins({{.*}} : tensor<1x224x112x21xf32>, tensor<64x7x21xf32>)
func.func @stem(%x: tensor<1x224x224x3xf32>, %w: tensor<64x3x7x7xf32>) -> tensor<1x112x112x64xf32> {
  %o = tensor.empty() : tensor<1x112x112x64xf32>
  %r = structured.generic {maps = [(n, y, x, o, i, j, c) -> (n, 2 * y + i - 3, 2 * x + j - 3, c), (n, y, x, o, i, j, c) -> (o, c, i, j), (n, y, x, o, i, j, c) -> (n, y, x, o)], iterators = [parallel, parallel, parallel, parallel, reduction, reduction, reduction], init = 0.0 : f32, padding = [0.0 : f32, unit]} ins(%x, %w : tensor<1x224x224x3xf32>, tensor<64x3x7x7xf32>) outs(%o : tensor<1x112x112x64xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<1x112x112x64xf32>
  func.return %r : tensor<1x112x112x64xf32>
}
