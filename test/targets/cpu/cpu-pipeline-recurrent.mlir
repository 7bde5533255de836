// RUN: dlir-opt %s --cpu-pipeline=to=buffers | filecheck %s
// RUN: dlir-opt %s --cpu-pipeline=to=buffers | filecheck %s --check-prefix=KERNELS

// The weight of the state is packed once for all steps, which share their kernels.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %x: memref<3x1x8xf32>, %h: memref<1x8xf32>, %{{.*}}: memref<1x8x32xf32>, %{{.*}}: memref<32xf32>, %{{.*}}: memref<1x8x32xf32>,
// CHECK-SAME: {param = "w", shape = array<i64: 1, 8, 32>, strides = array<i64: 256, 1, 8>, offset = 0 : i64}
// CHECK-SAME: {param = "r", shape = array<i64: 1, 8, 32>, strides = array<i64: 256, 1, 8>, offset = 0 : i64}
// CHECK: func.call @contraction_0(
// CHECK-COUNT-3: func.call @contraction_1(
// CHECK-NOT: func.call @contraction

// KERNELS: func.func private @contraction_1
// KERNELS-NOT: func.func private @contraction

func.func @main(%x: tensor<3x1x8xf32>, %h: tensor<1x8xf32>) -> tensor<3x1x8xf32> {
  %w = dl.param "w" : tensor<32x8xf32>
  %r = dl.param "r" : tensor<32x8xf32>
  %b = dl.param "b" : tensor<32xf32>
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %b, %h, %h
      : (tensor<3x1x8xf32>, tensor<32x8xf32>, tensor<32x8xf32>, tensor<32xf32>, tensor<32xf32>,
         tensor<1x8xf32>, tensor<1x8xf32>) -> (tensor<3x1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>)
  func.return %y : tensor<3x1x8xf32>
}
