// Rows of a table: the body asserts the range of an index and reads the table with it.
#map = affine_map<(d0, d1, d2) -> (d0, d1)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// INPUT 1: 0 11
func.func @embedding(%arg0: tensor<11x6xf32>, %arg1: tensor<?x4xi64>) -> tensor<?x4x6xf32> {
  %c0 = arith.constant 0 : index
  %c0_i64 = arith.constant 0 : i64
  %c11_i64 = arith.constant 11 : i64
  %dim = tensor.dim %arg1, %c0 : tensor<?x4xi64>
  %0 = tensor.empty(%dim) : tensor<?x4x6xf32>
  %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg1 : tensor<?x4xi64>) outs(%0 : tensor<?x4x6xf32>) {
  ^bb0(%in: i64, %out: f32):
    %2 = arith.cmpi slt, %in, %c11_i64 : i64
    cf.assert %2, "index must be smaller than dim size"
    %3 = arith.cmpi sge, %in, %c0_i64 : i64
    cf.assert %3, "index must be larger or equal to 0"
    %4 = arith.index_cast %in : i64 to index
    %5 = linalg.index 2 : index
    %extracted = tensor.extract %arg0[%4, %5] : tensor<11x6xf32>
    linalg.yield %extracted : f32
  } -> tensor<?x4x6xf32>
  return %1 : tensor<?x4x6xf32>
}
