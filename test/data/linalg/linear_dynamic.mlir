// A batch that is not known: sizes are asked, compared and asserted.
#map = affine_map<(d0, d1) -> (d1)>
#map1 = affine_map<(d0, d1) -> (d0, d1)>
func.func @forward(%arg0: tensor<?x13xf32>, %arg1: tensor<13x7xf32>, %arg2: tensor<7xf32>) -> tensor<?x7xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c13 = arith.constant 13 : index
  %cst = arith.constant 0.000000e+00 : f32
  %dim = tensor.dim %arg0, %c0 : tensor<?x13xf32>
  %dim_0 = tensor.dim %arg0, %c1 : tensor<?x13xf32>
  %0 = arith.cmpi eq, %dim_0, %c13 : index
  cf.assert %0, "mismatching contracting dimension for torch.aten.mm"
  %1 = tensor.empty(%dim) : tensor<?x7xf32>
  %2 = linalg.fill ins(%cst : f32) outs(%1 : tensor<?x7xf32>) -> tensor<?x7xf32>
  %3 = linalg.matmul ins(%arg0, %arg1 : tensor<?x13xf32>, tensor<13x7xf32>) outs(%2 : tensor<?x7xf32>) -> tensor<?x7xf32>
  %dim_1 = tensor.dim %3, %c0 : tensor<?x7xf32>
  %4 = tensor.empty(%dim_1) : tensor<?x7xf32>
  %5 = linalg.generic {indexing_maps = [#map1, #map, #map1], iterator_types = ["parallel", "parallel"]} ins(%3, %arg2 : tensor<?x7xf32>, tensor<7xf32>) outs(%4 : tensor<?x7xf32>) {
  ^bb0(%in: f32, %in_2: f32, %out: f32):
    %6 = arith.addf %in, %in_2 : f32
    %7 = math.tanh %6 : f32
    linalg.yield %7 : f32
  } -> tensor<?x7xf32>
  return %5 : tensor<?x7xf32>
}
