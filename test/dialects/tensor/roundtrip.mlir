// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: func.func @reshape
func.func @reshape(%x: tensor<?x2xf32>, %s: tensor<2xi64>, %n: index, %one: tensor<f32>) {
  // CHECK: tensor.reshape %x(%s) : (tensor<?x2xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %0 = tensor.reshape %x(%s) : (tensor<?x2xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  // CHECK: tensor.expand_shape %x {{\[\[}}0, 1], [2]] output_shape [%n, 3, 2] : tensor<?x2xf32> into tensor<?x3x2xf32>
  %1 = tensor.expand_shape %x [[0, 1], [2]] output_shape [%n, 3, 2] : tensor<?x2xf32> into tensor<?x3x2xf32>
  // CHECK: tensor.expand_shape %one [] output_shape [1, 1] : tensor<f32> into tensor<1x1xf32>
  %2 = tensor.expand_shape %one [] : tensor<f32> into tensor<1x1xf32>
  func.return
}

// CHECK-LABEL: func.func @generate
func.func @generate(%n: index) -> tensor<?x3xindex> {
  // CHECK: tensor.generate %n {
  // CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: index):
  // CHECK-NEXT: tensor.yield %{{.*}} : index
  // CHECK-NEXT: } : tensor<?x3xindex>
  %0 = tensor.generate %n {
  ^bb0(%i: index, %j: index):
    tensor.yield %j : index
  } : tensor<?x3xindex>
  func.return %0 : tensor<?x3xindex>
}
