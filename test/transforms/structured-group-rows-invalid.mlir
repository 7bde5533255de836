// RUN: not dlir-opt %s --structured-group-rows 2>&1 | filecheck %s

// CHECK: error: 'structured.generic' has a block of rows of 4,194,304 bytes; 1,048,576 are the most
// CHECK: help: write a smaller 'block'
func.func @f(%q: tensor<2x4096x8xf32>, %k: tensor<2x8x2048xf32>, %v: tensor<2x2048x16xf32>)
    -> tensor<2x4096x16xf32> {
  %e = tensor.empty() : tensor<2x4096x2048xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16],
                                                           block = [512]>}
      ins(%q, %k : tensor<2x4096x8xf32>, tensor<2x8x2048xf32>) outs(%e : tensor<2x4096x2048xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x4096x2048xf32>
  %h = tensor.empty() : tensor<2x4096x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%s, %v : tensor<2x4096x2048xf32>, tensor<2x2048x16xf32>) outs(%h : tensor<2x4096x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x4096x16xf32>
  func.return %y : tensor<2x4096x16xf32>
}
