// RUN: dlir-opt %s --dl-assign-layout | filecheck %s
// RUN: dlir-opt %s --dl-assign-layout=layout=nchw | filecheck %s --check-prefix=NCHW
// RUN: dlir-opt %s --dl-assign-layout=keep-lone=true | filecheck %s --check-prefix=LONE

// A residual block ends in a global pooling: one transpose at the beginning is left.

// CHECK-LABEL: func.func @residual
// CHECK:      [[X:%.*]] = dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<?x3x8x8xf32> -> tensor<?x8x8x3xf32>
// CHECK-NEXT: [[A:%.*]] = dl.conv2d [[X]], %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<?x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<?x8x8x6xf32>
// CHECK-NEXT: [[B:%.*]] = dl.batch_norm [[A]], %s, %s, %s, %s {axis = 3}
// CHECK-NEXT: [[C:%.*]] = dl.reshape %bias : tensor<6x1x1xf32> -> tensor<6xf32>
// CHECK-NEXT: [[D:%.*]] = dl.add [[B]], [[C]] : (tensor<?x8x8x6xf32>, tensor<6xf32>) -> tensor<?x8x8x6xf32>
// CHECK-NEXT: [[E:%.*]] = dl.add [[D]], [[A]] : tensor<?x8x8x6xf32>
// CHECK-NEXT: [[F:%.*]] = dl.max_pool2d [[E]] {kernel = [2, 2], layout = "nhwc"} : tensor<?x8x8x6xf32> -> tensor<?x7x7x6xf32>
// CHECK-NEXT: [[G:%.*]] = dl.reduce_mean [[F]] {axes = [1, 2], keepdims} : tensor<?x7x7x6xf32> -> tensor<?x1x1x6xf32>
// CHECK-NEXT: [[H:%.*]] = dl.reshape [[G]] : tensor<?x1x1x6xf32> -> tensor<?x6xf32>
// CHECK-NEXT: func.return [[H]]
// NCHW-LABEL: func.func @residual
// NCHW-NOT:   dl.transpose
// NCHW:       func.func @shuffle
func.func @residual(%x: tensor<?x3x8x8xf32>, %s: tensor<6xf32>) -> tensor<?x6xf32> {
  %w = dl.param "w" : tensor<6x3x3x3xf32>
  %bias = dl.param "bias" : tensor<6x1x1xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x3x8x8xf32>, tensor<6x3x3x3xf32>) -> tensor<?x6x8x8xf32>
  %1 = dl.batch_norm %0, %s, %s, %s, %s : (tensor<?x6x8x8xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x8x8xf32>
  %2 = dl.add %1, %bias : (tensor<?x6x8x8xf32>, tensor<6x1x1xf32>) -> tensor<?x6x8x8xf32>
  %3 = dl.add %2, %0 : tensor<?x6x8x8xf32>
  %4 = dl.max_pool2d %3 {kernel = [2, 2]} : tensor<?x6x8x8xf32> -> tensor<?x6x7x7xf32>
  %5 = dl.reduce_mean %4 {axes = [2, 3], keepdims} : tensor<?x6x7x7xf32> -> tensor<?x6x1x1xf32>
  %6 = dl.reshape %5 : tensor<?x6x1x1xf32> -> tensor<?x6xf32>
  func.return %6 : tensor<?x6xf32>
}

// The channel shuffle exchanges two parts of the last dimension.

// CHECK-LABEL: func.func @shuffle
// CHECK:      [[A:%.*]] = dl.conv2d
// CHECK-NEXT: [[B:%.*]] = dl.reshape [[A]] : tensor<1x5x4x6xf32> -> tensor<1x5x4x2x3xf32>
// CHECK-NEXT: [[C:%.*]] = dl.transpose [[B]] {perm = [0, 1, 2, 4, 3]} : tensor<1x5x4x2x3xf32> -> tensor<1x5x4x3x2xf32>
// CHECK-NEXT: [[D:%.*]] = dl.reshape [[C]] : tensor<1x5x4x3x2xf32> -> tensor<1x5x4x6xf32>
// CHECK-NEXT: [[E:%.*]], [[F:%.*]] = dl.split [[D]] {axis = 3, sizes = [3, 3]}
// CHECK-NEXT: [[G:%.*]] = dl.concat [[F]], [[E]] {axis = 3}
// CHECK-NEXT: [[H:%.*]] = dl.transpose [[G]] {perm = [0, 3, 1, 2]} : tensor<1x5x4x6xf32> -> tensor<1x6x5x4xf32>
// CHECK-NEXT: func.return [[H]]
func.func @shuffle(%x: tensor<1x6x5x4xf32>, %w: tensor<6x1x3x3xf32>) -> tensor<1x6x5x4xf32> {
  %0 = dl.conv2d %x, %w acc f32 {groups = 6, padding = [1, 1, 1, 1]} : (tensor<1x6x5x4xf32>, tensor<6x1x3x3xf32>) -> tensor<1x6x5x4xf32>
  %1 = dl.reshape %0 : tensor<1x6x5x4xf32> -> tensor<1x2x3x5x4xf32>
  %2 = dl.transpose %1 {perm = [0, 2, 1, 3, 4]} : tensor<1x2x3x5x4xf32> -> tensor<1x3x2x5x4xf32>
  %3 = dl.reshape %2 : tensor<1x3x2x5x4xf32> -> tensor<1x6x5x4xf32>
  %4, %5 = dl.split %3 {axis = 1, sizes = [3, 3]} : tensor<1x6x5x4xf32> -> (tensor<1x3x5x4xf32>, tensor<1x3x5x4xf32>)
  %6 = dl.concat %5, %4 {axis = 1} : (tensor<1x3x5x4xf32>, tensor<1x3x5x4xf32>) -> tensor<1x6x5x4xf32>
  func.return %6 : tensor<1x6x5x4xf32>
}

