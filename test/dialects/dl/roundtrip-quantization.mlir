// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @quantize(%x: tensor<64x3x7x7xf32>, %s: tensor<64xf32>) {
  // CHECK: %y = dl.quantize %x, %s {axis = 0, zero_point = -3} : (tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<64x3x7x7xi8>
  %y = dl.quantize %x, %s {axis = 0, zero_point = -3} : (tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<64x3x7x7xi8>
  func.return
}

func.func @quantize_2(%x: tensor<?x?xf32>, %s: tensor<?xf32>) {
  // CHECK: %y = dl.quantize %x, %s {axis = 1} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xi8>
  %y = dl.quantize %x, %s {axis = 1, zero_point = 0} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xi8>
  func.return
}

func.func @dequantize(%x: tensor<?x4xi8>, %s: tensor<f32>) {
  // CHECK: %y = dl.dequantize %x, %s {zero_point = 4} : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
  %y = dl.dequantize %x, %s {zero_point = 4} : (tensor<?x4xi8>, tensor<f32>) -> tensor<?x4xf32>
  func.return
}

func.func @dequantize_2(%x: tensor<?x4xi32>, %s: tensor<4xf32>) {
  // CHECK: %y = dl.dequantize %x, %s {axis = 1} : (tensor<?x4xi32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<?x4xi32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @requantize(%x: tensor<?x64x56x56xi32>, %m: tensor<64xi32>, %s: tensor<64xi32>) {
  // CHECK: %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
  func.return
}

func.func @requantize_2(%x: tensor<i32>, %m: tensor<i32>) {
  // CHECK: %y = dl.requantize %x, %m, %m {zero_point = 127} : (tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<i8>
  %y = dl.requantize %x, %m, %m {zero_point = 127} : (tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<i8>
  func.return
}
