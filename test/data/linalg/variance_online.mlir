// A sum and a sum of squares in one op, which do not look at each other; permuted outputs.
func.func @f(%x: tensor<3x14x5xf32>) -> (tensor<5x3xf32>, tensor<3x5xf32>) {
  %z = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<5x3xf32>
  %f0 = linalg.fill ins(%z : f32) outs(%e0 : tensor<5x3xf32>) -> tensor<5x3xf32>
  %e1 = tensor.empty() : tensor<3x5xf32>
  %f1 = linalg.fill ins(%z : f32) outs(%e1 : tensor<3x5xf32>) -> tensor<3x5xf32>
  %r:2 = linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>, affine_map<(a, b, c) -> (c, a)>, affine_map<(a, b, c) -> (a, c)>], iterator_types = ["parallel", "reduction", "parallel"]} ins(%x : tensor<3x14x5xf32>) outs(%f0, %f1 : tensor<5x3xf32>, tensor<3x5xf32>) {
  ^bb0(%in: f32, %s: f32, %q: f32):
    %0 = arith.addf %s, %in : f32
    %1 = arith.mulf %in, %in : f32
    %2 = arith.addf %q, %1 : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<5x3xf32>, tensor<3x5xf32>)
  return %r#0, %r#1 : tensor<5x3xf32>, tensor<3x5xf32>
}
