// Mean and sum of squared differences in one pass: each looks at the running values before it.
#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>
func.func @f(%x: tensor<4x21xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %z = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r:3 = linalg.generic {indexing_maps = [#in, #out, #out, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x21xf32>) outs(%f, %f, %f : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%in: f32, %n: f32, %mean: f32, %m2: f32):
    %0 = arith.addf %n, %one : f32
    %1 = arith.subf %in, %mean : f32
    %2 = arith.divf %1, %0 : f32
    %3 = arith.addf %mean, %2 : f32
    %4 = arith.subf %in, %3 : f32
    %5 = arith.mulf %1, %4 : f32
    %6 = arith.addf %m2, %5 : f32
    linalg.yield %0, %3, %6 : f32, f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
  return %r#1, %r#2 : tensor<4xf32>, tensor<4xf32>
}
