func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %minus = dl.neg %x : tensor<?xf32>
  %plus = dl.neg %minus : tensor<?xf32>
  %y = dl.mul %plus, %x : tensor<?xf32>
  func.return %y : tensor<?xf32>
}
