// Reversal through a map that counts down; padding on one side; a trait by its alias.
#flip = {
  indexing_maps = [affine_map<(i, j) -> (i, -j + 7)>, affine_map<(i, j) -> (i, j)>],
  iterator_types = ["parallel", "parallel"],
  doc = "y(i, j) = x(i, 7 - j)"
}
func.func @f(%x: tensor<3x8xf32>, %p: f32, %n: tensor<?x8xf32>) -> (tensor<3x8xf32>, tensor<5x9xf32>, tensor<?x10xf32>) {
  %e = tensor.empty() : tensor<3x8xf32>
  %0 = linalg.generic #flip ins(%x : tensor<3x8xf32>) outs(%e : tensor<3x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<3x8xf32>
  %1 = tensor.pad %x low[2, 0] high[0, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %p : f32
  } : tensor<3x8xf32> to tensor<5x9xf32>
  %one = arith.constant 1.0 : f32
  %2 = tensor.pad %n low[0, 0] high[3, 2] {
  ^bb0(%i: index, %j: index):
    tensor.yield %one : f32
  } : tensor<?x8xf32> to tensor<?x10xf32>
  return %0, %1, %2 : tensor<3x8xf32>, tensor<5x9xf32>, tensor<?x10xf32>
}
