// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @nonzero(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.nonzero %x : tensor<?x4xf32> -> tensor<2x?xi64>
  %y = dl.nonzero %x : tensor<?x4xf32> -> tensor<2x?xi64>
  func.return
}

func.func @unique(%x: tensor<?x4xi8>) {
  // CHECK: %v, %i, %n, %c = dl.unique %x : tensor<?x4xi8> -> (tensor<?xi8>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>)
  %v, %i, %n, %c = dl.unique %x : tensor<?x4xi8> -> (tensor<?xi8>, tensor<?xi64>, tensor<?xi64>, tensor<?xi64>)
  // CHECK: %v2, %i2, %n2, %c2 = dl.unique %x {axis = 1, by_place} : tensor<?x4xi8> -> (tensor<?x?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>)
  %v2, %i2, %n2, %c2 = dl.unique %x {axis = 1, by_place} : tensor<?x4xi8> -> (tensor<?x?xi8>, tensor<?xi64>, tensor<4xi64>, tensor<?xi64>)
  func.return
}

func.func @nms(%b: tensor<1x?x4xf32>, %s: tensor<1x2x?xf32>) {
  // CHECK: %y = dl.nms %b, %s {centered, iou_threshold = 0.5, most = 3, score_threshold = 0.25} : (tensor<1x?x4xf32>, tensor<1x2x?xf32>) -> tensor<?x3xi64>
  %y = dl.nms %b, %s {centered, iou_threshold = 0.5, most = 3, score_threshold = 0.25} : (tensor<1x?x4xf32>, tensor<1x2x?xf32>) -> tensor<?x3xi64>
  func.return
}
