// RUN: dlir-opt %s --dl-sink-broadcast | filecheck %s

// Through a chain of ops, and one broadcast at the end.

// CHECK-LABEL: @chain
// CHECK-NEXT: [[A:%.*]] = dl.exp %x : tensor<4xf32>
// CHECK-NEXT: [[B:%.*]] = dl.mul [[A]], %x : tensor<4xf32>
// CHECK-NEXT: [[C:%.*]] = dl.cast [[B]] : tensor<4xf32> -> tensor<4xf16>
// CHECK-NEXT: [[D:%.*]] = dl.broadcast [[C]] : tensor<4xf16> -> tensor<8x4xf16>
// CHECK-NEXT: func.return [[D]]
func.func @chain(%x: tensor<4xf32>) -> tensor<8x4xf16> {
  %0 = dl.broadcast %x : tensor<4xf32> -> tensor<8x4xf32>
  %1 = dl.exp %0 : tensor<8x4xf32>
  %2 = dl.mul %1, %0 : tensor<8x4xf32>
  %3 = dl.cast %2 : tensor<8x4xf32> -> tensor<8x4xf16>
  func.return %3 : tensor<8x4xf16>
}

// Operands broadcast along different axes need none.

// CHECK-LABEL: @implicit
// CHECK-NEXT: [[C:%.*]] = dl.compare lt, %x, %y : (tensor<4xf32>, tensor<8x1xf32>) -> tensor<8x4xi1>
// CHECK-NEXT: [[S:%.*]] = dl.select [[C]], %x, %y
// CHECK-NEXT: func.return [[S]]
func.func @implicit(%x: tensor<4xf32>, %y: tensor<8x1xf32>) -> tensor<8x4xf32> {
  %0 = dl.broadcast %x : tensor<4xf32> -> tensor<8x4xf32>
  %1 = dl.broadcast %y : tensor<8x1xf32> -> tensor<8x4xf32>
  %2 = dl.compare lt, %0, %1 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xi1>
  %3 = dl.select %2, %0, %1 : (tensor<8x4xi1>, tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  func.return %3 : tensor<8x4xf32>
}

// The sizes that are not known go along.

// CHECK-LABEL: @dynamic
// CHECK-NEXT: [[A:%.*]] = dl.add %x, %y : (tensor<4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: [[B:%.*]] = dl.broadcast [[A]] [%n] : tensor<1x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: func.return [[B]]
func.func @dynamic(%x: tensor<4xf32>, %y: tensor<1x4xf32>, %n: index) -> tensor<?x4xf32> {
  %0 = dl.broadcast %x [%n] : tensor<4xf32> -> tensor<?x4xf32>
  %1 = dl.add %0, %y : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
  func.return %1 : tensor<?x4xf32>
}

// No broadcast has the shape of the result: its size would not be known.

// CHECK-LABEL: @two_sizes
// CHECK: dl.broadcast %x
// CHECK: dl.broadcast %y
// CHECK: dl.add {{.*}} -> tensor<?x?xf32>
func.func @two_sizes(%x: tensor<1x1xf32>, %y: tensor<1x1xf32>, %n: index) -> tensor<?x?xf32> {
  %0 = dl.broadcast %x [%n] : tensor<1x1xf32> -> tensor<?x1xf32>
  %1 = dl.broadcast %y [%n] : tensor<1x1xf32> -> tensor<1x?xf32>
  %2 = dl.add %0, %1 : (tensor<?x1xf32>, tensor<1x?xf32>) -> tensor<?x?xf32>
  func.return %2 : tensor<?x?xf32>
}

// A sum over the broadcast axis is not elementwise.

// CHECK-LABEL: @reduced
// CHECK-NEXT: dl.broadcast
// CHECK-NEXT: dl.reduce_sum
func.func @reduced(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.broadcast %x : tensor<4xf32> -> tensor<8x4xf32>
  %1 = dl.reduce_sum %0 {axes = [0]} : tensor<8x4xf32> -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}
