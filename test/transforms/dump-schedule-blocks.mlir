// What makes scores for another contraction says how many rows of them there are at a time.
// RUN: dlir-opt %s --structured-schedule --dump-schedule{file=%t} -o /dev/null && filecheck %s --input-file=%t

// CHECK: contraction [2, 128, 16, sum 96]
// CHECK-NEXT: <kernel = contraction, vector = [30, 16]>
// CHECK-NEXT: contraction [2, 128, 96, sum 8]
// CHECK-NEXT: <kernel = contraction, vector = [13, 32], block = [52]>
// CHECK-NOT: <
func.func @f(%q: tensor<2x128x8xf32>, %k: tensor<2x8x96xf32>, %v: tensor<2x96x16xf32>)
    -> tensor<2x128x16xf32> {
  %e = tensor.empty() : tensor<2x128x96xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32}
      ins(%q, %k : tensor<2x128x8xf32>, tensor<2x8x96xf32>) outs(%e : tensor<2x128x96xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x128x96xf32>
  %h = tensor.empty() : tensor<2x128x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32}
      ins(%s, %v : tensor<2x128x96xf32>, tensor<2x96x16xf32>) outs(%h : tensor<2x128x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x128x16xf32>
  func.return %y : tensor<2x128x16xf32>
}
