// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @det(%x: tensor<?x3x3xf32>) {
  // CHECK: %y = dl.det %x : tensor<?x3x3xf32> -> tensor<?xf32>
  %y = dl.det %x : tensor<?x3x3xf32> -> tensor<?xf32>
  func.return
}

func.func @det_of_one(%x: tensor<4x4xf64>) {
  // CHECK: %y = dl.det %x : tensor<4x4xf64> -> tensor<f64>
  %y = dl.det %x : tensor<4x4xf64> -> tensor<f64>
  func.return
}

func.func @dft(%x: tensor<?x400x2xf32>) {
  // CHECK: %y = dl.dft %x {axis = 1} : tensor<?x400x2xf32>
  %y = dl.dft %x {axis = 1} : tensor<?x400x2xf32>
  func.return
}

func.func @dft_inverse(%x: tensor<16x?x2xbf16>) {
  // CHECK: %y = dl.dft %x {axis = 0, inverse} : tensor<16x?x2xbf16>
  %y = dl.dft %x {axis = 0, inverse} : tensor<16x?x2xbf16>
  func.return
}
