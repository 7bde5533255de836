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

// One axis after the other, what lies within a place as channels; the last axis comes to the front.

// CHECK-LABEL: @pool
// CHECK: dl.max_pool2d {{.*}} {kernel = [2, 1], layout = "nhwc"} : tensor<6x4x1x30xf32> -> tensor<6x3x1x30xf32>
// CHECK: dl.max_pool2d {{.*}} {kernel = [2, 1], layout = "nhwc"} : tensor<18x5x1x6xf32> -> tensor<18x4x1x6xf32>
// CHECK: dl.transpose {{.*}} {perm = [1, 0]} : tensor<72x6xf32> -> tensor<6x72xf32>
// CHECK: dl.max_pool2d {{.*}} {kernel = [2, 1], layout = "nhwc"} : tensor<1x6x1x72xf32> -> tensor<1x5x1x72xf32>
// CHECK: dl.transpose {{.*}} {perm = [1, 0]} : tensor<5x72xf32> -> tensor<72x5xf32>
func.func @pool(%x: tensor<2x3x4x5x6xf32>) -> tensor<2x3x3x4x5xf32> {
  %y = dl.max_pool3d %x {kernel = [2, 2, 2]} : tensor<2x3x4x5x6xf32> -> tensor<2x3x3x4x5xf32>
  func.return %y : tensor<2x3x3x4x5xf32>
}

// An axis whose windows are single places is left out.

// CHECK-LABEL: @pool_of_planes
// CHECK-NOT: tensor<6x4x1x30xf32>
// CHECK-COUNT-2: dl.avg_pool2d
func.func @pool_of_planes(%x: tensor<2x3x4x5x6xf32>) -> tensor<2x3x4x4x5xf32> {
  %y = dl.avg_pool3d %x {kernel = [1, 2, 2]} : tensor<2x3x4x5x6xf32> -> tensor<2x3x4x4x5xf32>
  func.return %y : tensor<2x3x4x4x5xf32>
}

// A norm is the root of sums of sums of powers.

// CHECK-LABEL: @norm_of_planes
// CHECK: [[A:%.*]] = dl.abs %x
// CHECK: [[B:%.*]] = dl.pow [[A]], {{.*}} : (tensor<2x3x4x5x6xf32>, tensor<f32>)
// CHECK-COUNT-2: dl.lp_pool2d {{.*}}, layout = "nhwc", p = 1.0}
// CHECK: dl.pow
func.func @norm_of_planes(%x: tensor<2x3x4x5x6xf32>) -> tensor<2x3x4x4x5xf32> {
  %y = dl.lp_pool3d %x {kernel = [1, 2, 2], p = 3.0} : tensor<2x3x4x5x6xf32> -> tensor<2x3x4x4x5xf32>
  func.return %y : tensor<2x3x4x4x5xf32>
}

// Rows are moved at once, elements one by one: these first, while they are few.

// CHECK-LABEL: @nearest
// CHECK: dl.gather %x, {{.*}} {axis = 1} : (tensor<8x4xf32>, tensor<8xi64>) -> tensor<8x8xf32>
// CHECK: dl.gather {{.*}} {axis = 0} : (tensor<8x8xf32>, tensor<16xi64>) -> tensor<16x8xf32>
func.func @nearest(%x: tensor<8x4xf32>) -> tensor<16x8xf32> {
  %y = dl.resize %x {axes = [0, 1], sizes = [16, 8], mode = "nearest"} : tensor<8x4xf32> -> tensor<16x8xf32>
  func.return %y : tensor<16x8xf32>
}

// CHECK-LABEL: @fewer_rows
// CHECK: dl.gather %x, {{.*}} {axis = 0} : (tensor<8x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
// CHECK: dl.gather {{.*}} {axis = 1} : (tensor<4x4xf32>, tensor<8xi64>) -> tensor<4x8xf32>
func.func @fewer_rows(%x: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %y = dl.resize %x {axes = [0, 1], sizes = [4, 8], mode = "nearest"} : tensor<8x4xf32> -> tensor<4x8xf32>
  func.return %y : tensor<4x8xf32>
}
