// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @gather_elements(%x: tensor<?x10xf32>, %i: tensor<?x3xi64>) {
  // CHECK: %y = dl.gather_elements %x, %i {axis = 1} : (tensor<?x10xf32>, tensor<?x3xi64>) -> tensor<?x3xf32>
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<?x10xf32>, tensor<?x3xi64>) -> tensor<?x3xf32>
  func.return
}

func.func @gather_nd(%x: tensor<4x5x8xf32>, %i: tensor<?x2xi32>) {
  // CHECK: %y = dl.gather_nd %x, %i : (tensor<4x5x8xf32>, tensor<?x2xi32>) -> tensor<?x8xf32>
  %y = dl.gather_nd %x, %i : (tensor<4x5x8xf32>, tensor<?x2xi32>) -> tensor<?x8xf32>
  func.return
}

func.func @gather_nd_batch(%x: tensor<4x5x8xf32>, %i: tensor<?x1xi64>) {
  // CHECK: %y = dl.gather_nd %x, %i {batch_dims = 1} : (tensor<4x5x8xf32>, tensor<?x1xi64>) -> tensor<4x8xf32>
  %y = dl.gather_nd %x, %i {batch_dims = 1} : (tensor<4x5x8xf32>, tensor<?x1xi64>) -> tensor<4x8xf32>
  func.return
}

func.func @scatter_elements(%x: tensor<?x10xf32>, %i: tensor<?x3xi64>, %u: tensor<?x3xf32>) {
  // CHECK: %y = dl.scatter_elements %x, %i, %u {axis = 1, reduction = "add"} : (tensor<?x10xf32>, tensor<?x3xi64>, tensor<?x3xf32>) -> tensor<?x10xf32>
  %y = dl.scatter_elements %x, %i, %u {axis = 1, reduction = "add"} : (tensor<?x10xf32>, tensor<?x3xi64>, tensor<?x3xf32>) -> tensor<?x10xf32>
  func.return
}

func.func @scatter_nd(%x: tensor<4x5x8xf32>, %i: tensor<?x2xi64>, %u: tensor<?x8xf32>) {
  // CHECK: %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<?x2xi64>, tensor<?x8xf32>) -> tensor<4x5x8xf32>
  %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<?x2xi64>, tensor<?x8xf32>) -> tensor<4x5x8xf32>
  func.return
}

func.func @one_hot(%i: tensor<?xi64>, %n: index) {
  // CHECK: %y = dl.one_hot %i [%n] {axis = 0} : tensor<?xi64> -> tensor<?x?xi1>
  %y = dl.one_hot %i [%n] {axis = 0} : tensor<?xi64> -> tensor<?x?xi1>
  func.return
}
