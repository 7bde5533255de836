// RUN: dlir-opt %s --dl-sink-reshape --dl-simplify | filecheck %s

// A bias, an activation and a residual reach the product in its own shape.

// CHECK-LABEL: @residual
// CHECK: [[M:%.*]] = dl.matmul
// CHECK-NEXT: [[B:%.*]] = dl.add [[M]], %b : (tensor<6x4xf32>, tensor<4xf32>) -> tensor<6x4xf32>
// CHECK-NEXT: [[G:%.*]] = dl.gelu [[B]]{{.*}} : tensor<6x4xf32>
// CHECK-NEXT: [[X:%.*]] = dl.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
// CHECK-NEXT: [[S:%.*]] = dl.add [[X]], [[G]] : tensor<6x4xf32>
// CHECK-NEXT: [[R:%.*]] = dl.reshape [[S]] : tensor<6x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT: func.return [[R]]
func.func @residual(%x: tensor<2x3x4xf32>, %w: tensor<4x4xf32>, %b: tensor<4xf32>) -> tensor<2x3x4xf32> {
  %0 = dl.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %1 = dl.matmul %0, %w acc f32 : (tensor<6x4xf32>, tensor<4x4xf32>) -> tensor<6x4xf32>
  %2 = dl.reshape %1 : tensor<6x4xf32> -> tensor<2x3x4xf32>
  %3 = dl.add %2, %b : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  %4 = dl.gelu %3 : tensor<2x3x4xf32>
  %5 = dl.add %x, %4 : tensor<2x3x4xf32>
  func.return %5 : tensor<2x3x4xf32>
}

// One unknown size follows from the others; a number and a row of ones and a last dimension broadcast.

// CHECK-LABEL: @unknown
// CHECK: [[A:%.*]] = dl.mul %x, %s : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
// CHECK-NEXT: [[V:%.*]] = dl.reshape %v : tensor<1x1x4xf32> -> tensor<4xf32>
// CHECK-NEXT: [[B:%.*]] = dl.add [[A]], [[V]] : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT: dl.reshape [[B]] : tensor<?x4xf32> -> tensor<?x1x4xf32>
func.func @unknown(%x: tensor<?x4xf32>, %s: tensor<f32>, %v: tensor<1x1x4xf32>) -> tensor<?x1x4xf32> {
  %0 = dl.reshape %x : tensor<?x4xf32> -> tensor<?x1x4xf32>
  %1 = dl.mul %0, %s : (tensor<?x1x4xf32>, tensor<f32>) -> tensor<?x1x4xf32>
  %2 = dl.add %1, %v : (tensor<?x1x4xf32>, tensor<1x1x4xf32>) -> tensor<?x1x4xf32>
  func.return %2 : tensor<?x1x4xf32>
}

// What broadcasts in another way, has no elements or several unknown sizes stays.

// CHECK-LABEL: @stays
// CHECK: dl.add %{{.*}}, %c : (tensor<2x3x4xf32>, tensor<3x1xf32>) -> tensor<2x3x4xf32>
// CHECK: dl.exp %{{.*}} : tensor<7x0xf32>
func.func @stays(%x: tensor<6x4xf32>, %c: tensor<3x1xf32>, %e: tensor<0x4xf32>) -> (tensor<2x3x4xf32>, tensor<7x0xf32>) {
  %0 = dl.reshape %x : tensor<6x4xf32> -> tensor<2x3x4xf32>
  %1 = dl.add %0, %c : (tensor<2x3x4xf32>, tensor<3x1xf32>) -> tensor<2x3x4xf32>
  %2 = dl.reshape %e : tensor<0x4xf32> -> tensor<7x0xf32>
  %3 = dl.exp %2 : tensor<7x0xf32>
  func.return %1, %3 : tensor<2x3x4xf32>, tensor<7x0xf32>
}

// CHECK-LABEL: @several_unknown
// CHECK: dl.exp %{{.*}} : tensor<?x?x4xf32>
func.func @several_unknown(%d: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %n = dl.dim %d, 0 : tensor<?x?x4xf32>
  %m = dl.dim %d, 1 : tensor<?x?x4xf32>
  %0 = dl.reshape %d : tensor<?x?x4xf32> -> tensor<?x4xf32>
  %1 = dl.reshape %0 [%n, %m] : tensor<?x4xf32> -> tensor<?x?x4xf32>
  %2 = dl.exp %1 : tensor<?x?x4xf32>
  func.return %2 : tensor<?x?x4xf32>
}

// Queries, keys and values are divided into heads, then parted.

// CHECK-LABEL: @heads
// CHECK: [[H:%.*]] = dl.reshape %x : tensor<?x12xf32> -> tensor<?x4x3xf32>
// CHECK-NEXT: %{{.*}}, %{{.*}} = dl.split [[H]] {axis = 1, sizes = [3, 1]} : tensor<?x4x3xf32> -> (tensor<?x3x3xf32>, tensor<?x1x3xf32>)
// CHECK-NEXT: func.return
func.func @heads(%x: tensor<?x12xf32>) -> (tensor<?x3x3xf32>, tensor<?x1x3xf32>) {
  %0, %1 = dl.split %x {axis = 1, sizes = [9, 3]} : tensor<?x12xf32> -> (tensor<?x9xf32>, tensor<?x3xf32>)
  %2 = dl.reshape %0 : tensor<?x9xf32> -> tensor<?x3x3xf32>
  %3 = dl.reshape %1 : tensor<?x3xf32> -> tensor<?x1x3xf32>
  func.return %2, %3 : tensor<?x3x3xf32>, tensor<?x1x3xf32>
}

// Heads of several sizes, or a part that is used whole, stay.

// CHECK-LABEL: @no_heads
// CHECK: dl.split %x {axis = 1, sizes = [6, 6]}
// CHECK: dl.split %x {axis = 1, sizes = [9, 3]}
func.func @no_heads(%x: tensor<?x12xf32>) -> (tensor<?x3x2xf32>, tensor<?x2x3xf32>, tensor<?x3x3xf32>, tensor<?x3xf32>) {
  %0, %1 = dl.split %x {axis = 1, sizes = [6, 6]} : tensor<?x12xf32> -> (tensor<?x6xf32>, tensor<?x6xf32>)
  %2 = dl.reshape %0 : tensor<?x6xf32> -> tensor<?x3x2xf32>
  %3 = dl.reshape %1 : tensor<?x6xf32> -> tensor<?x2x3xf32>
  %4, %5 = dl.split %x {axis = 1, sizes = [9, 3]} : tensor<?x12xf32> -> (tensor<?x9xf32>, tensor<?x3xf32>)
  %6 = dl.reshape %4 : tensor<?x9xf32> -> tensor<?x3x3xf32>
  func.return %2, %3, %6, %5 : tensor<?x3x2xf32>, tensor<?x2x3xf32>, tensor<?x3x3xf32>, tensor<?x3xf32>
}
