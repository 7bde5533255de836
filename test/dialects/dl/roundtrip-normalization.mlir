// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @group_norm(%x: tensor<?x32x14x14xf32>, %s: tensor<32xf32>, %b: tensor<32xf32>) {
  // CHECK: %y = dl.group_norm %x, %s, %b {groups = 8} : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
  %y = dl.group_norm %x, %s, %b {groups = 8} : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
  func.return
}

func.func @group_norm_epsilon(%x: tensor<?x?xbf16>, %s: tensor<?xbf16>, %b: tensor<?xbf16>) {
  // CHECK: %y = dl.group_norm %x, %s, %b {groups = 1, epsilon = 0.001} : (tensor<?x?xbf16>, tensor<?xbf16>, tensor<?xbf16>) -> tensor<?x?xbf16>
  %y = dl.group_norm %x, %s, %b {groups = 1, epsilon = 0.001} : (tensor<?x?xbf16>, tensor<?xbf16>, tensor<?xbf16>) -> tensor<?x?xbf16>
  func.return
}

func.func @instance_norm(%x: tensor<?x32x14x14xf32>, %s: tensor<32xf32>, %b: tensor<32xf32>) {
  // CHECK: %y = dl.instance_norm %x, %s, %b : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
  %y = dl.instance_norm %x, %s, %b : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32x14x14xf32>
  func.return
}

func.func @rms_norm(%x: tensor<?x128x768xf32>, %s: tensor<768xf32>) {
  // CHECK: %y = dl.rms_norm %x, %s {axis = 2} : (tensor<?x128x768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
  %y = dl.rms_norm %x, %s {axis = 2} : (tensor<?x128x768xf32>, tensor<768xf32>) -> tensor<?x128x768xf32>
  func.return
}

func.func @rms_norm_dynamic(%x: tensor<2x?xf16>, %s: tensor<?xf16>) {
  // CHECK: %y = dl.rms_norm %x, %s {axis = 1, epsilon = 1.0e-06} : (tensor<2x?xf16>, tensor<?xf16>) -> tensor<2x?xf16>
  %y = dl.rms_norm %x, %s {axis = 1, epsilon = 1.0e-06} : (tensor<2x?xf16>, tensor<?xf16>) -> tensor<2x?xf16>
  func.return
}

func.func @batch_norm_training(%x: tensor<?x32x14x14xf32>, %s: tensor<32xf32>, %b: tensor<32xf32>) {
  // CHECK: %y, %m, %v = dl.batch_norm_training %x, %s, %b : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>)
  %y, %m, %v = dl.batch_norm_training %x, %s, %b : (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>) -> (tensor<?x32x14x14xf32>, tensor<32xf32>, tensor<32xf32>)
  func.return
}

func.func @batch_norm_training_axis(%x: tensor<4x5x32xf64>, %s: tensor<32xf64>, %b: tensor<32xf64>) {
  // CHECK: %y, %m, %v = dl.batch_norm_training %x, %s, %b {axis = 2, epsilon = 0.01} : (tensor<4x5x32xf64>, tensor<32xf64>, tensor<32xf64>) -> (tensor<4x5x32xf64>, tensor<32xf64>, tensor<32xf64>)
  %y, %m, %v = dl.batch_norm_training %x, %s, %b {axis = 2, epsilon = 0.01} : (tensor<4x5x32xf64>, tensor<32xf64>, tensor<32xf64>) -> (tensor<4x5x32xf64>, tensor<32xf64>, tensor<32xf64>)
  func.return
}
