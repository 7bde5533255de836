// RUN: dlir-opt %s --split-input-file --dl-specialize="shapes=x:2x4,mask:2x4" | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-specialize='shapes="0=2x4","1=2x4"' | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-specialize=batch=2 | filecheck %s

// Types are inferred anew, sizes become numbers, and the signature follows.
// CHECK-LABEL: @main(%x: tensor<2x4xf32>, %mask: tensor<2x4xf32>) -> (tensor<8xf32>, tensor<2x2xf32>)
// CHECK: %[[Y:.*]] = dl.mul %x, %mask : tensor<2x4xf32>
// CHECK: %[[FLAT:.*]] = dl.reshape %[[Y]] : tensor<2x4xf32> -> tensor<8xf32>
// CHECK: %[[CUT:.*]] = dl.slice %[[Y]] {{.*}} : tensor<2x4xf32> -> tensor<2x2xf32>
// CHECK: func.return %[[FLAT]], %[[CUT]] : tensor<8xf32>, tensor<2x2xf32>
func.func @main(%x: tensor<?x4xf32>, %mask: tensor<?x4xf32>) -> (tensor<?xf32>, tensor<?x2xf32>) {
  %y = dl.mul %x, %mask : tensor<?x4xf32>
  %n = dl.dim %y, 0 : tensor<?x4xf32>
  %c4 = arith.constant 4 : index
  %m = arith.muli %n, %c4 : index
  %flat = dl.reshape %y [%m] : tensor<?x4xf32> -> tensor<?xf32>
  %cut = dl.slice %y [%n] {offsets = [0, 1], strides = [1, 1]} : tensor<?x4xf32> -> tensor<?x2xf32>
  func.return %flat, %cut : tensor<?xf32>, tensor<?x2xf32>
}

// -----

// Inside of regions too; a `?` that depends on values stays.
// CHECK-LABEL: @main(%x: tensor<2x4xf32>, %mask: tensor<2x4xf32>, %n: index)
// CHECK: scf.if
// CHECK: dl.neg %x : tensor<2x4xf32>
// CHECK: dl.iota axis 0 [%n] : tensor<?x3xi64>
func.func @main(%x: tensor<?x4xf32>, %mask: tensor<?x4xf32>, %n: index) -> tensor<?x3xi64> {
  %yes = arith.constant true
  scf.if %yes {
    %y = dl.neg %x : tensor<?x4xf32>
    %z = dl.exp %y : tensor<?x4xf32>
  }
  %i = dl.iota axis 0 [%n] : tensor<?x3xi64>
  func.return %i : tensor<?x3xi64>
}

// -----

// What a function calls is specialised with it.
// CHECK-LABEL: @main(%x: tensor<2x4xf32>, %mask: tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: func.call @helper(%x, %mask) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: func.func private @helper(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @main(%x: tensor<?x4xf32>, %mask: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = func.call @helper(%x, %mask) : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}
func.func private @helper(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dl.mul %a, %b : tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}
