// Nearest neighbours: places are computed in floats, of iterators alone.
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @upsample(%arg0: tensor<1x2x5x7xf32>) -> tensor<1x2x10x21xf32> {
  %cst = arith.constant 2.000000e+00 : f32
  %cst_0 = arith.constant 3.000000e+00 : f32
  %0 = tensor.empty() : tensor<1x2x10x21xf32>
  %1 = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%0 : tensor<1x2x10x21xf32>) {
  ^bb0(%out: f32):
    %2 = linalg.index 0 : index
    %3 = linalg.index 1 : index
    %4 = linalg.index 2 : index
    %5 = linalg.index 3 : index
    %6 = arith.index_cast %4 : index to i64
    %7 = arith.sitofp %6 : i64 to f32
    %8 = arith.divf %7, %cst : f32
    %9 = math.floor %8 : f32
    %10 = arith.fptosi %9 : f32 to i64
    %11 = arith.index_cast %10 : i64 to index
    %12 = arith.index_cast %5 : index to i64
    %13 = arith.sitofp %12 : i64 to f32
    %14 = arith.divf %13, %cst_0 : f32
    %15 = math.floor %14 : f32
    %16 = arith.fptosi %15 : f32 to i64
    %17 = arith.index_cast %16 : i64 to index
    %extracted = tensor.extract %arg0[%2, %3, %11, %17] : tensor<1x2x5x7xf32>
    linalg.yield %extracted : f32
  } -> tensor<1x2x10x21xf32>
  return %1 : tensor<1x2x10x21xf32>
}
