// Arithmetic in bf16 and f16 itself, as torch-mlir writes it: every step is rounded.
#map = affine_map<(d0, d1) -> (d0, d1)>
#map1 = affine_map<(d0, d1) -> (d0)>
func.func @halves(%arg0: tensor<3x17xbf16>, %arg1: tensor<3x17xbf16>, %arg2: tensor<3x17xf16>) -> (tensor<3x17xbf16>, tensor<3x17xf16>, tensor<3xf16>) {
  %cst = arith.constant 1.000000e+00 : bf16
  %cst_0 = arith.constant 0.000000e+00 : f16
  %0 = tensor.empty() : tensor<3x17xbf16>
  %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%arg0, %arg1 : tensor<3x17xbf16>, tensor<3x17xbf16>) outs(%0 : tensor<3x17xbf16>) {
  ^bb0(%in: bf16, %in_1: bf16, %out: bf16):
    %6 = arith.negf %in : bf16
    %7 = math.exp %6 : bf16
    %8 = arith.addf %7, %cst : bf16
    %9 = arith.divf %in_1, %8 : bf16
    linalg.yield %9 : bf16
  } -> tensor<3x17xbf16>
  %2 = tensor.empty() : tensor<3x17xf16>
  %3 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%arg2 : tensor<3x17xf16>) outs(%2 : tensor<3x17xf16>) {
  ^bb0(%in: f16, %out: f16):
    %6 = arith.mulf %in, %in : f16
    %7 = arith.maximumf %6, %cst_0 : f16
    linalg.yield %7 : f16
  } -> tensor<3x17xf16>
  %4 = tensor.empty() : tensor<3xf16>
  %5 = linalg.fill ins(%cst_0 : f16) outs(%4 : tensor<3xf16>) -> tensor<3xf16>
  %10 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction"]} ins(%3 : tensor<3x17xf16>) outs(%5 : tensor<3xf16>) {
  ^bb0(%in: f16, %out: f16):
    %6 = arith.addf %in, %out : f16
    linalg.yield %6 : f16
  } -> tensor<3xf16>
  return %1, %3, %10 : tensor<3x17xbf16>, tensor<3x17xf16>, tensor<3xf16>
}
