// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// CHECK-LABEL: @sigmoid_by_reciprocal
// CHECK-NEXT: dl.sigmoid %x
// CHECK-NEXT: func.return
func.func @sigmoid_by_reciprocal(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.neg %x : tensor<?x8xf32>
  %1 = dl.exp %0 : tensor<?x8xf32>
  %2 = dl.add %one, %1 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = dl.reciprocal %2 : tensor<?x8xf32>
  func.return %3 : tensor<?x8xf32>
}

// x / (1 + e^-x), without a sigmoid.

// CHECK-LABEL: @silu_by_division
// CHECK-NEXT: dl.silu %x
// CHECK-NEXT: func.return
func.func @silu_by_division(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.neg %x : tensor<?x8xf32>
  %1 = dl.exp %0 : tensor<?x8xf32>
  %2 = dl.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.div %x, %2 : tensor<?x8xf32>
  func.return %3 : tensor<?x8xf32>
}

// The gate of another value is a product, no silu.

// CHECK-LABEL: @no_silu_of_two_values
// CHECK: dl.sigmoid %y
// CHECK: dl.mul %x
func.func @no_silu_of_two_values(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.neg %y : tensor<8xf32>
  %1 = dl.exp %0 : tensor<8xf32>
  %2 = dl.add %1, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %3 = dl.div %one, %2 : (tensor<f32>, tensor<8xf32>) -> tensor<8xf32>
  %4 = dl.mul %x, %3 : tensor<8xf32>
  func.return %4 : tensor<8xf32>
}

// Softplus as it is defined, then mish.

// CHECK-LABEL: @mish_of_logarithms
// CHECK-NEXT: dl.mish %x
// CHECK-NEXT: func.return
func.func @mish_of_logarithms(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = dl.exp %x : tensor<8xf32>
  %1 = dl.log1p %0 : tensor<8xf32>
  %2 = dl.tanh %1 : tensor<8xf32>
  %3 = dl.mul %2, %x : tensor<8xf32>
  func.return %3 : tensor<8xf32>
}

// CHECK-LABEL: @no_softplus_of_two
// CHECK: dl.log
// CHECK-NOT: dl.softplus
func.func @no_softplus_of_two(%x: tensor<8xf32>) -> tensor<8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %0 = dl.exp %x : tensor<8xf32>
  %1 = dl.add %0, %two : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %2 = dl.log %1 : tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// The comparison turned round, and e^x - 1 without a factor.

// CHECK-LABEL: @elu
// CHECK-NEXT: dl.elu %x : tensor<8xf32>
// CHECK-NEXT: func.return
func.func @elu(%x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = dl.constant dense<0.0> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.exp %x : tensor<8xf32>
  %1 = dl.sub %0, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %2 = dl.compare le, %x, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %3 = dl.select %2, %1, %x : (tensor<8xi1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  func.return %3 : tensor<8xf32>
}

// At 0 only it would be an elu.

// CHECK-LABEL: @no_elu_above_one
// CHECK-NOT: dl.elu
// CHECK: func.return
func.func @no_elu_above_one(%x: tensor<8xf32>) -> tensor<8xf32> {
  %one = dl.constant dense<1.0> : tensor<f32>
  %0 = dl.expm1 %x : tensor<8xf32>
  %1 = dl.compare gt, %x, %one : (tensor<8xf32>, tensor<f32>) -> tensor<8xi1>
  %2 = dl.select %1, %x, %0 : (tensor<8xi1>, tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  func.return %2 : tensor<8xf32>
}

// max(x, x / 100) is a leaky relu, max(x, 2x) is none, nor is it one of integers.

// CHECK-LABEL: @leaky_relu_by_max
// CHECK: [[L:%.*]] = dl.leaky_relu %x {alpha = 0.5} : tensor<8xf32>
// CHECK-NOT: dl.leaky_relu
// CHECK: func.return
func.func @leaky_relu_by_max(%x: tensor<8xf32>, %i: tensor<8xi32>)
    -> (tensor<8xf32>, tensor<8xf32>, tensor<8xi32>) {
  %slope = dl.constant dense<0.5> : tensor<f32>
  %two = dl.constant dense<2.0> : tensor<f32>
  %one = dl.constant dense<1> : tensor<i32>
  %0 = dl.mul %x, %slope : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = dl.max %0, %x : tensor<8xf32>
  %2 = dl.mul %x, %two : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %3 = dl.max %x, %2 : tensor<8xf32>
  %4 = dl.mul %i, %one : (tensor<8xi32>, tensor<i32>) -> tensor<8xi32>
  %5 = dl.max %i, %4 : tensor<8xi32>
  func.return %1, %3, %5 : tensor<8xf32>, tensor<8xf32>, tensor<8xi32>
}

// The forms of mobile networks: x * relu6(x + 3) / 6, in both orders.

// CHECK-LABEL: @hard_swish
// CHECK-NEXT: [[A:%.*]] = dl.hard_swish %x : tensor<8xf32>
// CHECK-NEXT: [[B:%.*]] = dl.hard_swish %x : tensor<8xf32>
// CHECK-NEXT: func.return [[A]], [[B]]
func.func @hard_swish(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %three = dl.constant dense<3.0> : tensor<f32>
  %six = dl.constant dense<6.0> : tensor<f32>
  %zero = dl.constant dense<0.0> : tensor<f32>
  %0 = dl.add %x, %three : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = dl.clip %0 {min = 0.0, max = 6.0} : tensor<8xf32>
  %2 = dl.mul %x, %1 : tensor<8xf32>
  %3 = dl.div %2, %six : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %4 = dl.add %x, %three : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %5 = dl.max %4, %zero : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %6 = dl.min %5, %six : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %7 = dl.div %6, %six : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %8 = dl.mul %7, %x : tensor<8xf32>
  func.return %3, %8 : tensor<8xf32>, tensor<8xf32>
}

// relu5 is another function.

// CHECK-LABEL: @no_hard_swish_of_relu5
// CHECK: dl.clip
// CHECK-NOT: dl.hard
func.func @no_hard_swish_of_relu5(%x: tensor<8xf32>) -> tensor<8xf32> {
  %three = dl.constant dense<3.0> : tensor<f32>
  %six = dl.constant dense<6.0> : tensor<f32>
  %0 = dl.add %x, %three : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  %1 = dl.clip %0 {min = 0.0, max = 5.0} : tensor<8xf32>
  %2 = dl.mul %x, %1 : tensor<8xf32>
  %3 = dl.div %2, %six : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  func.return %3 : tensor<8xf32>
}
