// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @random_bits(%s: tensor<i64>, %n: index) {
  // CHECK: %y = dl.random_bits %s [%n] {stream = 1} : tensor<i64> -> tensor<?x4xi32>
  %y = dl.random_bits %s [%n] {stream = 1} : tensor<i64> -> tensor<?x4xi32>
  func.return
}

func.func @random_uniform(%s: tensor<i64>) {
  // CHECK: %y = dl.random_uniform %s : tensor<i64> -> tensor<3x4xbf16>
  %y = dl.random_uniform %s : tensor<i64> -> tensor<3x4xbf16>
  func.return
}

func.func @dropout(%x: tensor<?x8xf32>, %s: tensor<i64>) {
  // CHECK: %y, %mask = dl.dropout %x, %s {ratio = 0.1, stream = 3} : (tensor<?x8xf32>, tensor<i64>) -> (tensor<?x8xf32>, tensor<?x8xi1>)
  %y, %mask = dl.dropout %x, %s {ratio = 0.1, stream = 3} : (tensor<?x8xf32>, tensor<i64>) -> (tensor<?x8xf32>, tensor<?x8xi1>)
  func.return
}
