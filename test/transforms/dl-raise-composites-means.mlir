// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// A sum divided by how many elements it is of.

// CHECK-LABEL: func.func @mean
// CHECK-NEXT: dl.reduce_mean %x {axes = [1, 2], keepdims} : tensor<2x4x5xf32> -> tensor<2x1x1xf32>
// CHECK-NEXT: func.return
func.func @mean(%x: tensor<2x4x5xf32>) -> tensor<2x1x1xf32> {
  %n = dl.constant dense<20.0> : tensor<f32>
  %s = dl.reduce_sum %x {axes = [1, 2], keepdims} : tensor<2x4x5xf32> -> tensor<2x1x1xf32>
  %y = dl.div %s, %n : (tensor<2x1x1xf32>, tensor<f32>) -> tensor<2x1x1xf32>
  func.return %y : tensor<2x1x1xf32>
}

// CHECK-LABEL: func.func @by_product
// CHECK-NEXT: dl.reduce_mean %x {axes = [1], keepdims}
func.func @by_product(%x: tensor<2x8xf32>) -> tensor<2x1xf32> {
  %n = dl.constant dense<0.125> : tensor<f32>
  %s = dl.reduce_sum %x {axes = [1], keepdims} : tensor<2x8xf32> -> tensor<2x1xf32>
  %y = dl.mul %s, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// Another divisor, an unknown count, and nothing at all: no mean.

// CHECK-LABEL: func.func @unbiased
// CHECK-NOT: dl.reduce_mean
func.func @unbiased(%x: tensor<2x8xf32>) -> tensor<2x1xf32> {
  %n = dl.constant dense<7.0> : tensor<f32>
  %s = dl.reduce_sum %x {axes = [1], keepdims} : tensor<2x8xf32> -> tensor<2x1xf32>
  %y = dl.div %s, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @unknown
// CHECK-NOT: dl.reduce_mean
func.func @unknown(%x: tensor<2x?xf32>) -> tensor<2x1xf32> {
  %n = dl.constant dense<8.0> : tensor<f32>
  %s = dl.reduce_sum %x {axes = [1], keepdims} : tensor<2x?xf32> -> tensor<2x1xf32>
  %y = dl.div %s, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @nothing
// CHECK-NOT: dl.reduce_mean
func.func @nothing(%x: tensor<2x0xf32>) -> tensor<2x1xf32> {
  %n = dl.constant dense<0.0> : tensor<f32>
  %s = dl.reduce_sum %x {axes = [1], keepdims} : tensor<2x0xf32> -> tensor<2x1xf32>
  %y = dl.div %s, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// The norm that JAX writes with means.

// CHECK-LABEL: func.func @layer_norm
// CHECK:      dl.layer_norm %x, %scale, %bias
// CHECK-NEXT: func.return
func.func @layer_norm(%x: tensor<2x4xf32>, %scale: tensor<4xf32>, %bias: tensor<4xf32>) -> tensor<2x4xf32> {
  %eps = dl.constant dense<1.0e-5> : tensor<f32>
  %n = dl.constant dense<4.0> : tensor<f32>
  %0 = dl.reduce_sum %x {axes = [1], keepdims} : tensor<2x4xf32> -> tensor<2x1xf32>
  %1 = dl.div %0, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %2 = dl.sub %x, %1 : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %3 = dl.mul %2, %2 : tensor<2x4xf32>
  %4 = dl.reduce_sum %3 {axes = [1], keepdims} : tensor<2x4xf32> -> tensor<2x1xf32>
  %5 = dl.div %4, %n : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %6 = dl.add %5, %eps : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %7 = dl.rsqrt %6 : tensor<2x1xf32>
  %8 = dl.mul %2, %7 : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %9 = dl.mul %8, %scale : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %10 = dl.add %9, %bias : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %10 : tensor<2x4xf32>
}
