// RUN: dlir-opt %s --split-input-file --dl-quantize-weights | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-quantize-weights='element=ui4 block=2 tables=true' | filecheck %s --check-prefix=FOUR

// One scale per output channel; a channel of zeros has the scale 1. In four bits, blocks of two.
// CHECK-LABEL: @layer
// CHECK:      %[[S:.*]] = dl.constant dense<[1.000000e-02, 1.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: %[[Q:.*]] = dl.quantize %w, %[[S]] {axis = 1} : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<4x2xi8>
// CHECK-NEXT: %[[D:.*]] = dl.dequantize %[[Q]], %[[S]] {axis = 1}
// CHECK-NEXT: dl.matmul %x, %[[D]]
// FOUR-LABEL: @layer
// FOUR:      %[[S:.*]] = dl.constant {{.*}} : tensor<2x2xf32>
// FOUR-NEXT: %[[Z:.*]] = dl.constant {{.*}} : tensor<2x2xui4>
// FOUR-NEXT: dl.quantize %w, %[[S]], %[[Z]] {axis = 0, block = 2} {{.*}} -> tensor<4x2xui4>
func.func @layer(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[1.27, 0.0], [0.0, 0.0], [0.635, 0.0], [0.1, 0.0]]> : tensor<4x2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  func.return %0 : tensor<?x2xf32>
}

// -----

// An op may ask for a format of its own, or be kept; rows of tables have their own scales.
// FOUR-LABEL: @mixed
// FOUR:      dl.quantize %t, {{.*}} {axis = 1, block = 2} {{.*}} -> tensor<3x4xui4>
// FOUR:      dl.quantize %w, {{.*}} {axis = 1} {{.*}} -> tensor<4x2xi8>
// FOUR:      dl.gather
// FOUR:      dl.matmul
// FOUR:      dl.matmul %{{.*}}, %v acc f32 {dl.keep}
// CHECK-LABEL: @mixed
// CHECK:      dl.gather %t,
func.func @mixed(%i: tensor<?xi64>) -> tensor<?x2xf32> {
  %t = dl.constant dense<[[1.0, 2.0, 3.0, 4.0], [0.0, 0.5, 0.5, 1.0], [-1.0, 0.0, 1.0, 2.0]]> : tensor<3x4xf32>
  %w = dl.constant dense<[[1.27, 0.0], [0.0, 1.0], [0.635, 0.0], [0.1, 0.0]]> : tensor<4x2xf32>
  %v = dl.constant dense<[[1.27, 0.5], [-1.27, 2.54]]> : tensor<2x2xf32>
  %x = dl.gather %t, %i {axis = 0} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %0 = dl.matmul %x, %w acc f32 {dl.format = "i8"} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %1 = dl.matmul %0, %v acc f32 {dl.keep} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  func.return %1 : tensor<?x2xf32>
}
