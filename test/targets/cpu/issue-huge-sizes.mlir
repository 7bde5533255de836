// RUN: dlir-opt %s

// A size whose number of bytes wraps around made a small arena, and code wrote behind it.

// RUN-VALUE: @sum(3) == 3.0
// RUN-VALUE: @sum(-1) raises "negative"
// RUN-VALUE[cpu]: @sum(4611686018427387905) raises "too large"
func.func @sum(%n: index) -> tensor<f32> {
  %i = dl.iota axis 0 [%n] : tensor<?xf32>
  %s = dl.softmax %i {axis = 0} : tensor<?xf32>
  %t = dl.mul %s, %i : tensor<?xf32>
  %u = dl.softmax %t {axis = 0} : tensor<?xf32>
  %0 = dl.reduce_sum %u {axes = [0]} : tensor<?xf32> -> tensor<f32>
  %1 = dl.round %0 : tensor<f32>
  %2 = dl.reduce_max %i {axes = [0]} : tensor<?xf32> -> tensor<f32>
  %3 = dl.add %1, %2 : tensor<f32>
  func.return %3 : tensor<f32>
}
