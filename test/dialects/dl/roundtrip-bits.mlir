// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @shift_left(%a: tensor<?x4xui8>, %b: tensor<4xui8>) {
  // CHECK: dl.shift_left %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
  %y = dl.shift_left %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
  // CHECK: dl.shift_left %b, %b : tensor<4xui8>
  %z = dl.shift_left %b, %b : tensor<4xui8>
  func.return
}

func.func @shift_right(%a: tensor<?x4xui8>, %b: tensor<4xui8>) {
  // CHECK: dl.shift_right %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
  %y = dl.shift_right %a, %b : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
  // CHECK: dl.shift_right %b, %b : tensor<4xui8>
  %z = dl.shift_right %b, %b : tensor<4xui8>
  func.return
}

func.func @bitcast(%x: tensor<?x4xf32>) {
  // CHECK: dl.bitcast %x : tensor<?x4xf32> -> tensor<?x4xui32>
  %y = dl.bitcast %x : tensor<?x4xf32> -> tensor<?x4xui32>
  func.return
}
