// RUN: dlir-opt %s --dl-decompose | filecheck %s

// The two taps of all rows by one gather; their weighted sum.

// CHECK-LABEL: @resize
// CHECK: dl.gather %x, {{.*}} {axis = 1} : (tensor<?x4x5xf32>, tensor<8x2xi64>) -> tensor<?x8x2x5xf32>
// CHECK: dl.mul {{.*}} : (tensor<?x8x2x5xf32>, tensor<8x2x1xf32>) -> tensor<?x8x2x5xf32>
// CHECK: dl.reduce_sum {{.*}} {axes = [2]} : tensor<?x8x2x5xf32> -> tensor<?x8x5xf32>
func.func @resize(%x: tensor<?x4x5xf32>) -> tensor<?x8x5xf32> {
  %y = dl.resize %x {axes = [1], sizes = [8], mode = "linear"} : tensor<?x4x5xf32> -> tensor<?x8x5xf32>
  func.return %y : tensor<?x8x5xf32>
}

// Pixels are rows of channels; the four taps of a place are gathered together, and zeros stand for
// those around the image.

// CHECK-LABEL: @sample
// CHECK: dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<?x3x4x5xf32> -> tensor<?x4x5x3xf32>
// CHECK: dl.gather {{.*}} {axis = 0} : (tensor<?x3xf32>, tensor<?x42x4xi64>) -> tensor<?x42x4x3xf32>
// CHECK: dl.select {{.*}} : (tensor<?x42x4x1xi1>, tensor<?x42x4x3xf32>, tensor<f32>) -> tensor<?x42x4x3xf32>
// CHECK: dl.reduce_sum {{.*}} {axes = [2]} : tensor<?x42x4x3xf32> -> tensor<?x42x3xf32>
func.func @sample(%x: tensor<?x3x4x5xf32>, %g: tensor<?x6x7x2xf32>) -> tensor<?x3x6x7xf32> {
  %y = dl.grid_sample %x, %g : (tensor<?x3x4x5xf32>, tensor<?x6x7x2xf32>) -> tensor<?x3x6x7xf32>
  func.return %y : tensor<?x3x6x7xf32>
}

// Along the depth a plane is one row; all are images of one channel.

// CHECK-LABEL: @pool
// CHECK: dl.max_pool2d {{.*}} {kernel = [2, 1]} : tensor<6x1x4x30xf32> -> tensor<6x1x3x30xf32>
// CHECK: dl.max_pool2d {{.*}} {kernel = [2, 2]} : tensor<18x1x5x6xf32> -> tensor<18x1x4x5xf32>
func.func @pool(%x: tensor<2x3x4x5x6xf32>) -> tensor<2x3x3x4x5xf32> {
  %y = dl.max_pool3d %x {kernel = [2, 2, 2]} : tensor<2x3x4x5x6xf32> -> tensor<2x3x3x4x5xf32>
  func.return %y : tensor<2x3x3x4x5xf32>
}
