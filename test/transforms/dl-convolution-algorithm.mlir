// RUN: dlir-opt %s --dl-convolution-algorithm | filecheck %s
// RUN: dlir-opt %s --dl-convolution-algorithm="choose-only=true algorithm=winograd-4x4" | filecheck %s --check-prefix=CHOSEN
// RUN: dlir-opt %s --dl-convolution-algorithm="algorithm=direct" | filecheck %s --check-prefix=DIRECT
// RUN: dlir-opt %s --dl-convolution-algorithm="winograd=false" | filecheck %s --check-prefix=NO-WINOGRAD

// What an op asks for is done, whatever the pass is told.
// CHECK-LABEL: func.func @im2col
// CHECK-COUNT-4: dl.slice %x
// CHECK: dl.concat
// CHECK: dl.matmul {{.*}} : (tensor<25x32xf32>, tensor<32x4xf32>) -> tensor<25x4xf32>
// CHECK-NOT: dl.conv2d
// CHOSEN-LABEL: func.func @im2col
// CHOSEN: algorithm = "im2col"
func.func @im2col(%x: tensor<1x6x6x8xf32>, %w: tensor<4x8x2x2xf32>) -> tensor<1x5x5x4xf32> {
  %y = dl.conv2d %x, %w acc f32 {layout = "nhwc", algorithm = "im2col"} : (tensor<1x6x6x8xf32>, tensor<4x8x2x2xf32>) -> tensor<1x5x5x4xf32>
  func.return %y : tensor<1x5x5x4xf32>
}

// Tiles of 2 x 2 results: 16 products of 6 tiles by 8 channels and 8 by 4.
// CHECK-LABEL: func.func @winograd_2x2
// CHECK: dl.pad %x {low = [0, 1, 1, 0], high = [0, 2, 1, 0], value = 0.0} : tensor<1x3x6x8xf32> -> tensor<1x6x8x8xf32>
// CHECK: dl.conv2d {{.*}} {strides = [2, 1], algorithm = "direct"} : (tensor<6x1x8x8xf32>, tensor<4x1x4x1xf32>) -> tensor<6x4x3x8xf32>
// CHECK: dl.conv2d {{.*}} {strides = [2, 1], algorithm = "direct"} : (tensor<4x1x6x24xf32>, tensor<4x1x4x1xf32>) -> tensor<4x4x2x24xf32>
// CHECK: dl.matmul {{.*}} : (tensor<4x1x4x6x8xf32>, tensor<4x1x4x8x4xf32>) -> tensor<4x1x4x6x4xf32>
// CHECK: dl.slice {{.*}} : tensor<1x4x6x4xf32> -> tensor<1x3x6x4xf32>
func.func @winograd_2x2(%x: tensor<1x3x6x8xf32>, %w: tensor<4x8x3x3xf32>) -> tensor<1x3x6x4xf32> {
  %y = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc", algorithm = "winograd-2x2"} : (tensor<1x3x6x8xf32>, tensor<4x8x3x3xf32>) -> tensor<1x3x6x4xf32>
  func.return %y : tensor<1x3x6x4xf32>
}

// NCHW is transposed before and after; the batch may be dynamic.
// CHECK-LABEL: func.func @winograd_4x4
// CHECK: dl.transpose %x {perm = [0, 2, 3, 1]}
// CHECK: dl.matmul {{.*}} -> tensor<6x?x6x4x4xf32>
// CHECK: dl.transpose {{.*}} {perm = [0, 3, 1, 2]} : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
func.func @winograd_4x4(%x: tensor<?x8x8x8xf32>, %w: tensor<4x8x3x3xf32>) -> tensor<?x4x8x8xf32> {
  %y = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], algorithm = "winograd-4x4"} : (tensor<?x8x8x8xf32>, tensor<4x8x3x3xf32>) -> tensor<?x4x8x8xf32>
  func.return %y : tensor<?x4x8x8xf32>
}

// One product of 2 channels (real, imaginary) for each of 8 * 5 frequencies.
// CHECK-LABEL: func.func @fft
// CHECK: dl.matmul {{.*}} : (tensor<40x1x4xf32>, tensor<40x4x6xf32>) -> tensor<40x1x6xf32>
// CHECK: dl.slice {{.*}} {offsets = [0, 0, 0, 0], strides = [1, 2, 2, 1]}
func.func @fft(%x: tensor<1x8x8x2xf32>, %w: tensor<3x2x5x5xf32>) -> tensor<1x2x2x3xf32> {
  %y = dl.conv2d %x, %w acc f32 {strides = [2, 2], layout = "nhwc", algorithm = "fft"} : (tensor<1x8x8x2xf32>, tensor<3x2x5x5xf32>) -> tensor<1x2x2x3xf32>
  func.return %y : tensor<1x2x2x3xf32>
}

