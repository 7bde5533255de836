// RUN: dlir-opt %s --dl-shift-unsigned | filecheck %s

// CHECK-LABEL: func.func @moved
func.func @moved(%x: tensor<1x1x4x4xf32>, %s: tensor<f32>) -> tensor<1x4xf32> {
  // CHECK-DAG: [[Z:%.*]] = dl.constant dense<-125> : tensor<i8>
  // CHECK: [[Q:%.*]] = dl.quantize %x, %s, [[Z]] : (tensor<1x1x4x4xf32>, tensor<f32>, tensor<i8>) -> tensor<1x1x4x4xi8>
  // CHECK: dl.pad [[Q]] {{.*}}value = -128
  // CHECK: dl.max_pool2d {{.*}} -> tensor<1x1x2x2xi8>
  // CHECK: dl.reshape {{.*}} -> tensor<1x4xi8>
  // CHECK: dl.dequantize {{.*}} : (tensor<1x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x4xf32>
  %z = dl.constant dense<3> : tensor<ui8>
  %q = dl.quantize %x, %s, %z : (tensor<1x1x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x1x4x4xui8>
  %p = dl.pad %q {low = [0, 0, 1, 1], high = [0, 0, 1, 1], value = 0} : tensor<1x1x4x4xui8> -> tensor<1x1x6x6xui8>
  %m = dl.max_pool2d %p {kernel = [3, 3], strides = [3, 3]} : tensor<1x1x6x6xui8> -> tensor<1x1x2x2xui8>
  %r = dl.reshape %m : tensor<1x1x2x2xui8> -> tensor<1x4xui8>
  %y = dl.dequantize %r, %s, %z : (tensor<1x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x4xf32>
  func.return %y : tensor<1x4xf32>
}

// A product with known weights gets 128 times their sums; results keep their type.
// CHECK-LABEL: func.func @product
func.func @product(%x: tensor<2x3xi32>, %m: tensor<i32>, %s: tensor<i32>) -> (tensor<2x4xi32>, tensor<2x3xui8>) {
  // CHECK: dl.requantize %x, %m, %s, {{%.*}} : (tensor<2x3xi32>, tensor<i32>, tensor<i32>, tensor<i8>) -> tensor<2x3xi8>
  // CHECK: dl.xor {{.*}} : (tensor<2x3xui8>, tensor<ui8>) -> tensor<2x3xui8>
  // CHECK: dl.matmul {{.*}} acc i32 : (tensor<2x3xi8>, tensor<3x4xi8>) -> tensor<2x4xi32>
  // CHECK: dl.reduce_sum
  // CHECK: dl.add
  %q = dl.requantize %x, %m, %s : (tensor<2x3xi32>, tensor<i32>, tensor<i32>) -> tensor<2x3xui8>
  %w = dl.param "w" : tensor<3x4xi8>
  %y = dl.matmul %q, %w acc i32 : (tensor<2x3xui8>, tensor<3x4xi8>) -> tensor<2x4xi32>
  func.return %y, %q : tensor<2x4xi32>, tensor<2x3xui8>
}
