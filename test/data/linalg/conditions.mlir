// Bodies that choose, one choice inside of another.
func.func @f(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x9xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x9xf32>) outs(%e : tensor<4x9xf32>) {
  ^bb0(%in: f32, %out: f32):
    %p = arith.cmpf olt, %in, %zero : f32
    %r = scf.if %p -> (f32) {
      %n = arith.negf %in : f32
      %q = arith.cmpf ogt, %n, %one : f32
      %s = scf.if %q -> (f32) {
        scf.yield %one : f32
      } else {
        scf.yield %n : f32
      }
      scf.yield %s : f32
    } else {
      %m = arith.mulf %in, %in : f32
      scf.yield %m : f32
    }
    linalg.yield %r : f32
  } -> tensor<4x9xf32>
  return %y : tensor<4x9xf32>
}
