// relu(x * w + b): 8 columns in, 16 columns out.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %w = dl.param "fc1.weight" : tensor<8x16xf32>
  %b = dl.param "fc1.bias" : tensor<16xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  %1 = dl.add %0, %b : (tensor<4x16xf32>, tensor<16xf32>) -> tensor<4x16xf32>
  %2 = dl.relu %1 : tensor<4x16xf32>
  func.return %2 : tensor<4x16xf32>
}
