// RUN: dlir-opt %s

// An argument of rank 0 was made one of rank 1.

// RUN-VALUE: @pick([1, 2, 3], 1) == 2
// RUN-VALUE: @pick([1, 2, 3], -1) == 3
// RUN-VALUE: @pick([1, 2, 3], 3) raises "index"
func.func @pick(%x: tensor<3xf32>, %i: tensor<i64>) -> tensor<f32> {
  %r = dl.gather %x, %i {axis = 0} : (tensor<3xf32>, tensor<i64>) -> tensor<f32>
  func.return %r : tensor<f32>
}
