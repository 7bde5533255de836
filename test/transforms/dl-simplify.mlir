// RUN: dlir-opt %s --dl-simplify | filecheck %s
// RUN: dlir-opt %s --dl-simplify --mlir-print-debuginfo | filecheck %s --check-prefix=LOC
// The rules one by one are in test/dialects/dl/simplify-*.mlir.

// Rules meet: the transposes cancel, the reshape with them, and the constant is computed.
// CHECK-LABEL: @together
// CHECK-NEXT: %[[C:.*]] = dl.constant dense<6.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[Y:.*]] = dl.mul %x, %[[C]] : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xf32>
// CHECK-NEXT: func.return %[[Y]]
func.func @together(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %three = dl.constant dense<3.0> : tensor<f32>
  %six = dl.mul %two, %three : tensor<f32>
  %0 = dl.transpose %x {perm = [1, 0]} : tensor<?x4xf32> -> tensor<4x?xf32>
  %1 = dl.transpose %0 {perm = [1, 0]} : tensor<4x?xf32> -> tensor<?x4xf32>
  %2 = dl.reshape %1 : tensor<?x4xf32> -> tensor<?xf32>
  %3 = dl.reshape %2 : tensor<?xf32> -> tensor<?x4xf32>
  %4 = dl.mul %six, %3 : (tensor<f32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  func.return %4 : tensor<?x4xf32>
}

// Inside regions too; what nobody uses goes.
// CHECK-LABEL: @nested
// CHECK: scf.if
// CHECK-NEXT: scf.yield %x
func.func @nested(%c: i1, %x: tensor<2xf32>) -> tensor<2xf32> {
  %unused = dl.exp %x : tensor<2xf32>
  %0 = scf.if %c -> (tensor<2xf32>) {
    %1 = dl.neg %x : tensor<2xf32>
    %2 = dl.neg %1 : tensor<2xf32>
    scf.yield %2 : tensor<2xf32>
  } else {
    %3 = dl.exp %x : tensor<2xf32>
    scf.yield %3 : tensor<2xf32>
  }
  func.return %0 : tensor<2xf32>
}
// CHECK-NOT: %unused

// New ops stand where the old ones stood in the source.
// CHECK-LABEL: @locations
// LOC: dl.matmul %x, %y acc f32 {transpose_lhs} {{.*}} loc("model.py":7:1)
func.func @locations(%x: tensor<4x8xf32>, %y: tensor<4x2xf32>) -> tensor<8x2xf32> {
  %0 = dl.transpose %x {perm = [1, 0]} : tensor<4x8xf32> -> tensor<8x4xf32> loc("model.py":6:1)
  %1 = dl.matmul %0, %y acc f32 : (tensor<8x4xf32>, tensor<4x2xf32>) -> tensor<8x2xf32> loc("model.py":7:1)
  func.return %1 : tensor<8x2xf32>
}
