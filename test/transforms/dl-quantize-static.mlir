// RUN: dlir-opt %s --split-input-file --dl-quantize-static | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-quantize-static=element=ui8 | filecheck %s --check-prefix=AFFINE

// The range becomes a scale; a layer that is kept, and the other readers of a value, stay float.
// CHECK-LABEL: @layer
// CHECK-NEXT: %[[S:.*]] = dl.constant dense<2.000000e-02> : tensor<f32>
// CHECK-NEXT: %[[Q:.*]] = dl.quantize %x, %[[S]] : (tensor<2x2xf32>, tensor<f32>) -> tensor<2x2xi8>
// CHECK-NEXT: %[[D:.*]] = dl.dequantize %[[Q]], %[[S]] : (tensor<2x2xi8>, tensor<f32>) -> tensor<2x2xf32>
// CHECK:      dl.matmul %[[D]], %w
// CHECK:      dl.matmul %x, %w acc f32 {dl.keep}
// CHECK:      dl.sub %x,
// AFFINE-LABEL: @layer
// AFFINE-NEXT: %[[S:.*]] = dl.constant dense<0.0139607843> : tensor<f32>
// AFFINE-NEXT: %[[Z:.*]] = dl.constant dense<73> : tensor<ui8>
// AFFINE-NEXT: dl.quantize %x, %[[S]], %[[Z]] : (tensor<2x2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x2xui8>
func.func @layer(%x: tensor<2x2xf32> {dl.range = array<f32: -1.02, 2.54>}) -> tensor<2x2xf32> {
  %w = dl.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = dl.matmul %x, %w acc f32 {dl.keep} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = dl.sub %x, %1 : tensor<2x2xf32>
  %3 = dl.add %0, %2 : tensor<2x2xf32>
  func.return %3 : tensor<2x2xf32>
}

// -----

// A sum between layers reads integers, a bias does not; a tensor of zeros has the scale 1.
// CHECK-LABEL: @residual
// CHECK:      dl.constant dense<1.000000e+00> : tensor<f32>
// CHECK:      %[[B:.*]] = dl.add %{{.*}}, %b
// CHECK:      %[[A:.*]] = dl.quantize %[[B]],
// CHECK-NEXT: %[[AD:.*]] = dl.dequantize %[[A]],
// CHECK:      %[[P:.*]] = dl.matmul %[[AD]], %w
// CHECK:      %[[C:.*]] = dl.quantize %[[P]],
// CHECK-NEXT: %[[CD:.*]] = dl.dequantize %[[C]],
// CHECK-NEXT: dl.add %[[AD]], %[[CD]]
func.func @residual(%x: tensor<2x2xf32> {dl.range = array<f32: 0.0, 0.0>}) -> tensor<2x2xf32> {
  %w = dl.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %b = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = dl.add %0, %b {dl.range = array<f32: 0.0, 2.0>} : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %2 = dl.matmul %1, %w acc f32 {dl.range = array<f32: -1.0, 2.0>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = dl.add %1, %2 {dl.range = array<f32: -1.0, 4.0>} : tensor<2x2xf32>
  %4 = dl.matmul %3, %w acc f32 : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %4 : tensor<2x2xf32>
}
