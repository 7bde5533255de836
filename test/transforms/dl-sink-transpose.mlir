// RUN: dlir-opt %s --dl-sink-transpose | filecheck %s

// Elementwise ops in between are computed in the other order.

// CHECK-LABEL: @there_and_back
// CHECK-NOT: dl.transpose
// CHECK: [[A:%.*]] = dl.exp %x
// CHECK: [[B:%.*]] = dl.reshape %b : tensor<3xf32> -> tensor<3x1x1xf32>
// CHECK-NEXT: [[C:%.*]] = dl.add [[A]], [[B]] : (tensor<?x3x4x5xf32>, tensor<3x1x1xf32>) -> tensor<?x3x4x5xf32>
// CHECK-NEXT: [[D:%.*]] = dl.mul [[C]], %y
// CHECK-NEXT: func.return [[D]]
func.func @there_and_back(%x: tensor<?x3x4x5xf32>, %y: tensor<?x3x4x5xf32>) -> tensor<?x3x4x5xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<?x3x4x5xf32> -> tensor<?x4x5x3xf32>
  %1 = dl.transpose %y {perm = [0, 2, 3, 1]} : tensor<?x3x4x5xf32> -> tensor<?x4x5x3xf32>
  %2 = dl.exp %0 : tensor<?x4x5x3xf32>
  %b = dl.param "b" : tensor<3xf32>
  %3 = dl.add %2, %b : (tensor<?x4x5x3xf32>, tensor<3xf32>) -> tensor<?x4x5x3xf32>
  %4 = dl.mul %3, %1 : tensor<?x4x5x3xf32>
  %z = dl.transpose %4 {perm = [0, 3, 1, 2]} : tensor<?x4x5x3xf32> -> tensor<?x3x4x5xf32>
  func.return %z : tensor<?x3x4x5xf32>
}

// Other axes are reduced.

// CHECK-LABEL: @through_reduction
// CHECK: [[A:%.*]] = dl.reduce_max %x {axes = [2, 3], keepdims} : tensor<?x3x4x5xf32> -> tensor<?x3x1x1xf32>
// CHECK-NEXT: func.return [[A]]
func.func @through_reduction(%x: tensor<?x3x4x5xf32>) -> tensor<?x3x1x1xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<?x3x4x5xf32> -> tensor<?x4x5x3xf32>
  %1 = dl.reduce_max %0 {axes = [1, 2], keepdims} : tensor<?x4x5x3xf32> -> tensor<?x1x1x3xf32>
  %z = dl.transpose %1 {perm = [0, 3, 1, 2]} : tensor<?x1x1x3xf32> -> tensor<?x3x1x1xf32>
  func.return %z : tensor<?x3x1x1xf32>
}

// CHECK-LABEL: @through_softmax
// CHECK: [[A:%.*]] = dl.softmax %x {axis = 1}
// CHECK-NEXT: func.return [[A]]
func.func @through_softmax(%x: tensor<?x3x4x5xf32>) -> tensor<?x3x4x5xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 3, 1]} : tensor<?x3x4x5xf32> -> tensor<?x4x5x3xf32>
  %1 = dl.softmax %0 {axis = 3} : tensor<?x4x5x3xf32>
  %z = dl.transpose %1 {perm = [0, 3, 1, 2]} : tensor<?x4x5x3xf32> -> tensor<?x3x4x5xf32>
  func.return %z : tensor<?x3x4x5xf32>
}

// CHECK-LABEL: @through_concat_pad_and_slice
// CHECK: [[A:%.*]] = dl.concat %x, %y {axis = 1}
// CHECK-NEXT: [[B:%.*]] = dl.pad [[A]] {low = [0, 0, 1], high = [0, 2, 0], value = 0.0}
// CHECK-NEXT: [[C:%.*]] = dl.slice [[B]] {offsets = [0, 1, 0], strides = [1, 1, 2]}
// CHECK-NEXT: func.return [[C]]
func.func @through_concat_pad_and_slice(%x: tensor<2x3x4xf32>, %y: tensor<2x5x4xf32>) -> tensor<2x7x3xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = dl.transpose %y {perm = [0, 2, 1]} : tensor<2x5x4xf32> -> tensor<2x4x5xf32>
  %2 = dl.concat %0, %1 {axis = 2} : (tensor<2x4x3xf32>, tensor<2x4x5xf32>) -> tensor<2x4x8xf32>
  %3 = dl.pad %2 {low = [0, 1, 0], high = [0, 0, 2], value = 0.0} : tensor<2x4x8xf32> -> tensor<2x5x10xf32>
  %4 = dl.slice %3 {offsets = [0, 0, 1], strides = [1, 2, 1]} : tensor<2x5x10xf32> -> tensor<2x3x7xf32>
  %z = dl.transpose %4 {perm = [0, 2, 1]} : tensor<2x3x7xf32> -> tensor<2x7x3xf32>
  func.return %z : tensor<2x7x3xf32>
}

