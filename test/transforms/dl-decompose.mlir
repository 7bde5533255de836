// RUN: dlir-opt %s --dl-decompose | filecheck %s
// RUN: dlir-opt %s --pass-pipeline='builtin.module(dl-decompose{ops=softmax,mish})' | filecheck %s --check-prefix=SOME

// CHECK-LABEL: @softmax
// CHECK-NEXT: %[[M:.*]] = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x10xf32> -> tensor<?x1xf32>
// CHECK-NEXT: %[[S:.*]] = dl.sub %x, %[[M]]
// CHECK-NEXT: %[[E:.*]] = dl.exp %[[S]]
// CHECK-NEXT: %[[Z:.*]] = dl.reduce_sum %[[E]] {axes = [1], keepdims}
// CHECK-NEXT: dl.div %[[E]], %[[Z]]
// SOME-LABEL: @softmax
// SOME-NOT: dl.softmax
func.func @softmax(%x: tensor<?x10xf32>) -> tensor<?x10xf32> {
  %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>
  func.return %y : tensor<?x10xf32>
}

// CHECK-LABEL: @half_types_are_computed_in_f32
// CHECK-NEXT: dl.cast %x : tensor<4xbf16> -> tensor<4xf32>
// CHECK: dl.exp {{.*}} : tensor<4xf32>
// CHECK: dl.cast {{.*}} : tensor<4xf32> -> tensor<4xbf16>
// CHECK-NEXT: func.return
// SOME-LABEL: @half_types_are_computed_in_f32
// SOME-NEXT: dl.sigmoid
func.func @half_types_are_computed_in_f32(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  %y = dl.sigmoid %x : tensor<4xbf16>
  func.return %y : tensor<4xbf16>
}

// CHECK-LABEL: @layer_norm
// CHECK: dl.reduce_mean %x {axes = [1, 2], keepdims} : tensor<?x3x4xf32> -> tensor<?x1x1xf32>
// CHECK: dl.rsqrt {{.*}} : tensor<?x1x1xf32>
// CHECK: dl.mul {{.*}}, %s
// CHECK-NEXT: dl.add {{.*}}, %b
// SOME-LABEL: @layer_norm
func.func @layer_norm(%x: tensor<?x3x4xf32>, %s: tensor<3x4xf32>, %b: tensor<3x4xf32>) -> tensor<?x3x4xf32> {
  %y = dl.layer_norm %x, %s, %b {axis = 1} : (tensor<?x3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<?x3x4xf32>
  func.return %y : tensor<?x3x4xf32>
}

// CHECK-LABEL: @batch_norm
// CHECK: dl.rsqrt {{.*}} : tensor<3xf32>
// CHECK: dl.reshape {{.*}} : tensor<3xf32> -> tensor<3x1x1xf32>
// CHECK: dl.add {{.*}} : (tensor<?x3x?x5xf32>, tensor<3x1x1xf32>) -> tensor<?x3x?x5xf32>
// SOME-LABEL: @batch_norm
func.func @batch_norm(%x: tensor<?x3x?x5xf32>, %s: tensor<3xf32>) -> tensor<?x3x?x5xf32> {
  %y = dl.batch_norm %x, %s, %s, %s, %s : (tensor<?x3x?x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<?x3x?x5xf32>
  func.return %y : tensor<?x3x?x5xf32>
}

// CHECK-LABEL: @lrn
// CHECK: dl.pad {{.*}} {low = [0, 1, 0], high = [0, 2, 0], value = 0.0} : tensor<?x6x2xf32> -> tensor<?x9x2xf32>
// CHECK: %[[N:.*]] = dl.dim %x, 0
// CHECK-COUNT-4: dl.slice {{.*}} [%[[N]]]
// CHECK: dl.pow
// SOME-LABEL: @lrn
func.func @lrn(%x: tensor<?x6x2xf32>) -> tensor<?x6x2xf32> {
  %y = dl.lrn %x {size = 4} : tensor<?x6x2xf32>
  func.return %y : tensor<?x6x2xf32>
}

// What a formula uses is decomposed too, if it is asked for.
// CHECK-LABEL: @mish
// CHECK-NOT: dl.softplus
// CHECK: dl.log1p
// SOME-LABEL: @mish
// SOME-NEXT: dl.softplus
// SOME-NEXT: dl.tanh
// SOME-NEXT: dl.mul %x
func.func @mish(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = dl.mish %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}
