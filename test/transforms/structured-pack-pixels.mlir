// RUN: dlir-opt %s --structured-pack-pixels='machine=gemmini set="array.rows=32;array.cols=32"' | filecheck %s
// RUN: dlir-opt %s --structured-pack-pixels='machine=gemmini' | filecheck %s --check-prefix=NARROW
// RUN: dlir-opt %s --structured-pack-pixels='machine=gemmini set="array.rows=32;array.cols=32;dma.bytes_per_cycle=0.5"' | filecheck %s --check-prefix=SLOW

// Four pixels of 8 channels make a row of 32 lanes between the two convolutions.
// CHECK: outs({{.*}} : tensor<1x4x2x32xf32>)
// CHECK: (d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, 4 * d2 + d3, d4)
// CHECK: outs({{.*}} : tensor<1x4x8x32xf32>)
// NARROW: outs({{.*}} : tensor<1x4x4x16xf32>)
// Where weights come slower than they are used, zeros between them cost more than is gained.
// SLOW: outs({{.*}} : tensor<1x4x8x8xf32>)
func.func @chain(%x: tensor<1x4x8x32xf32>) -> tensor<1x4x8x32xf32> {
  %w = dl.param "w" : tensor<8x32xf32>
  %v = dl.param "v" : tensor<32x8x3xf32>
  %o = tensor.empty() : tensor<1x4x8x8xf32>
  %y = structured.generic {maps = [(n, y, x, o, c) -> (n, y, x, c), (n, y, x, o, c) -> (o, c), (n, y, x, o, c) -> (n, y, x, o)], iterators = [parallel, parallel, parallel, parallel, reduction], init = 0.0 : f32} ins(%x, %w : tensor<1x4x8x32xf32>, tensor<8x32xf32>) outs(%o : tensor<1x4x8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<1x4x8x8xf32>
  %q = tensor.empty() : tensor<1x4x8x32xf32>
  %z = structured.generic {maps = [(n, y, x, o, j, c) -> (n, y, x + j - 1, c), (n, y, x, o, j, c) -> (o, c, j), (n, y, x, o, j, c) -> (n, y, x, o)], iterators = [parallel, parallel, parallel, parallel, reduction, reduction], init = 0.0 : f32, padding = [0.0 : f32, unit]} ins(%y, %v : tensor<1x4x8x8xf32>, tensor<32x8x3xf32>) outs(%q : tensor<1x4x8x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<1x4x8x32xf32>
  func.return %z : tensor<1x4x8x32xf32>
}
