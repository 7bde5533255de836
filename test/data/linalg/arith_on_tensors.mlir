// arith and math on whole tensors, as mlir-opt has them before they become linalg.
func.func @f(%x: tensor<4x10xf32>, %y: tensor<4x10xf32>) -> (tensor<4x10xf32>, tensor<4x10xi32>) {
  %c = arith.constant dense<2.0> : tensor<4x10xf32>
  %0 = arith.addf %x, %c : tensor<4x10xf32>
  %1 = math.exp %y : tensor<4x10xf32>
  %2 = arith.cmpf olt, %0, %1 : tensor<4x10xf32>
  %3 = arith.select %2, %0, %1 : tensor<4x10xi1>, tensor<4x10xf32>
  %4 = arith.fptosi %3 : tensor<4x10xf32> to tensor<4x10xi32>
  return %3, %4 : tensor<4x10xf32>, tensor<4x10xi32>
}
