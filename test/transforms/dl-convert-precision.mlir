// RUN: dlir-opt %s --dl-convert-precision | filecheck %s
// RUN: dlir-opt %s --dl-convert-precision='to=f16 ops=contractions' | filecheck %s --check-prefix=SOME
// RUN: dlir-opt %s --dl-convert-precision --dl-convert-precision='to=f16' | filecheck %s
// RUN: not dlir-opt %s --dl-convert-precision='to=f8' 2>&1 | filecheck %s --check-prefix=WRONG
// WRONG: error: {{.*}}expected one of bf16, f16; got 'f8'

// Weights and constants keep their types, and each value is cast once.
// CHECK-LABEL: @layer
// CHECK-NEXT: %[[X:.*]] = dl.cast %x : tensor<?x8xf32> -> tensor<?x8xbf16>
// CHECK-NEXT: %w = dl.param "w" : tensor<8x8xf32>
// CHECK-NEXT: %[[W:.*]] = dl.cast %w
// CHECK: %[[C:.*]] = dl.cast %c
// CHECK: %[[M:.*]] = dl.matmul %[[X]], %[[W]] acc f32 : (tensor<?x8xbf16>, tensor<8x8xbf16>) -> tensor<?x8xbf16>
// CHECK-NEXT: %[[A:.*]] = dl.add %[[M]], %[[C]] : (tensor<?x8xbf16>, tensor<8xbf16>) -> tensor<?x8xbf16>
// CHECK-NEXT: %[[R:.*]] = dl.add %[[A]], %[[X]]
// CHECK-NEXT: %[[Y:.*]] = dl.cast %[[R]] : tensor<?x8xbf16> -> tensor<?x8xf32>
// CHECK-NEXT: func.return %[[Y]], %[[Y]]
// SOME-LABEL: @layer
// SOME: %[[X:.*]] = dl.cast %x : tensor<?x8xf32> -> tensor<?x8xf16>
// SOME: %[[W:.*]] = dl.cast %w
// SOME: dl.matmul %[[X]], %[[W]] acc f32 : (tensor<?x8xf16>, tensor<8x8xf16>) -> tensor<?x8xf32>
// SOME-NEXT: dl.add {{.*}}, %c : (tensor<?x8xf32>, tensor<8xf32>)
// SOME-NEXT: %[[R:.*]] = dl.add {{.*}}, %x
// SOME-NEXT: func.return %[[R]], %[[R]]
func.func @layer(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %w = dl.param "w" : tensor<8x8xf32>
  %c = dl.constant dense<0.5> : tensor<8xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %1 = dl.add %0, %c : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %2 = dl.add %1, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  func.return %2, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// Other types, sizes, and the ops that know f32 only are left alone.
// CHECK-LABEL: @others
// CHECK-NEXT: dl.dim %x
// CHECK-NEXT: dl.mul %d, %d : tensor<4xf64>
// CHECK-NEXT: dl.quantize %x
// CHECK-NEXT: func.return
func.func @others(%x: tensor<4x?xf32>, %d: tensor<4xf64>, %s: tensor<f32>)
    -> (index, tensor<4xf64>, tensor<4x?xi8>) {
  %0 = dl.dim %x, 1 : tensor<4x?xf32>
  %1 = dl.mul %d, %d : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
  %2 = dl.quantize %x, %s : (tensor<4x?xf32>, tensor<f32>) -> tensor<4x?xi8>
  func.return %0, %1, %2 : index, tensor<4xf64>, tensor<4x?xi8>
}

// What is no op of dl sees f32, inside regions too.
// CHECK-LABEL: @branches
// CHECK: scf.if
// CHECK: %[[E:.*]] = dl.exp {{.*}} : tensor<4xbf16>
// CHECK: %[[F:.*]] = dl.cast %[[E]] : tensor<4xbf16> -> tensor<4xf32>
// CHECK: scf.yield %[[F]] : tensor<4xf32>
// CHECK: scf.yield %x : tensor<4xf32>
// CHECK: dl.cast {{.*}} : tensor<4xf32> -> tensor<4xbf16>
// CHECK: dl.abs {{.*}} : tensor<4xbf16>
func.func @branches(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %0 = scf.if %c -> (tensor<4xf32>) {
    %1 = dl.exp %x : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  %2 = dl.abs %0 : tensor<4xf32>
  func.return %2 : tensor<4xf32>
}
