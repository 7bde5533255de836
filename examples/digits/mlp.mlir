// A network of three layers for scikit-learn's digits: rows of 64 pixels to scores of 10 digits.
// The weights in mlp.safetensors were made by train.py.
func.func @main(%pixels: tensor<?x64xf32>) -> tensor<?x10xf32> {
  %w1 = dl.param "fc1.weight" : tensor<64x64xf32>
  %b1 = dl.param "fc1.bias" : tensor<64xf32>
  %0 = dl.matmul %pixels, %w1 acc f32 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = dl.add %0, %b1 : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  %2 = dl.relu %1 : tensor<?x64xf32>

  %w2 = dl.param "fc2.weight" : tensor<64x32xf32>
  %b2 = dl.param "fc2.bias" : tensor<32xf32>
  %3 = dl.matmul %2, %w2 acc f32 : (tensor<?x64xf32>, tensor<64x32xf32>) -> tensor<?x32xf32>
  %4 = dl.add %3, %b2 : (tensor<?x32xf32>, tensor<32xf32>) -> tensor<?x32xf32>
  %5 = dl.relu %4 : tensor<?x32xf32>

  %w3 = dl.param "fc3.weight" : tensor<32x10xf32>
  %b3 = dl.param "fc3.bias" : tensor<10xf32>
  %6 = dl.matmul %5, %w3 acc f32 : (tensor<?x32xf32>, tensor<32x10xf32>) -> tensor<?x10xf32>
  %7 = dl.add %6, %b3 : (tensor<?x10xf32>, tensor<10xf32>) -> tensor<?x10xf32>
  func.return %7 : tensor<?x10xf32>
}
