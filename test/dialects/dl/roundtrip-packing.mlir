// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @pack(%x: tensor<?x7xi4>, %y: tensor<9xui2>, %z: tensor<2x3x4xf4E2M1FN>) {
  // CHECK: dl.pack %x : tensor<?x7xi4> -> tensor<?x4xui8>
  %0 = dl.pack %x : tensor<?x7xi4> -> tensor<?x4xui8>
  // CHECK: dl.pack %y : tensor<9xui2> -> tensor<3xui8>
  %1 = dl.pack %y : tensor<9xui2> -> tensor<3xui8>
  // CHECK: dl.pack %z : tensor<2x3x4xf4E2M1FN> -> tensor<2x3x2xui8>
  %2 = dl.pack %z : tensor<2x3x4xf4E2M1FN> -> tensor<2x3x2xui8>
  func.return
}

func.func @unpack(%x: tensor<?x4xui8>) {
  // CHECK: dl.unpack %x : tensor<?x4xui8> -> tensor<?x7xi4>
  %0 = dl.unpack %x : tensor<?x4xui8> -> tensor<?x7xi4>
  // CHECK: dl.unpack %x : tensor<?x4xui8> -> tensor<?x13xui2>
  %1 = dl.unpack %x : tensor<?x4xui8> -> tensor<?x13xui2>
  func.return
}
