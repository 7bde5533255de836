// A dense layer whose result is read by two ops, and normalised row by row.
func.func @main(%x: tensor<128x768xf32>, %w: tensor<768x768xf32>, %b: tensor<768xf32>)
    -> (tensor<128x768xf32>, tensor<128xf32>, tensor<768x128xf32>) {
  %m = dl.matmul %x, %w acc f32 : (tensor<128x768xf32>, tensor<768x768xf32>) -> tensor<128x768xf32>
  %a = dl.add %m, %b : (tensor<128x768xf32>, tensor<768xf32>) -> tensor<128x768xf32>
  %p = dl.softmax %a {axis = 1} : tensor<128x768xf32>
  %r = dl.abs %x : tensor<128x768xf32>
  %s = dl.mul %r, %p : (tensor<128x768xf32>, tensor<128x768xf32>) -> tensor<128x768xf32>
  %t = dl.reduce_max %r {axes = [1]} : tensor<128x768xf32> -> tensor<128xf32>
  %u = dl.transpose %s {perm = [1, 0]} : tensor<128x768xf32> -> tensor<768x128xf32>
  func.return %s, %t, %u : tensor<128x768xf32>, tensor<128xf32>, tensor<768x128xf32>
}
