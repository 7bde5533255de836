// RUN: dlir-opt %s --dl-quantize-dynamic | filecheck %s
// RUN: dlir-opt %s --dl-quantize-dynamic=per=row | filecheck %s --check-prefix=ROW

// The scale is computed by ops; by rows, the rows of the product are scaled behind it.
// CHECK-LABEL: @main
// CHECK-NEXT: %[[A:.*]] = dl.abs %x
// CHECK-NEXT: %[[M:.*]] = dl.reduce_max %[[A]] {axes = [0, 1]} : tensor<?x4xf32> -> tensor<f32>
// CHECK:      %[[S:.*]] = dl.max
// CHECK-NEXT: %[[Q:.*]] = dl.quantize %x, %[[S]] : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi8>
// CHECK-NEXT: %[[D:.*]] = dl.dequantize %[[Q]], %[[S]]
// CHECK:      dl.matmul %[[D]], %w
// ROW-LABEL: @main
// ROW:      dl.reduce_max {{.*}} {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?x1xf32>
// ROW:      %[[S:.*]] = dl.max
// ROW-NEXT: %[[N:.*]] = dl.div %x, %[[S]]
// ROW:      dl.quantize %[[N]],
// ROW:      %[[P:.*]] = dl.matmul
// ROW-NEXT: %[[R:.*]] = dl.mul %[[P]], %[[S]] : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
// ROW-NEXT: func.return %[[R]]
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<1.0> : tensor<4x2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  func.return %0 : tensor<?x2xf32>
}
