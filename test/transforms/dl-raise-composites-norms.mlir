// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// Llama's norm: x * rsqrt(mean(x^2) + epsilon), then the weight on the left.

// CHECK-LABEL: @rms_norm
// CHECK-NEXT: [[Y:%.*]] = dl.rms_norm %x, %w {axis = 2, epsilon = 0.5} : (tensor<1x?x8xf32>, tensor<8xf32>) -> tensor<1x?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @rms_norm(%x: tensor<1x?x8xf32>, %w: tensor<8xf32>) -> tensor<1x?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.pow %x, %two : (tensor<1x?x8xf32>, tensor<f32>) -> tensor<1x?x8xf32>
  %1 = dl.reduce_mean %0 {axes = [2], keepdims} : tensor<1x?x8xf32> -> tensor<1x?x1xf32>
  %2 = dl.add %1, %eps : (tensor<1x?x1xf32>, tensor<f32>) -> tensor<1x?x1xf32>
  %3 = dl.sqrt %2 : tensor<1x?x1xf32>
  %4 = dl.reciprocal %3 : tensor<1x?x1xf32>
  %5 = dl.mul %x, %4 : (tensor<1x?x8xf32>, tensor<1x?x1xf32>) -> tensor<1x?x8xf32>
  %6 = dl.mul %w, %5 : (tensor<8xf32>, tensor<1x?x8xf32>) -> tensor<1x?x8xf32>
  func.return %6 : tensor<1x?x8xf32>
}

// The sum of the squares is not their mean, and over the first axis it is no rms_norm of dl.

// CHECK-LABEL: @no_rms_norm
// CHECK-NOT: dl.rms_norm
// CHECK: func.return
func.func @no_rms_norm(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %eps = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.mul %x, %x : tensor<4x8xf32>
  %1 = dl.reduce_sum %0 {axes = [1], keepdims} : tensor<4x8xf32> -> tensor<4x1xf32>
  %2 = dl.add %1, %eps : (tensor<4x1xf32>, tensor<f32>) -> tensor<4x1xf32>
  %3 = dl.rsqrt %2 : tensor<4x1xf32>
  %4 = dl.mul %x, %3 : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x8xf32>
  %5 = dl.mul %x, %x : tensor<4x8xf32>
  %6 = dl.reduce_mean %5 {axes = [0], keepdims} : tensor<4x8xf32> -> tensor<1x8xf32>
  %7 = dl.add %6, %eps : (tensor<1x8xf32>, tensor<f32>) -> tensor<1x8xf32>
  %8 = dl.rsqrt %7 : tensor<1x8xf32>
  %9 = dl.mul %x, %8 : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<4x8xf32>
  func.return %4, %9 : tensor<4x8xf32>, tensor<4x8xf32>
}

// As PyTorch exports a group norm: an instance norm of the groups, between reshapes.

// CHECK-LABEL: @group_norm
// CHECK: [[S:%.*]] = dl.reshape %s : tensor<6x1x1xf32> -> tensor<6xf32>
// CHECK: [[B:%.*]] = dl.reshape %b : tensor<6x1x1xf32> -> tensor<6xf32>
// CHECK: [[Y:%.*]] = dl.group_norm %x, [[S]], [[B]] {groups = 2, epsilon = 0.5}
// CHECK-NEXT: func.return [[Y]]
func.func @group_norm(%x: tensor<?x6x4x4xf32>, %s: tensor<6x1x1xf32>, %b: tensor<6x1x1xf32>)
    -> tensor<?x6x4x4xf32> {
  %ones = dl.constant dense<1.0> : tensor<2xf32>
  %zeros = dl.constant dense<0.0> : tensor<2xf32>
  %0 = dl.reshape %x : tensor<?x6x4x4xf32> -> tensor<?x2x48xf32>
  %1 = dl.instance_norm %0, %ones, %zeros {epsilon = 0.5}
    : (tensor<?x2x48xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x48xf32>
  %2 = dl.reshape %1 : tensor<?x2x48xf32> -> tensor<?x6x4x4xf32>
  %3 = dl.mul %2, %s : (tensor<?x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<?x6x4x4xf32>
  %4 = dl.add %3, %b : (tensor<?x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<?x6x4x4xf32>
  func.return %4 : tensor<?x6x4x4xf32>
}

// A scale per row is none per channel; groups that mix images are none either.

// CHECK-LABEL: @no_group_norm
// CHECK-NOT: dl.group_norm
// CHECK: func.return
func.func @no_group_norm(%x: tensor<2x6x4x4xf32>, %s: tensor<4x1xf32>, %c: tensor<6x1x1xf32>)
    -> (tensor<2x6x4x4xf32>, tensor<2x6x4x4xf32>) {
  %ones = dl.constant dense<1.0> : tensor<2xf32>
  %zeros = dl.constant dense<0.0> : tensor<2xf32>
  %0 = dl.reshape %x : tensor<2x6x4x4xf32> -> tensor<2x2x48xf32>
  %1 = dl.instance_norm %0, %ones, %zeros
    : (tensor<2x2x48xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2x48xf32>
  %2 = dl.reshape %1 : tensor<2x2x48xf32> -> tensor<2x6x4x4xf32>
  %3 = dl.mul %2, %s : (tensor<2x6x4x4xf32>, tensor<4x1xf32>) -> tensor<2x6x4x4xf32>
  %4 = dl.add %3, %s : (tensor<2x6x4x4xf32>, tensor<4x1xf32>) -> tensor<2x6x4x4xf32>
  %5 = dl.reshape %x : tensor<2x6x4x4xf32> -> tensor<1x2x96xf32>
  %6 = dl.instance_norm %5, %ones, %zeros
    : (tensor<1x2x96xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x96xf32>
  %7 = dl.reshape %6 : tensor<1x2x96xf32> -> tensor<2x6x4x4xf32>
  %8 = dl.mul %7, %c : (tensor<2x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<2x6x4x4xf32>
  %9 = dl.add %8, %c : (tensor<2x6x4x4xf32>, tensor<6x1x1xf32>) -> tensor<2x6x4x4xf32>
  func.return %4, %9 : tensor<2x6x4x4xf32>, tensor<2x6x4x4xf32>
}