// A reshape that splits the dimension that was moved.

// CHECK-LABEL: @through_reshape
// CHECK: [[A:%.*]] = dl.reshape %x : tensor<2x6x5xf32> -> tensor<2x2x3x5xf32>
// CHECK-NEXT: func.return [[A]]
func.func @through_reshape(%x: tensor<2x6x5xf32>) -> tensor<2x2x3x5xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x6x5xf32> -> tensor<2x5x6xf32>
  %1 = dl.reshape %0 : tensor<2x5x6xf32> -> tensor<2x5x2x3xf32>
  %z = dl.transpose %1 {perm = [0, 2, 3, 1]} : tensor<2x5x2x3xf32> -> tensor<2x2x3x5xf32>
  func.return %z : tensor<2x2x3x5xf32>
}

// A product reads its operand in place.

// CHECK-LABEL: @to_a_matmul
// CHECK: [[A:%.*]] = dl.exp %x
// CHECK-NEXT: [[B:%.*]] = dl.transpose [[A]] {perm = [0, 2, 1]}
// CHECK-NEXT: dl.matmul [[B]], %y
func.func @to_a_matmul(%x: tensor<2x3x4xf32>, %y: tensor<2x3x5xf32>) -> tensor<2x4x5xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = dl.exp %0 : tensor<2x4x3xf32>
  %z = dl.matmul %1, %y acc f32 : (tensor<2x4x3xf32>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
  func.return %z : tensor<2x4x5xf32>
}

// CHECK-LABEL: @two_become_one
// CHECK: [[A:%.*]] = dl.exp %x
// CHECK-NEXT: [[B:%.*]] = dl.transpose [[A]] {perm = [2, 0, 1]} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT: func.return [[B]]
func.func @two_become_one(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = dl.exp %0 : tensor<2x4x3xf32>
  %z = dl.transpose %1 {perm = [1, 0, 2]} : tensor<2x4x3xf32> -> tensor<4x2x3xf32>
  func.return %z : tensor<4x2x3xf32>
}

// A transpose that would only stand elsewhere stays.

// CHECK-LABEL: @nothing_gained
// CHECK: [[A:%.*]] = dl.transpose %x
// CHECK-NEXT: dl.exp [[A]]
func.func @nothing_gained(%x: tensor<2x3x4xf32>) -> tensor<2x4x3xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %z = dl.exp %0 : tensor<2x4x3xf32>
  func.return %z : tensor<2x4x3xf32>
}

// One transpose may not make another one.

// CHECK-LABEL: @operands_in_different_orders
// CHECK: [[A:%.*]] = dl.transpose %x
// CHECK-NEXT: [[B:%.*]] = dl.add [[A]], %y
// CHECK-NEXT: dl.transpose [[B]]
func.func @operands_in_different_orders(%x: tensor<2x3x4xf32>, %y: tensor<2x4x3xf32>) -> tensor<2x3x4xf32> {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = dl.add %0, %y : tensor<2x4x3xf32>
  %z = dl.transpose %1 {perm = [0, 2, 1]} : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
  func.return %z : tensor<2x3x4xf32>
}

// More elements would be moved.

// CHECK-LABEL: @used_in_both_orders
// CHECK: [[A:%.*]] = dl.transpose %x
// CHECK-NEXT: dl.exp [[A]]
// CHECK-NEXT: dl.neg [[A]]
func.func @used_in_both_orders(%x: tensor<2x3x4xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %0 = dl.transpose %x {perm = [0, 2, 1]} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %1 = dl.exp %0 : tensor<2x4x3xf32>
  %2 = dl.neg %0 : tensor<2x4x3xf32>
  func.return %1, %2 : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// A value of one element in another order next to one in its own.

// CHECK-LABEL: @one_element
// CHECK-NEXT: [[T:%.*]] = dl.transpose %x
// CHECK-NEXT: [[A:%.*]] = dl.compare eq, %x, [[T]]
// CHECK-NEXT: [[B:%.*]] = dl.not [[A]]
// CHECK-NEXT: func.return [[B]]
func.func @one_element(%x: tensor<1x1xf32>) -> tensor<1x1xi1> {
  %0 = dl.transpose %x {perm = [1, 0]} : tensor<1x1xf32> -> tensor<1x1xf32>
  %1 = dl.compare eq, %x, %0 : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xi1>
  %2 = dl.not %1 : tensor<1x1xi1>
  func.return %2 : tensor<1x1xi1>
}
