// RUN: dlir-opt %s --dl-sink-reshape | filecheck %s

// Rows stay, tensors of full size are seen in the other shape.

// CHECK-LABEL: @bias_activation_and_residual
// CHECK: [[M:%.*]] = dl.matmul %x, %w
// CHECK-NEXT: [[B:%.*]] = dl.add %b, [[M]] : (tensor<8xf32>, tensor<6x8xf32>) -> tensor<6x8xf32>
// CHECK-NEXT: [[G:%.*]] = dl.gelu [[B]]
// CHECK-NEXT: [[Y:%.*]] = dl.reshape %y : tensor<2x3x8xf32> -> tensor<6x8xf32>
// CHECK-NEXT: [[Z:%.*]] = dl.add [[G]], [[Y]]
// CHECK-NEXT: [[R:%.*]] = dl.reshape [[Z]] : tensor<6x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT: func.return [[R]]
func.func @bias_activation_and_residual(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>, %y: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %2 = dl.add %b, %1 : (tensor<8xf32>, tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %3 = dl.gelu %2 : tensor<2x3x8xf32>
  %z = dl.add %3, %y : tensor<2x3x8xf32>
  func.return %z : tensor<2x3x8xf32>
}

// CHECK-LABEL: @mask_and_number
// CHECK: [[C:%.*]] = dl.reshape %c
// CHECK-NEXT: [[S:%.*]] = dl.select [[C]], %{{.*}}, %n
// CHECK-NEXT: [[Z:%.*]] = dl.reshape [[S]]
// CHECK-NEXT: func.return [[Z]]
func.func @mask_and_number(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %c: tensor<2x3x8xi1>) -> tensor<2x3x8xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %n = dl.constant dense<-1.0> : tensor<1x1xf32>
  %z = dl.select %c, %1, %n : (tensor<2x3x8xi1>, tensor<2x3x8xf32>, tensor<1x1xf32>) -> tensor<2x3x8xf32>
  func.return %z : tensor<2x3x8xf32>
}

// The parts of a split become views of heads.

// CHECK-LABEL: @heads
// CHECK: [[H:%.*]] = dl.reshape %{{.*}} : tensor<?x24xf32> -> tensor<?x6x4xf32>
// CHECK-NEXT: %h, %i = dl.split [[H]] {axis = 1, sizes = [4, 2]}
// CHECK-NEXT: func.return %h, %i
func.func @heads(%x: tensor<?x4xf32>, %w: tensor<4x24xf32>) -> (tensor<?x4x4xf32>, tensor<?x2x4xf32>) {
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x24xf32>) -> tensor<?x24xf32>
  %q, %k = dl.split %0 {axis = 1, sizes = [16, 8]} : tensor<?x24xf32> -> (tensor<?x16xf32>, tensor<?x8xf32>)
  %i = dl.reshape %k : tensor<?x8xf32> -> tensor<?x2x4xf32>
  %h = dl.reshape %q : tensor<?x16xf32> -> tensor<?x4x4xf32>
  func.return %h, %i : tensor<?x4x4xf32>, tensor<?x2x4xf32>
}

// CHECK-LABEL: @no_heads_of_one_size
// CHECK: dl.split %x
func.func @no_heads_of_one_size(%x: tensor<2x12xf32>) -> (tensor<2x2x4xf32>, tensor<2x2x2xf32>) {
  %q, %k = dl.split %x {axis = 1, sizes = [8, 4]} : tensor<2x12xf32> -> (tensor<2x8xf32>, tensor<2x4xf32>)
  %h = dl.reshape %q : tensor<2x8xf32> -> tensor<2x2x4xf32>
  %i = dl.reshape %k : tensor<2x4xf32> -> tensor<2x2x2xf32>
  func.return %h, %i : tensor<2x2x4xf32>, tensor<2x2x2xf32>
}

// The last dimension is another one.

// CHECK-LABEL: @no_row_of_another_size
// CHECK: [[R:%.*]] = dl.reshape
// CHECK-NEXT: dl.add [[R]], %b
func.func @no_row_of_another_size(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %b: tensor<4xf32>) -> tensor<12x4xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<12x4xf32>
  %z = dl.add %1, %b : (tensor<12x4xf32>, tensor<4xf32>) -> tensor<12x4xf32>
  func.return %z : tensor<12x4xf32>
}

// Nothing is won.

// CHECK-LABEL: @no_contraction
// CHECK: [[R:%.*]] = dl.reshape %x
// CHECK-NEXT: dl.relu [[R]]
func.func @no_contraction(%x: tensor<6x8xf32>) -> tensor<2x3x8xf32> {
  %1 = dl.reshape %x : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %z = dl.relu %1 : tensor<2x3x8xf32>
  func.return %z : tensor<2x3x8xf32>
}

// CHECK-LABEL: @no_use_of_both_shapes
// CHECK: [[R:%.*]] = dl.reshape
// CHECK-NEXT: dl.relu [[R]]
func.func @no_use_of_both_shapes(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %z = dl.relu %1 : tensor<2x3x8xf32>
  func.return %z, %1 : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// The result is larger than what is reshaped.

// CHECK-LABEL: @broadcast_against_more
// CHECK: [[R:%.*]] = dl.reshape
// CHECK-NEXT: dl.add [[R]], %y
func.func @broadcast_against_more(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>, %y: tensor<5x2x3x8xf32>) -> tensor<5x2x3x8xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
  %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
  %z = dl.add %1, %y : (tensor<2x3x8xf32>, tensor<5x2x3x8xf32>) -> tensor<5x2x3x8xf32>
  func.return %z : tensor<5x2x3x8xf32>
}

// CHECK-LABEL: @unknown_batch
// CHECK: [[A:%.*]] = dl.relu %{{.*}} : tensor<?x24xf32>
// CHECK-NEXT: [[R:%.*]] = dl.reshape [[A]] : tensor<?x24xf32> -> tensor<?x3x8xf32>
// CHECK-NEXT: func.return [[R]]
func.func @unknown_batch(%x: tensor<?x4xf32>, %w: tensor<4x24xf32>) -> tensor<?x3x8xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x24xf32>) -> tensor<?x24xf32>
  %1 = dl.reshape %0 : tensor<?x24xf32> -> tensor<?x3x8xf32>
  %z = dl.relu %1 : tensor<?x3x8xf32>
  func.return %z : tensor<?x3x8xf32>
}
