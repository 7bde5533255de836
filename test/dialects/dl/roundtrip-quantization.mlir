// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @quantize(%x: tensor<64x3x7x7xf32>, %s: tensor<64xf32>, %z: tensor<64xui8>) {
  // CHECK: %y = dl.quantize %x, %s, %z {axis = 0} : (tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xui8>) -> tensor<64x3x7x7xui8>
  %y = dl.quantize %x, %s, %z {axis = 0} : (tensor<64x3x7x7xf32>, tensor<64xf32>, tensor<64xui8>) -> tensor<64x3x7x7xui8>
  func.return
}

func.func @quantize_2(%x: tensor<?x?xf32>, %s: tensor<?xf32>) {
  // CHECK: %y = dl.quantize %x, %s {axis = 1} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xi8>
  %y = dl.quantize %x, %s {axis = 1} : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?x?xi8>
  func.return
}

func.func @quantize_3(%x: tensor<?x64xf32>, %s: tensor<?x2xf32>) {
  // CHECK: %y = dl.quantize %x, %s {axis = 1, block = 32} : (tensor<?x64xf32>, tensor<?x2xf32>) -> tensor<?x64xf8E4M3FN>
  %y = dl.quantize %x, %s {axis = 1, block = 32} : (tensor<?x64xf32>, tensor<?x2xf32>) -> tensor<?x64xf8E4M3FN>
  func.return
}

func.func @dequantize(%x: tensor<?x4xi8>, %s: tensor<f32>, %z: tensor<i8>) {
  // CHECK: %y = dl.dequantize %x, %s, %z : (tensor<?x4xi8>, tensor<f32>, tensor<i8>) -> tensor<?x4xf32>
  %y = dl.dequantize %x, %s, %z : (tensor<?x4xi8>, tensor<f32>, tensor<i8>) -> tensor<?x4xf32>
  func.return
}

func.func @dequantize_2(%x: tensor<?x4xi32>, %s: tensor<4xf32>) {
  // CHECK: %y = dl.dequantize %x, %s {axis = 1} : (tensor<?x4xi32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<?x4xi32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @dequantize_3(%x: tensor<3x33xi4>, %s: tensor<3x2xf32>, %z: tensor<3x2xi4>) {
  // CHECK: %y = dl.dequantize %x, %s, %z {axis = 1, block = 32} : (tensor<3x33xi4>, tensor<3x2xf32>, tensor<3x2xi4>) -> tensor<3x33xf32>
  %y = dl.dequantize %x, %s, %z {axis = 1, block = 32} : (tensor<3x33xi4>, tensor<3x2xf32>, tensor<3x2xi4>) -> tensor<3x33xf32>
  func.return
}

func.func @requantize(%x: tensor<?x64x56x56xi32>, %m: tensor<64xi32>, %s: tensor<64xi32>) {
  // CHECK: %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<?x64x56x56xi32>, tensor<64xi32>, tensor<64xi32>) -> tensor<?x64x56x56xi8>
  func.return
}

func.func @requantize_2(%x: tensor<i32>, %m: tensor<i32>, %z: tensor<ui8>) {
  // CHECK: %y = dl.requantize %x, %m, %m, %z : (tensor<i32>, tensor<i32>, tensor<i32>, tensor<ui8>) -> tensor<ui8>
  %y = dl.requantize %x, %m, %m, %z : (tensor<i32>, tensor<i32>, tensor<i32>, tensor<ui8>) -> tensor<ui8>
  func.return
}
