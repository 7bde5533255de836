// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @stochastic_cast(%x: tensor<?x4xf32>, %b: tensor<?x4xi32>) {
  // CHECK: %y = dl.stochastic_cast %x, %b : (tensor<?x4xf32>, tensor<?x4xi32>) -> tensor<?x4xf8E5M2>
  %y = dl.stochastic_cast %x, %b : (tensor<?x4xf32>, tensor<?x4xi32>) -> tensor<?x4xf8E5M2>
  // CHECK: %z = dl.stochastic_cast %x, %b {saturate} : (tensor<?x4xf32>, tensor<?x4xi32>) -> tensor<?x4xtf32>
  %z = dl.stochastic_cast %x, %b {saturate} : (tensor<?x4xf32>, tensor<?x4xi32>) -> tensor<?x4xtf32>
  func.return
}

func.func @cast(%x: tensor<?xf32>) {
  // CHECK: dl.cast %x {saturate} : tensor<?xf32> -> tensor<?xf6E3M2FN>
  %y = dl.cast %x {saturate} : tensor<?xf32> -> tensor<?xf6E3M2FN>
  // CHECK: dl.cast %x {round_mode = "downward"} : tensor<?xf32> -> tensor<?xf8E8M0FNU>
  %z = dl.cast %x {round_mode = "downward"} : tensor<?xf32> -> tensor<?xf8E8M0FNU>
  // CHECK: dl.constant dense<[1.500000e+00, -2.000000e+00]> : tensor<2xtf32>
  %c = dl.constant dense<[1.5, -2.0]> : tensor<2xtf32>
  func.return
}
