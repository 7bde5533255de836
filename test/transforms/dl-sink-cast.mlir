// RUN: dlir-opt %s --dl-sink-cast | filecheck %s

// Products and sums of f16 in f32, a constant among them.

// CHECK-LABEL: @f16
// CHECK-NEXT: [[C:%.*]] = dl.constant dense<5.000000e-01> : tensor<f16>
// CHECK-NEXT: [[A:%.*]] = dl.mul %x, [[C]] : (tensor<4xf16>, tensor<f16>) -> tensor<4xf16>
// CHECK-NEXT: func.return [[A]]
func.func @f16(%x: tensor<4xf16>) -> tensor<4xf16> {
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.cast %x : tensor<4xf16> -> tensor<4xf32>
  %1 = dl.mul %0, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = dl.cast %1 : tensor<4xf32> -> tensor<4xf16>
  func.return %2 : tensor<4xf16>
}

// Two ops with one rounding are not two with two; 0.1 is no f16; exp rounds as it likes.

// CHECK-LABEL: @not_exact
// CHECK-COUNT-3: dl.cast {{.*}} -> tensor<4xf16>
func.func @not_exact(%x: tensor<4xf16>) -> (tensor<4xf16>, tensor<4xf16>, tensor<4xf16>) {
  %tenth = dl.constant dense<0.1> : tensor<f32>
  %0 = dl.cast %x : tensor<4xf16> -> tensor<4xf32>
  %1 = dl.mul %0, %0 : tensor<4xf32>
  %2 = dl.add %1, %0 : tensor<4xf32>
  %3 = dl.cast %2 : tensor<4xf32> -> tensor<4xf16>
  %4 = dl.mul %0, %tenth : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %5 = dl.cast %4 : tensor<4xf32> -> tensor<4xf16>
  %6 = dl.exp %0 : tensor<4xf32>
  %7 = dl.cast %6 : tensor<4xf32> -> tensor<4xf16>
  func.return %3, %5, %7 : tensor<4xf16>, tensor<4xf16>, tensor<4xf16>
}

// Integers wrap around alike; a quotient does not follow from the low bits.

// CHECK-LABEL: @integers
// CHECK: dl.mul %x, %y : tensor<4xi8>
// CHECK: dl.div {{.*}} : tensor<4xi32>
func.func @integers(%x: tensor<4xi8>, %y: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>) {
  %0 = dl.cast %x : tensor<4xi8> -> tensor<4xi32>
  %1 = dl.cast %y : tensor<4xi8> -> tensor<4xi32>
  %2 = dl.mul %0, %1 : tensor<4xi32>
  %3 = dl.cast %2 : tensor<4xi32> -> tensor<4xi8>
  %4 = dl.div %0, %1 : tensor<4xi32>
  %5 = dl.cast %4 : tensor<4xi32> -> tensor<4xi8>
  func.return %3, %5 : tensor<4xi8>, tensor<4xi8>
}

// The condition of a select has a type of its own; comparisons need no wide values.

// CHECK-LABEL: @select
// CHECK-NEXT: [[C:%.*]] = dl.compare gt, %x, %y : (tensor<4xf16>, tensor<4xf16>) -> tensor<4xi1>
// CHECK-NEXT: [[S:%.*]] = dl.select [[C]], %x, %y : (tensor<4xi1>, tensor<4xf16>, tensor<4xf16>) -> tensor<4xf16>
// CHECK-NEXT: func.return [[S]]
func.func @select(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xf16> {
  %0 = dl.cast %x : tensor<4xf16> -> tensor<4xf32>
  %1 = dl.cast %y : tensor<4xf16> -> tensor<4xf32>
  %2 = dl.compare gt, %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %3 = dl.select %2, %0, %1 : (tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = dl.cast %3 : tensor<4xf32> -> tensor<4xf16>
  func.return %4 : tensor<4xf16>
}

// Moves are done in the narrow type.

// CHECK-LABEL: @moves
// CHECK-NEXT: [[T:%.*]] = dl.transpose %x {perm = [1, 0]} : tensor<2x4xf16> -> tensor<4x2xf16>
// CHECK-NEXT: [[R:%.*]] = dl.reshape [[T]] : tensor<4x2xf16> -> tensor<8xf16>
// CHECK-NEXT: [[W:%.*]] = dl.cast [[R]] : tensor<8xf16> -> tensor<8xf32>
// CHECK-NEXT: [[E:%.*]] = dl.exp [[W]] : tensor<8xf32>
// CHECK-NEXT: [[N:%.*]] = dl.cast [[E]] : tensor<8xf32> -> tensor<8xf16>
// CHECK-NEXT: [[B:%.*]] = dl.broadcast [[N]] : tensor<8xf16> -> tensor<3x8xf16>
// CHECK-NEXT: func.return [[B]]
func.func @moves(%x: tensor<2x4xf16>) -> tensor<3x8xf16> {
  %0 = dl.cast %x : tensor<2x4xf16> -> tensor<2x4xf32>
  %1 = dl.transpose %0 {perm = [1, 0]} : tensor<2x4xf32> -> tensor<4x2xf32>
  %2 = dl.reshape %1 : tensor<4x2xf32> -> tensor<8xf32>
  %3 = dl.exp %2 : tensor<8xf32>
  %4 = dl.broadcast %3 : tensor<8xf32> -> tensor<3x8xf32>
  %5 = dl.cast %4 : tensor<3x8xf32> -> tensor<3x8xf16>
  func.return %5 : tensor<3x8xf16>
}

// A cast to i1 is no way back, and an unsigned number has no narrow -1.

// CHECK-LABEL: @kept
// CHECK: [[S:%.*]] = dl.add %{{.*}} : tensor<4xi8>
// CHECK-NEXT: dl.cast [[S]] : tensor<4xi8> -> tensor<4xi1>
// CHECK: [[M:%.*]] = dl.max %{{.*}} : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
// CHECK-NEXT: dl.cast [[M]] : tensor<4xi32> -> tensor<4xui8>
func.func @kept(%x: tensor<4xi1>, %y: tensor<4xi1>, %u: tensor<4xui8>)
    -> (tensor<4xi1>, tensor<4xui8>) {
  %0 = dl.cast %x : tensor<4xi1> -> tensor<4xi8>
  %1 = dl.cast %y : tensor<4xi1> -> tensor<4xi8>
  %2 = dl.add %0, %1 : tensor<4xi8>
  %3 = dl.cast %2 : tensor<4xi8> -> tensor<4xi1>
  %4 = dl.cast %u : tensor<4xui8> -> tensor<4xi32>
  %5 = dl.constant dense<-1> : tensor<i32>
  %6 = dl.max %4, %5 : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
  %7 = dl.cast %6 : tensor<4xi32> -> tensor<4xui8>
  func.return %3, %7 : tensor<4xi1>, tensor<4xui8>
}
