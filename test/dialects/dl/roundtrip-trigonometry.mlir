// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @sinh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.sinh %x : tensor<?x4xf32>
  %y = dl.sinh %x : tensor<?x4xf32>
  func.return
}

func.func @cosh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.cosh %x : tensor<?x4xf32>
  %y = dl.cosh %x : tensor<?x4xf32>
  func.return
}

func.func @asin(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.asin %x : tensor<?x4xf32>
  %y = dl.asin %x : tensor<?x4xf32>
  func.return
}

func.func @acos(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.acos %x : tensor<?x4xf32>
  %y = dl.acos %x : tensor<?x4xf32>
  func.return
}

func.func @atan(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.atan %x : tensor<?x4xf32>
  %y = dl.atan %x : tensor<?x4xf32>
  func.return
}

func.func @asinh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.asinh %x : tensor<?x4xf32>
  %y = dl.asinh %x : tensor<?x4xf32>
  func.return
}

func.func @acosh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.acosh %x : tensor<?x4xf32>
  %y = dl.acosh %x : tensor<?x4xf32>
  func.return
}

func.func @atanh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.atanh %x : tensor<?x4xf32>
  %y = dl.atanh %x : tensor<?x4xf32>
  func.return
}
