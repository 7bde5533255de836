// RUN: dlir-opt %s --dl-fold-scale | filecheck %s

// A factor after a contraction scales its output channels.

// CHECK-LABEL: @matmul_then_factor
// CHECK: [[W:%.*]] = dl.mul %w, %c : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]] acc f32
// CHECK-NEXT: func.return [[Y]]
func.func @matmul_then_factor(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %c = dl.param "c" : tensor<8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %y = dl.mul %0, %c : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// CHECK-LABEL: @transposed_matmul_then_quotient
// CHECK: [[V:%.*]] = dl.reshape %c : tensor<1x8xf32> -> tensor<8xf32>
// CHECK: [[R:%.*]] = dl.div %{{.*}}, [[V]]
// CHECK-NEXT: [[C:%.*]] = dl.reshape [[R]] : tensor<8xf32> -> tensor<8x1xf32>
// CHECK-NEXT: [[W:%.*]] = dl.mul %w, [[C]]
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]] acc f32 {transpose_rhs}
// CHECK-NEXT: func.return [[Y]]
func.func @transposed_matmul_then_quotient(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<8x4xf32>
  %c = dl.param "c" : tensor<1x8xf32>
  %0 = dl.matmul %x, %w acc f32 {transpose_rhs} : (tensor<?x3x4xf32>, tensor<8x4xf32>) -> tensor<?x3x8xf32>
  %y = dl.div %0, %c : (tensor<?x3x8xf32>, tensor<1x8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// The shift in between is scaled as well.

// CHECK-LABEL: @matmul_then_shift_and_factor
// CHECK: [[W:%.*]] = dl.mul %w, %c
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]]
// CHECK-NEXT: [[D:%.*]] = dl.mul %d, %c
// CHECK-NEXT: [[Z:%.*]] = dl.sub [[Y]], [[D]]
// CHECK-NEXT: func.return [[Z]]
func.func @matmul_then_shift_and_factor(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %d = dl.param "d" : tensor<8xf32>
  %c = dl.param "c" : tensor<8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %1 = dl.sub %0, %d : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  %y = dl.mul %1, %c : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// CHECK-LABEL: @two_shifts
// CHECK: [[Y:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: [[D:%.*]] = dl.sub %c, %d
// CHECK-NEXT: [[Z:%.*]] = dl.add [[Y]], [[D]]
// CHECK-NEXT: func.return [[Z]]
func.func @two_shifts(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %d = dl.param "d" : tensor<8xf32>
  %c = dl.param "c" : tensor<8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %1 = dl.sub %0, %d : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  %y = dl.add %1, %c : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// A factor before it scales its input channels.

// CHECK-LABEL: @factor_then_matmul
// CHECK: [[C:%.*]] = dl.reshape %c : tensor<4xf32> -> tensor<4x1xf32>
// CHECK-NEXT: [[W:%.*]] = dl.mul %w, [[C]]
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]] acc f32
// CHECK-NEXT: func.return [[Y]]
func.func @factor_then_matmul(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %c = dl.param "c" : tensor<4xf32>
  %0 = dl.mul %x, %c : (tensor<?x3x4xf32>, tensor<4xf32>) -> tensor<?x3x4xf32>
  %y = dl.matmul %0, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// A shift before it becomes one after it.

// CHECK-LABEL: @shift_then_matmul
// CHECK: [[Y:%.*]] = dl.matmul %x, %w acc f32
// CHECK: [[T:%.*]] = dl.mul %w, %{{.*}}
// CHECK-NEXT: [[S:%.*]] = dl.reduce_sum [[T]] {axes = [0]} : tensor<4x8xf32> -> tensor<8xf32>
// CHECK-NEXT: [[Z:%.*]] = dl.add [[Y]], [[S]]
// CHECK-NEXT: func.return [[Z]]
func.func @shift_then_matmul(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %c = dl.param "c" : tensor<4xf32>
  %0 = dl.add %x, %c : (tensor<?x3x4xf32>, tensor<4xf32>) -> tensor<?x3x4xf32>
  %y = dl.matmul %0, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// A batch norm is a factor and a shift.

// CHECK-LABEL: @conv2d_then_batch_norm
// CHECK: [[R:%.*]] = dl.rsqrt
// CHECK: [[W:%.*]] = dl.mul %w, %{{.*}} : (tensor<6x4x3x3xf32>, tensor<6x1x1x1xf32>) -> tensor<6x4x3x3xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.conv2d %x, [[W]] acc f32
// CHECK-NOT: dl.batch_norm
// CHECK: [[Z:%.*]] = dl.add [[Y]], %{{.*}} : (tensor<?x6x3x3xf32>, tensor<6x1x1xf32>) -> tensor<?x6x3x3xf32>
// CHECK-NEXT: func.return [[Z]]
func.func @conv2d_then_batch_norm(%x: tensor<?x4x5x5xf32>) -> tensor<?x6x3x3xf32> {
  %w = dl.param "w" : tensor<6x4x3x3xf32>
  %s = dl.param "s" : tensor<6xf32>
  %b = dl.param "b" : tensor<6xf32>
  %m = dl.param "m" : tensor<6xf32>
  %v = dl.param "v" : tensor<6xf32>
  %0 = dl.conv2d %x, %w acc f32 : (tensor<?x4x5x5xf32>, tensor<6x4x3x3xf32>) -> tensor<?x6x3x3xf32>
  %y = dl.batch_norm %0, %s, %b, %m, %v : (tensor<?x6x3x3xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x3x3xf32>
  func.return %y : tensor<?x6x3x3xf32>
}

// CHECK-LABEL: @nhwc_conv2d_with_bias_then_batch_norm
// CHECK: [[Y:%.*]] = dl.conv2d %x, %{{.*}} acc f32
// CHECK-NOT: dl.batch_norm
// CHECK: [[Z:%.*]] = dl.add [[Y]], %{{.*}} : (tensor<?x3x3x6xf32>, tensor<6xf32>) -> tensor<?x3x3x6xf32>
// CHECK-NEXT: func.return [[Z]]
func.func @nhwc_conv2d_with_bias_then_batch_norm(%x: tensor<?x5x5x4xf32>) -> tensor<?x3x3x6xf32> {
  %w = dl.param "w" : tensor<6x4x3x3xf32>
  %s = dl.param "s" : tensor<6xf32>
  %b = dl.param "b" : tensor<6xf32>
  %m = dl.param "m" : tensor<6xf32>
  %v = dl.param "v" : tensor<6xf32>
  %d = dl.param "d" : tensor<6xf32>
  %0 = dl.conv2d %x, %w acc f32 {layout = "nhwc"} : (tensor<?x5x5x4xf32>, tensor<6x4x3x3xf32>) -> tensor<?x3x3x6xf32>
  %1 = dl.add %0, %d : (tensor<?x3x3x6xf32>, tensor<6xf32>) -> tensor<?x3x3x6xf32>
  %y = dl.batch_norm %1, %s, %b, %m, %v {axis = 3} : (tensor<?x3x3x6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x3x3x6xf32>
  func.return %y : tensor<?x3x3x6xf32>
}

// Input channels count within their group.

// CHECK-LABEL: @factor_then_grouped_conv2d
// CHECK: [[G:%.*]] = dl.reshape %w : tensor<6x2x3x3xf32> -> tensor<2x3x2x3x3xf32>
// CHECK-NEXT: [[C:%.*]] = dl.reshape %{{.*}} : tensor<4xf32> -> tensor<2x1x2x1x1xf32>
// CHECK-NEXT: [[F:%.*]] = dl.mul [[G]], [[C]]
// CHECK-NEXT: [[W:%.*]] = dl.reshape [[F]] : tensor<2x3x2x3x3xf32> -> tensor<6x2x3x3xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.conv2d %x, [[W]] acc f32
// CHECK-NEXT: func.return [[Y]]
func.func @factor_then_grouped_conv2d(%x: tensor<?x4x5x5xf32>) -> tensor<?x6x5x5xf32> {
  %w = dl.param "w" : tensor<6x2x3x3xf32>
  %c = dl.param "c" : tensor<4x1x1xf32>
  %0 = dl.mul %x, %c : (tensor<?x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<?x4x5x5xf32>
  %y = dl.conv2d %0, %w acc f32 {padding = [1, 1, 1, 1], groups = 2} : (tensor<?x4x5x5xf32>, tensor<6x2x3x3xf32>) -> tensor<?x6x5x5xf32>
  func.return %y : tensor<?x6x5x5xf32>
}

// CHECK-LABEL: @factor_then_depthwise_conv2d
// CHECK: [[Y:%.*]] = dl.conv2d %x, %{{.*}} acc f32
// CHECK-NEXT: func.return [[Y]]
func.func @factor_then_depthwise_conv2d(%x: tensor<?x4x5x5xf32>) -> tensor<?x4x3x3xf32> {
  %w = dl.param "w" : tensor<4x1x3x3xf32>
  %c = dl.param "c" : tensor<1x4x1x1xf32>
  %0 = dl.div %x, %c : (tensor<?x4x5x5xf32>, tensor<1x4x1x1xf32>) -> tensor<?x4x5x5xf32>
  %y = dl.conv2d %0, %w acc f32 {groups = 4} : (tensor<?x4x5x5xf32>, tensor<4x1x3x3xf32>) -> tensor<?x4x3x3xf32>
  func.return %y : tensor<?x4x3x3xf32>
}

// CHECK-LABEL: @one_factor_for_all
// CHECK: [[W:%.*]] = dl.mul %w, %{{.*}} : (tensor<6x2x3x3xf32>, tensor<1xf32>) -> tensor<6x2x3x3xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.conv2d %x, [[W]] acc f32
// CHECK-NEXT: func.return [[Y]]
func.func @one_factor_for_all(%x: tensor<?x4x5x5xf32>) -> tensor<?x6x3x3xf32> {
  %w = dl.param "w" : tensor<6x2x3x3xf32>
  %c = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.mul %x, %c : (tensor<?x4x5x5xf32>, tensor<f32>) -> tensor<?x4x5x5xf32>
  %y = dl.conv2d %0, %w acc f32 {groups = 2} : (tensor<?x4x5x5xf32>, tensor<6x2x3x3xf32>) -> tensor<?x6x3x3xf32>
  func.return %y : tensor<?x6x3x3xf32>
}

// CHECK-LABEL: @shift_then_conv2d
// CHECK: [[Y:%.*]] = dl.conv2d %x, %w acc f32
// CHECK: [[S:%.*]] = dl.reduce_sum %{{.*}} {axes = [1, 2, 3]} : tensor<6x4x3x3xf32> -> tensor<6xf32>
// CHECK: [[Z:%.*]] = dl.sub [[Y]], %{{.*}} : (tensor<?x6x3x3xf32>, tensor<6x1x1xf32>) -> tensor<?x6x3x3xf32>
// CHECK-NEXT: func.return [[Z]]
func.func @shift_then_conv2d(%x: tensor<?x4x5x5xf32>) -> tensor<?x6x3x3xf32> {
  %w = dl.param "w" : tensor<6x4x3x3xf32>
  %c = dl.param "c" : tensor<4x1x1xf32>
  %0 = dl.sub %x, %c : (tensor<?x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<?x4x5x5xf32>
  %y = dl.conv2d %0, %w acc f32 : (tensor<?x4x5x5xf32>, tensor<6x4x3x3xf32>) -> tensor<?x6x3x3xf32>
  func.return %y : tensor<?x6x3x3xf32>
}

// The zeros at the borders are not shifted.

// CHECK-LABEL: @no_shift_into_padding
// CHECK: [[A:%.*]] = dl.add %x, %c
// CHECK-NEXT: dl.conv2d [[A]], %w
func.func @no_shift_into_padding(%x: tensor<?x4x5x5xf32>) -> tensor<?x6x5x5xf32> {
  %w = dl.param "w" : tensor<6x4x3x3xf32>
  %c = dl.param "c" : tensor<4x1x1xf32>
  %0 = dl.add %x, %c : (tensor<?x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<?x4x5x5xf32>
  %y = dl.conv2d %0, %w acc f32 {padding = [1, 1, 1, 1]} : (tensor<?x4x5x5xf32>, tensor<6x4x3x3xf32>) -> tensor<?x6x5x5xf32>
  func.return %y : tensor<?x6x5x5xf32>
}

// CHECK-LABEL: @no_factor_along_another_axis
// CHECK: [[A:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: dl.mul [[A]], %c
func.func @no_factor_along_another_axis(%x: tensor<?x3x4xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %c = dl.param "c" : tensor<3x1xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %y = dl.mul %0, %c : (tensor<?x3x8xf32>, tensor<3x1xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// CHECK-LABEL: @no_factor_from_a_caller
// CHECK: [[A:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: dl.mul [[A]], %c
func.func @no_factor_from_a_caller(%x: tensor<?x3x4xf32>, %c: tensor<8xf32>) -> tensor<?x3x8xf32> {
  %w = dl.param "w" : tensor<4x8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %y = dl.mul %0, %c : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  func.return %y : tensor<?x3x8xf32>
}

// A product that is used elsewhere stays as it is.

// CHECK-LABEL: @no_factor_of_what_is_used
// CHECK: [[A:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: dl.mul [[A]], %c
func.func @no_factor_of_what_is_used(%x: tensor<?x3x4xf32>) -> (tensor<?x3x8xf32>, tensor<?x3x8xf32>) {
  %w = dl.param "w" : tensor<4x8xf32>
  %c = dl.param "c" : tensor<8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x3x4xf32>, tensor<4x8xf32>) -> tensor<?x3x8xf32>
  %y = dl.mul %0, %c : (tensor<?x3x8xf32>, tensor<8xf32>) -> tensor<?x3x8xf32>
  func.return %0, %y : tensor<?x3x8xf32>, tensor<?x3x8xf32>
}

// Half types have no digits to spare.

// CHECK-LABEL: @no_factor_of_half_types
// CHECK: [[A:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: dl.mul [[A]], %c
func.func @no_factor_of_half_types(%x: tensor<2x4xbf16>) -> tensor<2x8xbf16> {
  %w = dl.param "w" : tensor<4x8xbf16>
  %c = dl.param "c" : tensor<8xbf16>
  %0 = dl.matmul %x, %w acc f32 : (tensor<2x4xbf16>, tensor<4x8xbf16>) -> tensor<2x8xbf16>
  %y = dl.mul %0, %c : (tensor<2x8xbf16>, tensor<8xbf16>) -> tensor<2x8xbf16>
  func.return %y : tensor<2x8xbf16>
}
