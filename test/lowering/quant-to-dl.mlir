// RUN: dlir-opt %s --convert-quant-to-dl | filecheck %s

// Signatures, results and arguments of blocks have the types of what is stored.
// CHECK-LABEL: @types
// CHECK-SAME: (%x: tensor<2x4xui8>) -> tensor<2x4xui8>
// CHECK-NEXT: [[S:%.*]] = dl.constant dense<5.000000e-01> : tensor<f32>
// CHECK-NEXT: [[Z:%.*]] = dl.constant dense<128> : tensor<ui8>
// CHECK-NEXT: %y = dl.dequantize %x, [[S]], [[Z]] : (tensor<2x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x4xf32>
// CHECK-NEXT: [[T:%.*]] = dl.constant dense<2.500000e-01> : tensor<f32>
// CHECK-NEXT: %q = dl.quantize %y, [[T]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xui8>
// CHECK-NEXT: func.return %q : tensor<2x4xui8>
// RUN-VALUE[ref]: @types([[128, 129, 127, 138], [0, 128, 128, 128]]) == [[0, 2, 0, 20], [0, 0, 0, 0]]
func.func @types(%x: tensor<2x4x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2x4x!quant.uniform<u8:f32, 0.25>> {
  %y = quant.dcast %x : tensor<2x4x!quant.uniform<u8:f32, 0.5:128>> to tensor<2x4xf32>
  %q = quant.qcast %y : tensor<2x4xf32> to tensor<2x4x!quant.uniform<u8:f32, 0.25>>
  func.return %q : tensor<2x4x!quant.uniform<u8:f32, 0.25>>
}

// CHECK-LABEL: @call
// CHECK: func.call @types(%x) : (tensor<2x4xui8>) -> tensor<2x4xui8>
// CHECK-NEXT: func.return
func.func @call(%x: tensor<2x4xui8>) -> tensor<2x4xui8> {
  %q = quant.scast %x : tensor<2x4xui8> to tensor<2x4x!quant.uniform<u8:f32, 0.5:128>>
  %y = func.call @types(%q) : (tensor<2x4x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2x4x!quant.uniform<u8:f32, 0.25>>
  %s = quant.scast %y : tensor<2x4x!quant.uniform<u8:f32, 0.25>> to tensor<2x4xui8>
  func.return %s : tensor<2x4xui8>
}

// CHECK-LABEL: @per_axis
// CHECK: dl.quantize %x, %{{.*}} {axis = 1} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xi8>
func.func @per_axis(%x: tensor<?x2xf32>) -> tensor<?x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>> {
  %q = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  func.return %q : tensor<?x2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
}

// Only the bound that is within those of the bits is clipped to.
// CHECK-LABEL: @bounds
// CHECK: [[Q:%.*]] = dl.quantize
// CHECK-NEXT: dl.clip [[Q]] {min = -127} : tensor<2xi8>
func.func @bounds(%x: tensor<2xf32>) -> tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>> {
  %q = quant.qcast %x : tensor<2xf32> to tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>
  func.return %q : tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>
}

// The largest blocks stay blocks; along other axes the scales are repeated.
// CHECK-LABEL: @blocks
// CHECK: dense<{{\[\[}}1.000000e+00, 2.000000e+00], [1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00], [3.000000e+00, 4.000000e+00]]>
// CHECK: dl.dequantize %x, %{{.*}} {axis = 1, block = 3} : (tensor<4x6xi8>, tensor<4x2xf32>) -> tensor<4x6xf32>
func.func @blocks(%x: tensor<4x6x!quant.uniform<i8:f32:{0:2, 1:3}, {{1.0, 2.0}, {3.0, 4.0}}>>) -> tensor<4x6xf32> {
  %y = quant.dcast %x : tensor<4x6x!quant.uniform<i8:f32:{0:2, 1:3}, {{1.0, 2.0}, {3.0, 4.0}}>> to tensor<4x6xf32>
  func.return %y : tensor<4x6xf32>
}

// CHECK-LABEL: @unnamed
// CHECK: dl.dequantize %x, %{{.*}} {axis = 0, block = 4} : (tensor<4x2xi8>, tensor<1x2xf32>) -> tensor<4x2xf32>
func.func @unnamed(%x: tensor<4x2x!quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}>>) -> tensor<4x2xf32> {
  %y = quant.dcast %x : tensor<4x2x!quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}>> to tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}