// Where an op needs the old order, and between functions, the value is transposed back.

// CHECK-LABEL: func.func @flatten
// CHECK:      [[A:%.*]] = dl.avg_pool2d %{{.*}} {kernel = [2, 2], layout = "nhwc"} : tensor<2x4x4x3xf32> -> tensor<2x3x3x3xf32>
// CHECK-NEXT: [[B:%.*]] = dl.transpose [[A]] {perm = [0, 3, 1, 2]} : tensor<2x3x3x3xf32> -> tensor<2x3x3x3xf32>
// CHECK-NEXT: [[C:%.*]] = dl.reshape [[B]] : tensor<2x3x3x3xf32> -> tensor<2x27xf32>
// CHECK-NEXT: func.return [[C]], [[B]]
func.func @flatten(%x: tensor<2x3x4x4xf32>) -> (tensor<2x27xf32>, tensor<2x3x3x3xf32>) {
  %0 = dl.avg_pool2d %x {kernel = [2, 2]} : tensor<2x3x4x4xf32> -> tensor<2x3x3x3xf32>
  %1 = dl.reshape %0 : tensor<2x3x3x3xf32> -> tensor<2x27xf32>
  func.return %1, %0 : tensor<2x27xf32>, tensor<2x3x3x3xf32>
}

// CHECK-LABEL: func.func @norms
// CHECK: dl.lp_pool2d %{{.*}} {kernel = [2, 2], padding = [1, 0, 0, 0], p = 1.0, layout = "nhwc"} : tensor<2x4x4x3xf32> -> tensor<2x4x3x3xf32>
func.func @norms(%x: tensor<2x3x4x4xf32>) -> tensor<2x3x4x3xf32> {
  %0 = dl.lp_pool2d %x {kernel = [2, 2], padding = [1, 0, 0, 0], p = 1.0} : tensor<2x3x4x4xf32> -> tensor<2x3x4x3xf32>
  func.return %0 : tensor<2x3x4x3xf32>
}

// A depthwise convolution may stay as it is, unless its input is in the other layout anyway.

// CHECK-LABEL: func.func @depthwise
// CHECK-COUNT-2: layout = "nhwc"
// LONE-LABEL: func.func @depthwise
// LONE-NEXT: [[A:%.*]] = dl.conv2d %x, %v acc f32 {groups = 8} : (tensor<1x8x6x5xf32>, tensor<8x1x3x3xf32>) -> tensor<1x8x4x3xf32>
// LONE-NEXT: [[T:%.*]] = dl.transpose [[A]]
// LONE-NEXT: [[B:%.*]] = dl.conv2d [[T]], %w acc f32 {layout = "nhwc"}
// LONE-NEXT: dl.conv2d [[B]], %v acc f32 {groups = 8, padding = [1, 1, 1, 1], layout = "nhwc"}
func.func @depthwise(%x: tensor<1x8x6x5xf32>, %v: tensor<8x1x3x3xf32>, %w: tensor<8x8x1x1xf32>) -> tensor<1x8x4x3xf32> {
  %a = dl.conv2d %x, %v acc f32 {groups = 8} : (tensor<1x8x6x5xf32>, tensor<8x1x3x3xf32>) -> tensor<1x8x4x3xf32>
  %b = dl.conv2d %a, %w acc f32 : (tensor<1x8x4x3xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x4x3xf32>
  %c = dl.conv2d %b, %v acc f32 {groups = 8, padding = [1, 1, 1, 1]} : (tensor<1x8x4x3xf32>, tensor<8x1x3x3xf32>) -> tensor<1x8x4x3xf32>
  func.return %c : tensor<1x8x4x3xf32>
}

// A product of columns stays as well, unless what follows has windows.

// CHECK-LABEL: func.func @pointwise
// CHECK-COUNT-3: layout = "nhwc"
// LONE-LABEL: func.func @pointwise
// LONE-NEXT: [[A:%.*]] = dl.conv2d %x, %w acc f32 : (tensor<1x8x16x16xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x16x16xf32>
// LONE-NEXT: [[B:%.*]] = dl.relu [[A]]
// LONE-NEXT: [[T:%.*]] = dl.transpose %z
// LONE-NEXT: [[C:%.*]] = dl.conv2d [[T]], %w acc f32 {layout = "nhwc"}
// LONE-NEXT: [[D:%.*]] = dl.relu [[C]]
// LONE-NEXT: dl.max_pool2d [[D]] {kernel = [2, 2], layout = "nhwc"}
func.func @pointwise(%x: tensor<1x8x16x16xf32>, %z: tensor<1x8x16x16xf32>, %w: tensor<8x8x1x1xf32>) -> (tensor<1x8x16x16xf32>, tensor<1x8x15x15xf32>) {
  %a = dl.conv2d %x, %w acc f32 : (tensor<1x8x16x16xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x16x16xf32>
  %b = dl.relu %a : tensor<1x8x16x16xf32>
  %c = dl.conv2d %z, %w acc f32 : (tensor<1x8x16x16xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x16x16xf32>
  %d = dl.relu %c : tensor<1x8x16x16xf32>
  %e = dl.max_pool2d %d {kernel = [2, 2]} : tensor<1x8x16x16xf32> -> tensor<1x8x15x15xf32>
  func.return %b, %e : tensor<1x8x16x16xf32>, tensor<1x8x15x15xf32>
}
