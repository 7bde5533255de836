// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @softmax(%x: tensor<?x10xf32>) {
  // CHECK: %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>
  %y = dl.softmax %x {axis = 1} : tensor<?x10xf32>
  func.return
}

func.func @log_softmax(%x: tensor<?x10xf32>) {
  // CHECK: %y = dl.log_softmax %x {axis = 1} : tensor<?x10xf32>
  %y = dl.log_softmax %x {axis = 1} : tensor<?x10xf32>
  func.return
}

func.func @layer_norm(%x: tensor<?x128x768xf32>, %s: tensor<768xf32>, %b: tensor<768xf32>) {
  // CHECK: %y = dl.layer_norm %x, %s, %b {axis = 2} : (tensor<?x128x768xf32>, tensor<768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
  %y = dl.layer_norm %x, %s, %b {axis = 2} : (tensor<?x128x768xf32>, tensor<768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
  func.return
}

func.func @batch_norm(%x: tensor<?x64x56x56xf32>, %s: tensor<64xf32>, %b: tensor<64xf32>, %m: tensor<64xf32>, %v: tensor<64xf32>) {
  // CHECK: %y = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 0.001} : (tensor<?x64x56x56xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64x56x56xf32>
  %y = dl.batch_norm %x, %s, %b, %m, %v {epsilon = 0.001} : (tensor<?x64x56x56xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64x56x56xf32>
  func.return
}

func.func @lrn(%x: tensor<?x96x27x27xf32>) {
  // CHECK: %y = dl.lrn %x {size = 5, alpha = 0.001, bias = 2.0} : tensor<?x96x27x27xf32>
  %y = dl.lrn %x {size = 5, alpha = 0.001, bias = 2.0} : tensor<?x96x27x27xf32>
  func.return
}

func.func @softmax_2(%x: tensor<?x?xbf16>) {
  // CHECK: %y = dl.softmax %x {axis = 0} : tensor<?x?xbf16>
  %y = dl.softmax %x {axis = 0} : tensor<?x?xbf16>
  func.return
}

func.func @layer_norm_2(%x: tensor<?x3x4xf32>, %s: tensor<3x4xf32>) {
  // CHECK: %y = dl.layer_norm %x, %s {axis = 1, epsilon = 1.0e-12} : (tensor<?x3x4xf32>, tensor<3x4xf32>) -> tensor<?x3x4xf32>
  %y = dl.layer_norm %x, %s {axis = 1, epsilon = 1.0e-12} : (tensor<?x3x4xf32>, tensor<3x4xf32>) -> tensor<?x3x4xf32>
  func.return
}

func.func @batch_norm_2(%x: tensor<?x5x5x?xf16>, %s: tensor<?xf16>) {
  // CHECK: %y = dl.batch_norm %x, %s, %s, %s, %s {axis = 3} : (tensor<?x5x5x?xf16>, tensor<?xf16>, tensor<?xf16>, tensor<?xf16>, tensor<?xf16>) -> tensor<?x5x5x?xf16>
  %y = dl.batch_norm %x, %s, %s, %s, %s {axis = 3} : (tensor<?x5x5x?xf16>, tensor<?xf16>, tensor<?xf16>, tensor<?xf16>, tensor<?xf16>) -> tensor<?x5x5x?xf16>
  func.return
}

func.func @lrn_2(%x: tensor<1x2x2x4xf32>) {
  // CHECK: %y = dl.lrn %x {size = 3, alpha = 0.5, beta = 0.25, axis = 3} : tensor<1x2x2x4xf32>
  %y = dl.lrn %x {size = 3, alpha = 0.5, beta = 0.25, axis = 3} : tensor<1x2x2x4xf32>
  func.return
}
