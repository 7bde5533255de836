func.func @main(%x: tensor<8x1x1008xf32>, %h: tensor<1x1024xf32>) -> tensor<8x1x1024xf32> {
  %w = dl.param "w" : tensor<1024x1008xf32>
  %r = dl.param "r" : tensor<1024x1024xf32>
  %b = dl.param "b" : tensor<1024xf32>
  %y, %n = dl.rnn %x, %w, %r, %b, %b, %h
      : (tensor<8x1x1008xf32>, tensor<1024x1008xf32>, tensor<1024x1024xf32>, tensor<1024xf32>,
         tensor<1024xf32>, tensor<1x1024xf32>) -> (tensor<8x1x1024xf32>, tensor<1x1024xf32>)
  func.return %y : tensor<8x1x1024xf32>
}
