// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @argmax(%x: tensor<?x10xf32>) {
  // CHECK: %y = dl.argmax %x {axis = 1} : tensor<?x10xf32> -> tensor<?xi64>
  %y = dl.argmax %x {axis = 1} : tensor<?x10xf32> -> tensor<?xi64>
  func.return
}

func.func @argmin(%x: tensor<?x10xi1>) {
  // CHECK: %y = dl.argmin %x {axis = 0, keepdims, select_last} : tensor<?x10xi1> -> tensor<1x10xi64>
  %y = dl.argmin %x {axis = 0, keepdims, select_last} : tensor<?x10xi1> -> tensor<1x10xi64>
  func.return
}

func.func @sort(%x: tensor<?x10xf32>) {
  // CHECK: %v, %i = dl.sort %x {axis = 1, descending} : tensor<?x10xf32> -> (tensor<?x10xf32>, tensor<?x10xi64>)
  %v, %i = dl.sort %x {axis = 1, descending} : tensor<?x10xf32> -> (tensor<?x10xf32>, tensor<?x10xi64>)
  func.return
}

func.func @topk(%x: tensor<?x10xf32>) {
  // CHECK: %v, %i = dl.topk %x {axis = 0, k = 3, smallest} : tensor<?x10xf32> -> (tensor<3x10xf32>, tensor<3x10xi64>)
  %v, %i = dl.topk %x {axis = 0, k = 3, smallest} : tensor<?x10xf32> -> (tensor<3x10xf32>, tensor<3x10xi64>)
  func.return
}
