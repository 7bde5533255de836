// linalg.map, linalg.reduce and linalg.transpose, with bodies in one word and written out.
func.func @f(%a: tensor<4x5x6xf32>, %b: tensor<4x5x6xf32>, %start: tensor<5xf32>) -> (tensor<5xf32>, tensor<6x4x5xf32>, tensor<4x6xi32>) {
  %e = tensor.empty() : tensor<4x5x6xf32>
  %0 = linalg.map { arith.mulf } ins(%a, %b : tensor<4x5x6xf32>, tensor<4x5x6xf32>) outs(%e : tensor<4x5x6xf32>)
  %1 = linalg.map ins(%0 : tensor<4x5x6xf32>) outs(%e : tensor<4x5x6xf32>)
    (%in: f32) {
      %t = arith.constant 2.0 : f32
      %u = arith.addf %in, %t : f32
      linalg.yield %u : f32
    }
  %2 = linalg.reduce { arith.addf } ins(%1 : tensor<4x5x6xf32>) outs(%start : tensor<5xf32>) dimensions = [0, 2]
  %e1 = tensor.empty() : tensor<6x4x5xf32>
  %3 = linalg.transpose ins(%1 : tensor<4x5x6xf32>) outs(%e1 : tensor<6x4x5xf32>) permutation = [2, 0, 1]
  %zero = arith.constant 0 : i32
  %e2 = tensor.empty() : tensor<4x6xi32>
  %f2 = linalg.fill ins(%zero : i32) outs(%e2 : tensor<4x6xi32>) -> tensor<4x6xi32>
  %4 = linalg.reduce ins(%a : tensor<4x5x6xf32>) outs(%f2 : tensor<4x6xi32>) dimensions = [1]
    (%in: f32, %init: i32) {
      %z = arith.constant 0.0 : f32
      %p = arith.cmpf ogt, %in, %z : f32
      %n = arith.extui %p : i1 to i32
      %s = arith.addi %init, %n : i32
      linalg.yield %s : i32
    }
  return %2, %3, %4 : tensor<5xf32>, tensor<6x4x5xf32>, tensor<4x6xi32>
}
