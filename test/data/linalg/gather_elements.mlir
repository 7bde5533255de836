// torch.gather along dimension 1: single elements at a place that is part data, part iterator.
#map = affine_map<(d0, d1) -> (d0, d1)>
// INPUT 1: 0 9
func.func @gather(%arg0: tensor<4x9xf32>, %arg1: tensor<4x5xi64>) -> tensor<4x5xf32> {
  %0 = tensor.empty() : tensor<4x5xf32>
  %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%arg1 : tensor<4x5xi64>) outs(%0 : tensor<4x5xf32>) {
  ^bb0(%in: i64, %out: f32):
    %2 = arith.index_cast %in : i64 to index
    %3 = linalg.index 0 : index
    %extracted = tensor.extract %arg0[%3, %2] : tensor<4x9xf32>
    linalg.yield %extracted : f32
  } -> tensor<4x5xf32>
  return %1 : tensor<4x5xf32>
}
