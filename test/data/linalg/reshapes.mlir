// Views: dimensions split, joined, and given by a tensor of sizes.
func.func @f(%x: tensor<?x12xf32>, %s: tensor<f32>) -> (tensor<?x3x4xf32>, tensor<?xf32>, tensor<1x1xf32>, tensor<?x6xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %d = tensor.dim %x, %c0 : tensor<?x12xf32>
  %0 = tensor.expand_shape %x [[0], [1, 2]] output_shape [%d, 3, 4] : tensor<?x12xf32> into tensor<?x3x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1, 2]] : tensor<?x3x4xf32> into tensor<?xf32>
  %2 = tensor.expand_shape %s [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
  %d2 = arith.muli %d, %c2 : index
  %sizes = tensor.from_elements %d2, %c6 : tensor<2xindex>
  %3 = tensor.reshape %x(%sizes) : (tensor<?x12xf32>, tensor<2xindex>) -> tensor<?x6xf32>
  return %0, %1, %2, %3 : tensor<?x3x4xf32>, tensor<?xf32>, tensor<1x1xf32>, tensor<?x6xf32>
}
