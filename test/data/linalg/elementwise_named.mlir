// Named elementwise ops, one after the other.
func.func @ops(%a: tensor<3x17xf32>, %b: tensor<3x17xf32>, %p: tensor<3x17xi1>) -> tensor<3x17xf32> {
  %e = tensor.empty() : tensor<3x17xf32>
  %0 = linalg.add ins(%a, %b : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %1 = linalg.sub ins(%0, %b : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %2 = linalg.mul ins(%1, %0 : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %3 = linalg.exp ins(%1 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %4 = linalg.div ins(%2, %3 : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %5 = linalg.abs ins(%4 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %6 = linalg.sqrt ins(%5 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %7 = linalg.max ins(%6, %b : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %8 = linalg.min ins(%7, %a : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %9 = linalg.negf ins(%8 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %10 = linalg.tanh ins(%9 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %11 = linalg.square ins(%10 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %12 = linalg.floor ins(%a : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %13 = linalg.ceil ins(%b : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %14 = linalg.add ins(%12, %13 : tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %15 = linalg.erf ins(%14 : tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  %16 = linalg.select ins(%p, %11, %15 : tensor<3x17xi1>, tensor<3x17xf32>, tensor<3x17xf32>) outs(%e : tensor<3x17xf32>) -> tensor<3x17xf32>
  return %16 : tensor<3x17xf32>
}
