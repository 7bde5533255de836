// RUN: dlir-opt %s --dl-decompose | filecheck %s

// A kernel of 4 places and a stride of 2: both phases of a dimension see two neighbours, and are
// computed together, one after the other: so the channels of a place stay neighbours.

// CHECK-LABEL: @even
// CHECK: %[[W:.*]] = dl.transpose {{.*}} {perm = [0, 3, 5, 2, 1, 4, 6]}
// CHECK: %[[K:.*]] = dl.reshape %[[W]] : tensor<1x2x2x2x3x2x2xf32> -> tensor<8x3x2x2xf32>
// CHECK: %[[Y:.*]] = dl.conv2d %x, %[[K]] acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x3x5x5xf32>, tensor<8x3x2x2xf32>) -> tensor<?x8x6x6xf32>
// CHECK-NOT: dl.conv2d
// CHECK: dl.transpose {{.*}} {perm = [0, 1, 4, 5, 2, 6, 3]} : tensor<?x1x2x2x2x6x6xf32> -> tensor<?x1x2x6x2x6x2xf32>
// CHECK: dl.slice {{.*}} {offsets = [0, 0, 1, 1], strides = [1, 1, 1, 1]} : tensor<?x2x12x12xf32> -> tensor<?x2x10x10xf32>
func.func @even(%x: tensor<?x3x5x5xf32>, %w: tensor<3x2x4x4xf32>) -> tensor<?x2x10x10xf32> {
  %y = dl.conv_transpose %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1]}
      : (tensor<?x3x5x5xf32>, tensor<3x2x4x4xf32>) -> tensor<?x2x10x10xf32>
  func.return %y : tensor<?x2x10x10xf32>
}

// With 3 places one phase sees two neighbours and the other one: four convolutions of their own
// kernels, and no product with zero.

// CHECK-LABEL: @odd
// CHECK: dl.conv2d %x, {{.*}} : (tensor<1x3x5x5xf32>, tensor<2x3x2x2xf32>)
// CHECK: dl.conv2d %x, {{.*}} : (tensor<1x3x5x5xf32>, tensor<2x3x2x1xf32>)
// CHECK: dl.concat {{.*}} {axis = 3}
// CHECK: dl.conv2d %x, {{.*}} : (tensor<1x3x5x5xf32>, tensor<2x3x1x2xf32>)
// CHECK: dl.conv2d %x, {{.*}} : (tensor<1x3x5x5xf32>, tensor<2x3x1x1xf32>)
// CHECK: dl.concat {{.*}} {axis = 3}
// CHECK: dl.concat {{.*}} {axis = 2}
func.func @odd(%x: tensor<1x3x5x5xf32>, %w: tensor<3x2x3x3xf32>) -> tensor<1x2x11x11xf32> {
  %y = dl.conv_transpose %x, %w acc f32 {strides = [2, 2]}
      : (tensor<1x3x5x5xf32>, tensor<3x2x3x3xf32>) -> tensor<1x2x11x11xf32>
  func.return %y : tensor<1x2x11x11xf32>
}

// The three planes that a place sees are channels, and the planes of the result join the batch.

// CHECK-LABEL: @volume
// CHECK: %[[X:.*]] = dl.concat {{.*}} {axis = 3} : (tensor<1x4x1x1x3x5x5xf32>, tensor<1x4x1x1x3x5x5xf32>, tensor<1x4x1x1x3x5x5xf32>) -> tensor<1x4x1x3x3x5x5xf32>
// CHECK: dl.reshape %[[X]] : tensor<1x4x1x3x3x5x5xf32> -> tensor<4x9x5x5xf32>
// CHECK: dl.conv2d {{.*}} acc f32 {padding = [1, 1, 1, 1]} : (tensor<4x9x5x5xf32>, tensor<2x9x3x3xf32>) -> tensor<4x2x5x5xf32>
func.func @volume(%x: tensor<1x3x6x5x5xf32>, %w: tensor<2x3x3x3x3xf32>) -> tensor<1x2x4x5x5xf32> {
  %y = dl.conv3d %x, %w acc f32 {padding = [0, 1, 1, 0, 1, 1]}
      : (tensor<1x3x6x5x5xf32>, tensor<2x3x3x3x3xf32>) -> tensor<1x2x4x5x5xf32>
  func.return %y : tensor<1x2x4x5x5xf32>
}
