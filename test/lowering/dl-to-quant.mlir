// RUN: dlir-opt %s --convert-dl-to-quant | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-quant --convert-quant-to-dl | filecheck %s --check-prefix=BACK

// What is quantised and dequantised alike needs no cast between; the constants are dead.
// CHECK-LABEL: @alike
// CHECK-NEXT: %q = quant.qcast %x : tensor<?x4xf32> to tensor<?x4x!quant.uniform<i8:f32, 0.5>>
// CHECK-NEXT: %y = quant.dcast %q : tensor<?x4x!quant.uniform<i8:f32, 0.5>> to tensor<?x4xf32>
// CHECK-NEXT: func.return %y
// BACK-LABEL: @alike
// BACK: %q = dl.quantize %x, %{{.*}} : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi8>
// BACK: %y = dl.dequantize %q, %{{.*}} : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
func.func @alike(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = dl.constant dense<0.5> : tensor<f32>
  %q = dl.quantize %x, %s : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi8>
  %y = dl.dequantize %q, %s : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @other
// CHECK-NEXT: [[Q:%.*]] = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.1}>>
// CHECK-NEXT: [[S:%.*]] = quant.scast [[Q]] : tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.1}>> to tensor<?x2xui8>
// CHECK-NEXT: [[R:%.*]] = quant.scast [[S]] : tensor<?x2xui8> to tensor<?x2x!quant.uniform<u8:f32, 0.5>>
// CHECK-NEXT: quant.dcast [[R]]
// BACK-LABEL: @other
// BACK: dl.quantize %x, %{{.*}}, %{{.*}} {axis = 1} : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xui8>) -> tensor<?x2xui8>
func.func @other(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %s = dl.constant dense<[0.5, 0.1]> : tensor<2xf32>
  %z = dl.constant dense<[128, 0]> : tensor<2xui8>
  %t = dl.constant dense<0.5> : tensor<f32>
  %q = dl.quantize %x, %s, %z {axis = 1} : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xui8>) -> tensor<?x2xui8>
  %y = dl.dequantize %q, %t : (tensor<?x2xui8>, tensor<f32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// CHECK-LABEL: @blocks
// CHECK: quant.dcast %{{.*}} : tensor<2x4x!quant.uniform<i4:f32:{0:1, 1:2}, {{[{][{]}}1.0, 2.0:-8}, {3.0, 4.0}}>> to tensor<2x4xf32>
// BACK-LABEL: @blocks
// BACK: dl.dequantize %w, %{{.*}}, %{{.*}} {axis = 1, block = 2} : (tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4>) -> tensor<2x4xf32>
func.func @blocks(%w: tensor<2x4xi4>) -> tensor<2x4xf32> {
  %s = dl.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %z = dl.constant dense<[[0, -8], [0, 0]]> : tensor<2x2xi4>
  %y = dl.dequantize %w, %s, %z {axis = 1, block = 2} : (tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4>) -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}

// A last block that is smaller, a scale that is computed, and narrow floats stay.
// CHECK-LABEL: @stay
// CHECK: dl.dequantize
// CHECK: dl.quantize
// CHECK: dl.quantize
// CHECK-NOT: quant.qcast
func.func @stay(%w: tensor<1x3xi4>, %s: tensor<f32>) -> (tensor<1x3xi8>, tensor<1x3xf8E4M3FN>) {
  %b = dl.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %c = dl.constant dense<1.0> : tensor<f32>
  %y = dl.dequantize %w, %b {axis = 1, block = 2} : (tensor<1x3xi4>, tensor<1x2xf32>) -> tensor<1x3xf32>
  %q = dl.quantize %y, %s : (tensor<1x3xf32>, tensor<f32>) -> tensor<1x3xi8>
  %f = dl.quantize %y, %c : (tensor<1x3xf32>, tensor<f32>) -> tensor<1x3xf8E4M3FN>
  func.return %q, %f : tensor<1x3xi8>, tensor<1x3xf8E4M3FN>
}
