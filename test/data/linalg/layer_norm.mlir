// Mean, variance and the norm with reductions that keep a dimension of size 1.
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d0, 0)>
#map2 = affine_map<(d0, d1) -> (d1)>
func.func @layer_norm(%arg0: tensor<7x24xf32>, %arg1: tensor<24xf32>, %arg2: tensor<24xf32>) -> tensor<7x24xf32> {
  %cst = arith.constant 0.000000e+00 : f32
  %cst_0 = arith.constant 2.400000e+01 : f32
  %cst_1 = arith.constant 9.99999974E-6 : f32
  %0 = tensor.empty() : tensor<7x1xf32>
  %1 = linalg.fill ins(%cst : f32) outs(%0 : tensor<7x1xf32>) -> tensor<7x1xf32>
  %2 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<7x24xf32>) outs(%1 : tensor<7x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %9 = arith.addf %in, %out : f32
    linalg.yield %9 : f32
  } -> tensor<7x1xf32>
  %3 = linalg.generic {indexing_maps = [#map1, #map], iterator_types = ["parallel", "parallel"]} ins(%2 : tensor<7x1xf32>) outs(%0 : tensor<7x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %9 = arith.divf %in, %cst_0 : f32
    linalg.yield %9 : f32
  } -> tensor<7x1xf32>
  %4 = tensor.empty() : tensor<7x24xf32>
  %5 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel"]} ins(%arg0, %3 : tensor<7x24xf32>, tensor<7x1xf32>) outs(%4 : tensor<7x24xf32>) {
  ^bb0(%in: f32, %in_2: f32, %out: f32):
    %9 = arith.subf %in, %in_2 : f32
    linalg.yield %9 : f32
  } -> tensor<7x24xf32>
  %6 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction"]} ins(%5 : tensor<7x24xf32>) outs(%1 : tensor<7x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %9 = arith.mulf %in, %in : f32
    %10 = arith.addf %9, %out : f32
    linalg.yield %10 : f32
  } -> tensor<7x1xf32>
  %7 = linalg.generic {indexing_maps = [#map1, #map], iterator_types = ["parallel", "parallel"]} ins(%6 : tensor<7x1xf32>) outs(%0 : tensor<7x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %9 = arith.divf %in, %cst_0 : f32
    %10 = arith.addf %9, %cst_1 : f32
    %11 = math.rsqrt %10 : f32
    linalg.yield %11 : f32
  } -> tensor<7x1xf32>
  %8 = linalg.generic {indexing_maps = [#map, #map1, #map2, #map2, #map], iterator_types = ["parallel", "parallel"]} ins(%5, %7, %arg1, %arg2 : tensor<7x24xf32>, tensor<7x1xf32>, tensor<24xf32>, tensor<24xf32>) outs(%4 : tensor<7x24xf32>) {
  ^bb0(%in: f32, %in_2: f32, %in_3: f32, %in_4: f32, %out: f32):
    %9 = arith.mulf %in, %in_2 : f32
    %10 = arith.mulf %9, %in_3 : f32
    %11 = arith.addf %10, %in_4 : f32
    linalg.yield %11 : f32
  } -> tensor<7x24xf32>
  return %8 : tensor<7x24xf32>
}
