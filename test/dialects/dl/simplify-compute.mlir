// RUN: dlir-opt %s --dl-simplify | filecheck %s
// RUN: dlir-opt %s --canonicalize | filecheck %s

// CHECK-LABEL: @involution
// CHECK-NEXT: func.return %x : tensor<?xf32>
func.func @involution(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.neg %x : tensor<?xf32>
  %1 = dl.neg %0 : tensor<?xf32>
  func.return %1 : tensor<?xf32>
}

// CHECK-LABEL: @idempotence
// CHECK-NEXT: %0 = dl.relu %x
// CHECK-NEXT: func.return %0
func.func @idempotence(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.relu %x : tensor<?xf32>
  %1 = dl.relu %0 : tensor<?xf32>
  func.return %1 : tensor<?xf32>
}

// CHECK-LABEL: @already_whole
// CHECK-NEXT: %0 = dl.floor %x
// CHECK-NEXT: func.return %0
func.func @already_whole(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.floor %x : tensor<?xf32>
  %1 = dl.round %0 : tensor<?xf32>
  func.return %1 : tensor<?xf32>
}

// CHECK-LABEL: @no_bounds
// CHECK-NEXT: func.return %x
func.func @no_bounds(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.clip %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @neutral_element
// CHECK-NEXT: func.return %x, %x, %x, %i, %i, %c
func.func @neutral_element(%x: tensor<4xf32>, %i: tensor<4xi32>, %c: tensor<?xi1>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<?xi1>) {
  %one = dl.constant dense<1.0> : tensor<f32>
  %ones = dl.constant dense<1.0> : tensor<4xf32>
  %minus_zero = dl.constant dense<-0.0> : tensor<f32>
  %zero = dl.constant dense<0> : tensor<i32>
  %all = dl.constant dense<-1> : tensor<1xi32>
  %true = dl.constant dense<true> : tensor<i1>
  %0 = dl.mul %one, %x : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = dl.div %x, %ones : tensor<4xf32>
  %2 = dl.add %x, %minus_zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = dl.add %zero, %i : (tensor<i32>, tensor<4xi32>) -> tensor<4xi32>
  %4 = dl.and %i, %all : (tensor<4xi32>, tensor<1xi32>) -> tensor<4xi32>
  %5 = dl.and %c, %true : (tensor<?xi1>, tensor<i1>) -> tensor<?xi1>
  func.return %0, %1, %2, %3, %4, %5
    : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<?xi1>
}

// -0.0 + 0.0 = 0.0, and a constant of higher rank changes the type.
// CHECK-LABEL: @not_neutral
// CHECK: dl.add
// CHECK: dl.mul
func.func @not_neutral(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<1x4xf32>) {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<1x1xf32>
  %0 = dl.add %x, %zero : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = dl.mul %x, %one : (tensor<4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<1x4xf32>
}

// CHECK-LABEL: @same_operands
// CHECK-NEXT: func.return %x, %c
func.func @same_operands(%x: tensor<?xf32>, %c: tensor<2xi1>) -> (tensor<?xf32>, tensor<2xi1>) {
  %0 = dl.max %x, %x : tensor<?xf32>
  %1 = dl.or %c, %c : tensor<2xi1>
  func.return %0, %1 : tensor<?xf32>, tensor<2xi1>
}

// CHECK-LABEL: @constant_right
// CHECK: dl.add %x, %c
func.func @constant_right(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = dl.param "bias" : tensor<2xf32>
  %0 = dl.add %c, %x : tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: @decided
// CHECK-NEXT: func.return %x, %y, %x
func.func @decided(%c: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf32>)
    -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %true = dl.constant dense<true> : tensor<2xi1>
  %false = dl.constant dense<false> : tensor<i1>
  %0 = dl.select %true, %x, %y : (tensor<2xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = dl.select %false, %x, %y : (tensor<i1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %2 = dl.select %c, %x, %x : (tensor<2xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %0, %1, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: @casts
// CHECK-NEXT: %0 = dl.cast %x : tensor<?xf16> -> tensor<?xi8>
// CHECK-NEXT: func.return %x, %x, %0
func.func @casts(%x: tensor<?xf16>) -> (tensor<?xf16>, tensor<?xf16>, tensor<?xi8>) {
  %0 = dl.cast %x : tensor<?xf16> -> tensor<?xf16>
  %1 = dl.cast %x : tensor<?xf16> -> tensor<?xf32>
  %2 = dl.cast %1 : tensor<?xf32> -> tensor<?xf16>
  %3 = dl.cast %1 : tensor<?xf32> -> tensor<?xi8>
  func.return %0, %2, %3 : tensor<?xf16>, tensor<?xf16>, tensor<?xi8>
}

// f16 and bf16 hold each other's values only in part.
// CHECK-LABEL: @lossy_casts
// CHECK: dl.cast
// CHECK: dl.cast
func.func @lossy_casts(%x: tensor<?xf16>) -> tensor<?xf16> {
  %0 = dl.cast %x : tensor<?xf16> -> tensor<?xbf16>
  %1 = dl.cast %0 : tensor<?xbf16> -> tensor<?xf16>
  func.return %1 : tensor<?xf16>
}

// CHECK-LABEL: @no_axes
// CHECK-NEXT: func.return %x
func.func @no_axes(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.reduce_sum %x {axes = []} : tensor<?xf32> -> tensor<?xf32>
  func.return %0 : tensor<?xf32>
}

// CHECK-LABEL: @one_place
// CHECK-NEXT: %0 = dl.max_pool2d
// CHECK-NEXT: func.return %x, %0
func.func @one_place(%x: tensor<1x3x4x4xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x2x2xf32>) {
  %0 = dl.avg_pool2d %x {kernel = [1, 1]} : tensor<1x3x4x4xf32> -> tensor<1x3x4x4xf32>
  %1 = dl.max_pool2d %x {kernel = [1, 1], strides = [2, 2]} : tensor<1x3x4x4xf32> -> tensor<1x3x2x2xf32>
  func.return %0, %1 : tensor<1x3x4x4xf32>, tensor<1x3x2x2xf32>
}

// CHECK-LABEL: @transposed_operand
// CHECK-NEXT: dl.matmul %a, %b acc f32 {transpose_lhs} : (tensor<2x5x3xf32>, tensor<?x5x4xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT: func.return
func.func @transposed_operand(%a: tensor<2x5x3xf32>, %b: tensor<?x5x4xf32>) -> tensor<2x3x4xf32> {
  %0 = dl.transpose %a {perm = [0, 2, 1]} : tensor<2x5x3xf32> -> tensor<2x3x5xf32>
  %1 = dl.transpose %b {perm = [0, 2, 1]} : tensor<?x5x4xf32> -> tensor<?x4x5xf32>
  %2 = dl.matmul %0, %1 acc f32 {transpose_rhs} : (tensor<2x3x5xf32>, tensor<?x4x5xf32>) -> tensor<2x3x4xf32>
  func.return %2 : tensor<2x3x4xf32>
}

// CHECK-LABEL: @sizes
// CHECK-DAG: %[[FOUR:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[DIM:.*]] = dl.dim %x, 0 : tensor<?x4xf32>
// CHECK: func.return %[[FOUR]], %[[DIM]], %n
func.func @sizes(%x: tensor<?x4xf32>, %n: index) -> (index, index, index) {
  %0 = dl.dim %x, 1 : tensor<?x4xf32>
  %1 = dl.exp %x : tensor<?x4xf32>
  %2 = dl.transpose %1 {perm = [1, 0]} : tensor<?x4xf32> -> tensor<4x?xf32>
  %3 = dl.dim %2, 1 : tensor<4x?xf32>
  %4 = dl.reshape %x [%0, %n] : tensor<?x4xf32> -> tensor<?x1x?xf32>
  %5 = dl.dim %4, 2 : tensor<?x1x?xf32>
  func.return %0, %3, %5 : index, index, index
}
