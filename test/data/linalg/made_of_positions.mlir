// Tensors made by positions and by single elements.
func.func @f(%n: tensor<?x4xf32>, %k: f32, %at: tensor<3xf32>) -> (tensor<?x4xf32>, tensor<3xf32>, tensor<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %d = tensor.dim %n, %c0 : tensor<?x4xf32>
  %0 = tensor.generate %d {
  ^bb0(%i: index, %j: index):
    %s = arith.addi %i, %j : index
    %w = arith.index_cast %s : index to i32
    %f = arith.sitofp %w : i32 to f32
    %m = arith.mulf %f, %k : f32
    tensor.yield %m : f32
  } : tensor<?x4xf32>
  %1 = tensor.insert %k into %at[%c1] : tensor<3xf32>
  %e = tensor.empty() : tensor<f32>
  %2 = tensor.insert %k into %e[] : tensor<f32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<3xf32>, tensor<f32>
}
