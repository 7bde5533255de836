// RUN: dlir-opt %s --dl-decompose | filecheck %s

// 128 numbers are 64 pairs: transforms of 64, a rotation of each number, and transforms of 2.

// CHECK-LABEL: @dft
// CHECK: dl.reshape {{.*}} : tensor<3x128xf32> -> tensor<3x64x2xf32>
// CHECK: dl.matmul {{.*}} : (tensor<64x64xf32>, tensor<3x64x2xf32>) -> tensor<3x64x2xf32>
// CHECK: dl.mul {{.*}} : (tensor<3x64x2xf32>, tensor<64x2xf32>) -> tensor<3x64x2xf32>
// CHECK: dl.matmul {{.*}} : (tensor<192x2xf32>, tensor<2x2xf32>) -> tensor<192x2xf32>
// CHECK: dl.transpose {{.*}} {perm = [0, 2, 1]} : tensor<3x64x2xf32> -> tensor<3x2x64xf32>
func.func @dft(%x: tensor<3x128x2xf32>) -> tensor<3x128x2xf32> {
  %y = dl.dft %x {axis = 1} : tensor<3x128x2xf32>
  func.return %y : tensor<3x128x2xf32>
}

// The row with the largest first element is the pivot's; an exchange changes the sign.

// CHECK-LABEL: @det
// CHECK: %[[F:.*]] = dl.slice %x {offsets = [0, 0], strides = [1, 1]} : tensor<2x2xf32> -> tensor<2x1xf32>
// CHECK: %[[A:.*]] = dl.abs %[[F]]
// CHECK: %[[M:.*]] = dl.reduce_max %[[A]] {axes = [0], keepdims}
// CHECK: dl.compare eq, %[[A]], %[[M]]
// CHECK: dl.reduce_min {{.*}} {axes = [0], keepdims} : tensor<2x1xi64> -> tensor<1x1xi64>
// CHECK: dl.reduce_sum {{.*}} {axes = [0], keepdims} : tensor<2x2xf32> -> tensor<1x2xf32>
// CHECK: dl.div
// CHECK: dl.select {{.*}} : (tensor<1x1xi1>, tensor<f32>, tensor<f32>) -> tensor<1x1xf32>
// CHECK: dl.reshape {{.*}} : tensor<1x1xf32> -> tensor<f32>
func.func @det(%x: tensor<2x2xf32>) -> tensor<f32> {
  %y = dl.det %x : tensor<2x2xf32> -> tensor<f32>
  func.return %y : tensor<f32>
}