// What the pass asks for and cannot be stays direct.
// CHECK-LABEL: func.func @groups
// CHECK: dl.conv2d
// CHOSEN-LABEL: func.func @groups
// CHOSEN: algorithm = "direct"
// DIRECT-LABEL: func.func @groups
// DIRECT-NEXT: dl.conv2d
func.func @groups(%x: tensor<1x8x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<1x6x6x4xf32> {
  %y = dl.conv2d %x, %w acc f32 {groups = 2, layout = "nhwc"} : (tensor<1x8x8x8xf32>, tensor<4x4x3x3xf32>) -> tensor<1x6x6x4xf32>
  func.return %y : tensor<1x6x6x4xf32>
}

// Many channels with constant weights: Winograd's algorithm, with larger tiles unless the
// transformed weights would be as many as the products. Elementwise readers stay with the tiles.
// CHECK-LABEL: func.func @chosen
// CHECK: [[T:%.*]] = dl.matmul {{.*}} -> tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: [[B:%.*]] = dl.add [[T]], %b : (tensor<1x14x4x14x4x64xf32>, tensor<64xf32>) -> tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: [[X:%.*]] = dl.reshape %x : tensor<1x56x56x64xf32> -> tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: [[S:%.*]] = dl.add [[B]], [[X]] : tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: [[R:%.*]] = dl.relu [[S]] : tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.reshape [[R]] : tensor<1x14x4x14x4x64xf32> -> tensor<1x56x56x64xf32>
// CHECK-NEXT: func.return [[Y]]
// NO-WINOGRAD-LABEL: func.func @chosen
// NO-WINOGRAD: dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"}
func.func @chosen(%x: tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32> {
  %w = dl.param "w" : tensor<64x64x3x3xf32>
  %b = dl.param "b" : tensor<64xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x56x56x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x56x56x64xf32>
  %1 = dl.add %0, %b : (tensor<1x56x56x64xf32>, tensor<64xf32>) -> tensor<1x56x56x64xf32>
  %2 = dl.add %1, %x : tensor<1x56x56x64xf32>
  %3 = dl.relu %2 : tensor<1x56x56x64xf32>
  func.return %3 : tensor<1x56x56x64xf32>
}

// Tiles that reach over the edge are cut off in the end. The sum with a whole image comes after.
// CHECK-LABEL: func.func @chosen_2x2
// CHECK: [[T:%.*]] = dl.matmul {{.*}} -> tensor<1x4x2x4x2x512xf32>
// CHECK-NEXT: [[R:%.*]] = dl.relu [[T]]
// CHECK-NEXT: [[W:%.*]] = dl.reshape [[R]] : tensor<1x4x2x4x2x512xf32> -> tensor<1x8x8x512xf32>
// CHECK-NEXT: [[C:%.*]] = dl.slice [[W]] {offsets = [0, 0, 0, 0], strides = [1, 1, 1, 1]} : tensor<1x8x8x512xf32> -> tensor<1x7x7x512xf32>
// CHECK-NEXT: dl.add [[C]], %x
func.func @chosen_2x2(%x: tensor<1x7x7x512xf32>) -> tensor<1x7x7x512xf32> {
  %w = dl.param "w" : tensor<512x512x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x7x7x512xf32>, tensor<512x512x3x3xf32>) -> tensor<1x7x7x512xf32>
  %1 = dl.relu %0 : tensor<1x7x7x512xf32>
  %2 = dl.add %1, %x : tensor<1x7x7x512xf32>
  func.return %2 : tensor<1x7x7x512xf32>
}

// Few channels, or weights that are not known before a call: direct.
// CHECK-LABEL: func.func @direct
// CHECK-COUNT-2: dl.conv2d {{.*}} {padding = [1, 1, 1, 1], layout = "nhwc"}
// CHECK-NOT: dl.matmul
func.func @direct(%x: tensor<1x56x56x3xf32>, %z: tensor<1x56x56x64xf32>, %v: tensor<64x64x3x3xf32>) -> (tensor<1x56x56x64xf32>, tensor<1x56x56x64xf32>) {
  %w = dl.param "w" : tensor<64x3x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x56x56x3xf32>, tensor<64x3x3x3xf32>) -> tensor<1x56x56x64xf32>
  %1 = dl.conv2d %z, %v acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x56x56x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x56x56x64xf32>
  func.return %0, %1 : tensor<1x56x56x64xf32>, tensor<1x56x56x64xf32>
}

// The places of an NCHW image are columns as they are, if there are enough of them. What follows is
// computed on the product.
// CHECK-LABEL: func.func @columns
// CHECK-DAG: [[W:%.*]] = dl.reshape %w : tensor<64x32x1x1xf32> -> tensor<64x32xf32>
// CHECK-DAG: [[X:%.*]] = dl.reshape %x : tensor<?x32x28x28xf32> -> tensor<?x32x784xf32>
// CHECK: [[P:%.*]] = dl.matmul [[W]], [[X]] acc f32 : (tensor<64x32xf32>, tensor<?x32x784xf32>) -> tensor<?x64x784xf32>
// CHECK-NEXT: [[B:%.*]] = dl.reshape %b : tensor<64x1x1xf32> -> tensor<64x1xf32>
// CHECK-NEXT: [[S:%.*]] = dl.add [[P]], [[B]] : (tensor<?x64x784xf32>, tensor<64x1xf32>) -> tensor<?x64x784xf32>
// CHECK-NEXT: dl.reshape [[S]] : tensor<?x64x784xf32> -> tensor<?x64x28x28xf32>
// CHECK: dl.conv2d %small
func.func @columns(%x: tensor<?x32x28x28xf32>, %w: tensor<64x32x1x1xf32>, %b: tensor<64x1x1xf32>, %small: tensor<1x32x7x7xf32>) -> (tensor<?x64x28x28xf32>, tensor<1x64x7x7xf32>) {
  %0 = dl.conv2d %x, %w acc f32 : (tensor<?x32x28x28xf32>, tensor<64x32x1x1xf32>) -> tensor<?x64x28x28xf32>
  %1 = dl.add %0, %b : (tensor<?x64x28x28xf32>, tensor<64x1x1xf32>) -> tensor<?x64x28x28xf32>
  %2 = dl.conv2d %small, %w acc f32 : (tensor<1x32x7x7xf32>, tensor<64x32x1x1xf32>) -> tensor<1x64x7x7xf32>
  func.return %1, %2 : tensor<?x64x28x28xf32>, tensor<1x64x7x7xf32>
}
