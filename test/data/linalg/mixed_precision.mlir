// Products of f16 added up in f32, of i8 in i32, of unsigned i8.
func.func @f(%a: tensor<5x16xf16>, %b: tensor<16x3xf16>, %c: tensor<5x16xi8>, %d: tensor<16x3xi8>) -> (tensor<5x3xf32>, tensor<5x3xi32>, tensor<5x3xi32>) {
  %z = arith.constant 0.0 : f32
  %zi = arith.constant 0 : i32
  %e = tensor.empty() : tensor<5x3xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<5x3xf32>) -> tensor<5x3xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<5x16xf16>, tensor<16x3xf16>) outs(%f : tensor<5x3xf32>) -> tensor<5x3xf32>
  %ei = tensor.empty() : tensor<5x3xi32>
  %fi = linalg.fill ins(%zi : i32) outs(%ei : tensor<5x3xi32>) -> tensor<5x3xi32>
  %1 = linalg.matmul ins(%c, %d : tensor<5x16xi8>, tensor<16x3xi8>) outs(%fi : tensor<5x3xi32>) -> tensor<5x3xi32>
  %2 = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%c, %d : tensor<5x16xi8>, tensor<16x3xi8>) outs(%fi : tensor<5x3xi32>) -> tensor<5x3xi32>
  return %0, %1, %2 : tensor<5x3xf32>, tensor<5x3xi32>, tensor<5x3xi32>
}
