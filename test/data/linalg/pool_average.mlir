// Average pooling: a sum over windows, divided by how much of a window lies inside.
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @pool(%x: tensor<1x3x9x9xf32>) -> tensor<1x3x5x5xf32> {
  %cst = arith.constant 0.0 : f32
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c9 = arith.constant 9 : index
  %c0 = arith.constant 0 : index
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %cst : f32
  } : tensor<1x3x9x9xf32> to tensor<1x3x11x11xf32>
  %e = tensor.empty() : tensor<1x3x5x5xf32>
  %f = linalg.fill ins(%cst : f32) outs(%e : tensor<1x3x5x5xf32>) -> tensor<1x3x5x5xf32>
  %w = tensor.empty() : tensor<3x3xf32>
  %s = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%p, %w : tensor<1x3x11x11xf32>, tensor<3x3xf32>) outs(%f : tensor<1x3x5x5xf32>) -> tensor<1x3x5x5xf32>
  %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%s : tensor<1x3x5x5xf32>) outs(%e : tensor<1x3x5x5xf32>) {
  ^bb0(%in: f32, %out: f32):
    %h = linalg.index 2 : index
    %v = linalg.index 3 : index
    %h2 = arith.muli %h, %c2 : index
    %h0 = arith.subi %h2, %c1 : index
    %h3 = arith.addi %h0, %c3 : index
    %hs = arith.maxsi %h0, %c0 : index
    %he = arith.minsi %h3, %c9 : index
    %hn = arith.subi %he, %hs : index
    %v2 = arith.muli %v, %c2 : index
    %v0 = arith.subi %v2, %c1 : index
    %v3 = arith.addi %v0, %c3 : index
    %vs = arith.maxsi %v0, %c0 : index
    %ve = arith.minsi %v3, %c9 : index
    %vn = arith.subi %ve, %vs : index
    %n = arith.muli %hn, %vn : index
    %n64 = arith.index_cast %n : index to i64
    %nf = arith.sitofp %n64 : i64 to f32
    %q = arith.divf %in, %nf : f32
    linalg.yield %q : f32
  } -> tensor<1x3x5x5xf32>
  return %r : tensor<1x3x5x5xf32>
}
