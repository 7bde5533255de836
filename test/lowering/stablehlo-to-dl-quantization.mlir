// RUN: dlir-opt %s --convert-stablehlo-to-dl --convert-quant-to-dl | filecheck %s

// CHECK-LABEL: @casts
// CHECK: %q = dl.quantize %x, %{{.*}}, %{{.*}} : (tensor<4xf32>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
// CHECK: [[X:%.*]] = dl.dequantize %q, %{{.*}}, %{{.*}} : (tensor<4xi8>, tensor<f32>, tensor<i8>) -> tensor<4xf32>
// CHECK: %r = dl.quantize [[X]], %{{.*}} : (tensor<4xf32>, tensor<f32>) -> tensor<4xui8>
// CHECK: %y = dl.dequantize %r, %{{.*}} : (tensor<4xui8>, tensor<f32>) -> tensor<4xf32>
// CHECK-NEXT: func.return %y
func.func @casts(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = stablehlo.uniform_quantize %x : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>>
  %r = stablehlo.uniform_quantize %q : (tensor<4x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<4x!quant.uniform<u8:f32, 0.25>>
  %y = stablehlo.uniform_dequantize %r : (tensor<4x!quant.uniform<u8:f32, 0.25>>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
