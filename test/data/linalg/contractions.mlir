// Named contractions over one, two and three dimensions.
func.func @f(%a: tensor<7x9xf32>, %b: tensor<2x7x9xf32>, %c: tensor<2x9x4xf32>, %v: tensor<9xf32>, %u: tensor<7xf32>) -> (tensor<7x7xf32>, tensor<2x7x4xf32>, tensor<7xf32>, tensor<9xf32>, tensor<f32>, tensor<2x7xf32>, tensor<7x4xf32>) {
  %z = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<7x7xf32>
  %f0 = linalg.fill ins(%z : f32) outs(%e0 : tensor<7x7xf32>) -> tensor<7x7xf32>
  %0 = linalg.matmul_transpose_b ins(%a, %a : tensor<7x9xf32>, tensor<7x9xf32>) outs(%f0 : tensor<7x7xf32>) -> tensor<7x7xf32>
  %e1 = tensor.empty() : tensor<2x7x4xf32>
  %f1 = linalg.fill ins(%z : f32) outs(%e1 : tensor<2x7x4xf32>) -> tensor<2x7x4xf32>
  %1 = linalg.batch_matmul ins(%b, %c : tensor<2x7x9xf32>, tensor<2x9x4xf32>) outs(%f1 : tensor<2x7x4xf32>) -> tensor<2x7x4xf32>
  %e2 = tensor.empty() : tensor<7xf32>
  %f2 = linalg.fill ins(%z : f32) outs(%e2 : tensor<7xf32>) -> tensor<7xf32>
  %2 = linalg.matvec ins(%a, %v : tensor<7x9xf32>, tensor<9xf32>) outs(%f2 : tensor<7xf32>) -> tensor<7xf32>
  %e3 = tensor.empty() : tensor<9xf32>
  %f3 = linalg.fill ins(%z : f32) outs(%e3 : tensor<9xf32>) -> tensor<9xf32>
  %3 = linalg.vecmat ins(%u, %a : tensor<7xf32>, tensor<7x9xf32>) outs(%f3 : tensor<9xf32>) -> tensor<9xf32>
  %e4 = tensor.empty() : tensor<f32>
  %f4 = linalg.fill ins(%z : f32) outs(%e4 : tensor<f32>) -> tensor<f32>
  %4 = linalg.dot ins(%v, %3 : tensor<9xf32>, tensor<9xf32>) outs(%f4 : tensor<f32>) -> tensor<f32>
  %e5 = tensor.empty() : tensor<2x9xf32>
  %vv = linalg.broadcast ins(%v : tensor<9xf32>) outs(%e5 : tensor<2x9xf32>) dimensions = [0]
  %e6 = tensor.empty() : tensor<2x7xf32>
  %f6 = linalg.fill ins(%z : f32) outs(%e6 : tensor<2x7xf32>) -> tensor<2x7xf32>
  %5 = linalg.batch_matvec ins(%b, %vv : tensor<2x7x9xf32>, tensor<2x9xf32>) outs(%f6 : tensor<2x7xf32>) -> tensor<2x7xf32>
  %e7 = tensor.empty() : tensor<7x4xf32>
  %f7 = linalg.fill ins(%z : f32) outs(%e7 : tensor<7x4xf32>) -> tensor<7x4xf32>
  %6 = linalg.batch_reduce_matmul ins(%b, %c : tensor<2x7x9xf32>, tensor<2x9x4xf32>) outs(%f7 : tensor<7x4xf32>) -> tensor<7x4xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<7x7xf32>, tensor<2x7x4xf32>, tensor<7xf32>, tensor<9xf32>, tensor<f32>, tensor<2x7xf32>, tensor<7x4xf32>
}
