// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @embedding_bag(%t: tensor<9x5xf32>, %i: tensor<?xi64>, %o: tensor<?xi32>, %w: tensor<?xf32>) {
  // CHECK: %x = dl.embedding_bag %t, %i, %o {pooling = "max"} : (tensor<9x5xf32>, tensor<?xi64>, tensor<?xi32>) -> tensor<?x5xf32>
  %x = dl.embedding_bag %t, %i, %o {pooling = "max"} : (tensor<9x5xf32>, tensor<?xi64>, tensor<?xi32>) -> tensor<?x5xf32>
  // CHECK: %y = dl.embedding_bag %t, %i, %o, %w : (tensor<9x5xf32>, tensor<?xi64>, tensor<?xi32>, tensor<?xf32>) -> tensor<?x5xf32>
  %y = dl.embedding_bag %t, %i, %o, %w : (tensor<9x5xf32>, tensor<?xi64>, tensor<?xi32>, tensor<?xf32>) -> tensor<?x5xf32>
  func.return
}
