// A causal mask from positions, and a tensor from scalars.
#map = affine_map<(d0, d1) -> (d0, d1)>
func.func @f(%x: tensor<9x9xf32>, %a: f32, %b: f32) -> (tensor<9x9xf32>, tensor<2xf32>) {
  %neg = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<9x9xf32>
  %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<9x9xf32>) outs(%e : tensor<9x9xf32>) {
  ^bb0(%in: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %p = arith.cmpi sle, %j, %i : index
    %v = arith.select %p, %in, %neg : f32
    linalg.yield %v : f32
  } -> tensor<9x9xf32>
  %t = tensor.from_elements %a, %b : tensor<2xf32>
  return %r, %t : tensor<9x9xf32>, tensor<2xf32>
}
