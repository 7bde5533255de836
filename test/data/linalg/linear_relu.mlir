// A linear layer and relu, as torch-mlir writes them: the weight is transposed first.
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d1, d0)>
#map2 = affine_map<(d0, d1) -> (d1)>
module attributes {torch.debug_module_name = "Mlp"} {
  ml_program.global private mutable @global_seed(dense<0> : tensor<i64>) : tensor<i64>
  func.func @forward(%arg0: tensor<5x17xf32>, %arg1: tensor<33x17xf32>, %arg2: tensor<33xf32>) -> tensor<5x33xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %0 = tensor.empty() : tensor<17x33xf32>
    %1 = linalg.generic {indexing_maps = [#map1, #map], iterator_types = ["parallel", "parallel"]} ins(%arg1 : tensor<33x17xf32>) outs(%0 : tensor<17x33xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<17x33xf32>
    %2 = tensor.empty() : tensor<5x33xf32>
    %3 = linalg.fill ins(%cst : f32) outs(%2 : tensor<5x33xf32>) -> tensor<5x33xf32>
    %4 = linalg.matmul ins(%arg0, %1 : tensor<5x17xf32>, tensor<17x33xf32>) outs(%3 : tensor<5x33xf32>) -> tensor<5x33xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel"]} ins(%4, %arg2 : tensor<5x33xf32>, tensor<33xf32>) outs(%2 : tensor<5x33xf32>) {
    ^bb0(%in: f32, %in_0: f32, %out: f32):
      %7 = arith.addf %in, %in_0 : f32
      linalg.yield %7 : f32
    } -> tensor<5x33xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%5 : tensor<5x33xf32>) outs(%2 : tensor<5x33xf32>) {
    ^bb0(%in: f32, %out: f32):
      %7 = arith.cmpf ugt, %in, %cst : f32
      %8 = arith.select %7, %in, %cst : f32
      linalg.yield %8 : f32
    } -> tensor<5x33xf32>
    return %6 : tensor<5x33xf32>
  }
}
