// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @cumsum(%x: tensor<?x8xf32>) {
  // CHECK: %y = dl.cumsum %x {axis = 1} : tensor<?x8xf32>
  %y = dl.cumsum %x {axis = 1} : tensor<?x8xf32>
  func.return
}

func.func @cumprod(%x: tensor<?x8xi32>) {
  // CHECK: %y = dl.cumprod %x {axis = 0, exclusive, reverse} : tensor<?x8xi32>
  %y = dl.cumprod %x {axis = 0, exclusive, reverse} : tensor<?x8xi32>
  func.return
}
