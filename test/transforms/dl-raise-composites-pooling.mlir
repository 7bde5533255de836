// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// As PyTorch takes lp_pool2d apart: of a mean, with a sign that a sum of squares does not have.

// CHECK-LABEL: @squares
// CHECK-NEXT: [[Y:%.*]] = dl.lp_pool2d %x {kernel = [3, 3], strides = [2, 2]} : tensor<?x3x8x9xf32> -> tensor<?x3x3x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @squares(%x: tensor<?x3x8x9xf32>) -> tensor<?x3x3x4xf32> {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %count = dl.constant dense<9.0> : tensor<f32>
  %0 = dl.mul %x, %x : tensor<?x3x8x9xf32>
  %1 = dl.avg_pool2d %0 {kernel = [3, 3], strides = [2, 2]} : tensor<?x3x8x9xf32> -> tensor<?x3x3x4xf32>
  %2 = dl.compare gt, %1, %zero : (tensor<?x3x3x4xf32>, tensor<f32>) -> tensor<?x3x3x4xi1>
  %3 = dl.cast %2 : tensor<?x3x3x4xi1> -> tensor<?x3x3x4xf32>
  %4 = dl.compare lt, %1, %zero : (tensor<?x3x3x4xf32>, tensor<f32>) -> tensor<?x3x3x4xi1>
  %5 = dl.cast %4 : tensor<?x3x3x4xi1> -> tensor<?x3x3x4xf32>
  %6 = dl.sub %3, %5 : tensor<?x3x3x4xf32>
  %7 = dl.abs %1 : tensor<?x3x3x4xf32>
  %8 = dl.relu %7 : tensor<?x3x3x4xf32>
  %9 = dl.mul %6, %8 : tensor<?x3x3x4xf32>
  %10 = dl.mul %9, %count : (tensor<?x3x3x4xf32>, tensor<f32>) -> tensor<?x3x3x4xf32>
  %y = dl.sqrt %10 : tensor<?x3x3x4xf32>
  func.return %y : tensor<?x3x3x4xf32>
}

// Magnitudes to any power, over volumes and with zeros around them that count.

// CHECK-LABEL: @cubes
// CHECK-NEXT: [[Y:%.*]] = dl.lp_pool3d %x {kernel = [2, 2, 2], padding = [1, 0, 0, 0, 0, 0], dilations = [1, 2, 1], p = 3.0} : tensor<1x3x4x4x4xf32> -> tensor<1x3x4x2x3xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @cubes(%x: tensor<1x3x4x4x4xf32>) -> tensor<1x3x4x2x3xf32> {
  %three = dl.constant dense<3.0> : tensor<f32>
  %third = dl.constant dense<0.333333343> : tensor<f32>
  %count = dl.constant dense<8.0> : tensor<f32>
  %0 = dl.abs %x : tensor<1x3x4x4x4xf32>
  %1 = dl.pow %0, %three : (tensor<1x3x4x4x4xf32>, tensor<f32>) -> tensor<1x3x4x4x4xf32>
  %2 = dl.avg_pool3d %1 {kernel = [2, 2, 2], padding = [1, 0, 0, 0, 0, 0], dilations = [1, 2, 1], count_include_pad} : tensor<1x3x4x4x4xf32> -> tensor<1x3x4x2x3xf32>
  %3 = dl.mul %2, %count : (tensor<1x3x4x2x3xf32>, tensor<f32>) -> tensor<1x3x4x2x3xf32>
  %y = dl.pow %3, %third : (tensor<1x3x4x2x3xf32>, tensor<f32>) -> tensor<1x3x4x2x3xf32>
  func.return %y : tensor<1x3x4x2x3xf32>
}

// Lines are images of height 1.

// CHECK-LABEL: @lines
// CHECK-NEXT: [[A:%.*]] = dl.reshape %x : tensor<2x3x8xf32> -> tensor<2x3x1x8xf32>
// CHECK-NEXT: [[B:%.*]] = dl.lp_pool2d [[A]] {kernel = [1, 2], strides = [1, 2], p = 4.0} : tensor<2x3x1x8xf32> -> tensor<2x3x1x4xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.reshape [[B]] : tensor<2x3x1x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @lines(%x: tensor<2x3x8xf32>) -> tensor<2x3x4xf32> {
  %four = dl.constant dense<4.0> : tensor<f32>
  %quarter = dl.constant dense<0.25> : tensor<f32>
  %count = dl.constant dense<2.0> : tensor<f32>
  %0 = dl.pow %x, %four : (tensor<2x3x8xf32>, tensor<f32>) -> tensor<2x3x8xf32>
  %1 = dl.reshape %0 : tensor<2x3x8xf32> -> tensor<2x3x1x8xf32>
  %2 = dl.avg_pool2d %1 {kernel = [1, 2], strides = [1, 2]} : tensor<2x3x1x8xf32> -> tensor<2x3x1x4xf32>
  %3 = dl.reshape %2 : tensor<2x3x1x4xf32> -> tensor<2x3x4xf32>
  %4 = dl.mul %3, %count : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
  %y = dl.pow %4, %quarter : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
  func.return %y : tensor<2x3x4xf32>
}

// Cubes have signs; a mean without the padding is none of what is around; nine are not eight.

// CHECK-LABEL: @no_norms
// CHECK-NOT: dl.lp_pool2d
func.func @no_norms(%x: tensor<1x3x8x8xf32>) -> (tensor<1x3x6x6xf32>, tensor<1x3x7x6xf32>, tensor<1x3x6x6xf32>) {
  %three = dl.constant dense<3.0> : tensor<f32>
  %third = dl.constant dense<0.333333343> : tensor<f32>
  %nine = dl.constant dense<9.0> : tensor<f32>
  %eight = dl.constant dense<8.0> : tensor<f32>
  %0 = dl.pow %x, %three : (tensor<1x3x8x8xf32>, tensor<f32>) -> tensor<1x3x8x8xf32>
  %1 = dl.avg_pool2d %0 {kernel = [3, 3]} : tensor<1x3x8x8xf32> -> tensor<1x3x6x6xf32>
  %2 = dl.mul %1, %nine : (tensor<1x3x6x6xf32>, tensor<f32>) -> tensor<1x3x6x6xf32>
  %a = dl.pow %2, %third : (tensor<1x3x6x6xf32>, tensor<f32>) -> tensor<1x3x6x6xf32>
  %3 = dl.mul %x, %x : tensor<1x3x8x8xf32>
  %4 = dl.avg_pool2d %3 {kernel = [3, 3], padding = [1, 0, 0, 0]} : tensor<1x3x8x8xf32> -> tensor<1x3x7x6xf32>
  %5 = dl.mul %4, %nine : (tensor<1x3x7x6xf32>, tensor<f32>) -> tensor<1x3x7x6xf32>
  %b = dl.sqrt %5 : tensor<1x3x7x6xf32>
  %6 = dl.mul %x, %x : tensor<1x3x8x8xf32>
  %7 = dl.avg_pool2d %6 {kernel = [3, 3]} : tensor<1x3x8x8xf32> -> tensor<1x3x6x6xf32>
  %8 = dl.mul %7, %eight : (tensor<1x3x6x6xf32>, tensor<f32>) -> tensor<1x3x6x6xf32>
  %c = dl.sqrt %8 : tensor<1x3x6x6xf32>
  func.return %a, %b, %c : tensor<1x3x6x6xf32>, tensor<1x3x7x6xf32>, tensor<1x3x6x6xf32>
}
