// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @mx_scale(%x: tensor<?x64xf32>) {
  // CHECK: %s = dl.mx_scale %x {axis = 1, exponent = 8} : tensor<?x64xf32> -> tensor<?x2xf8E8M0FNU>
  %s = dl.mx_scale %x {axis = 1, block = 32, exponent = 8} : tensor<?x64xf32> -> tensor<?x2xf8E8M0FNU>
  // CHECK: %q = dl.quantize %x, %s {axis = 1, block = 32} : (tensor<?x64xf32>, tensor<?x2xf8E8M0FNU>) -> tensor<?x64xf8E4M3FN>
  %q = dl.quantize %x, %s {axis = 1, block = 32} : (tensor<?x64xf32>, tensor<?x2xf8E8M0FNU>) -> tensor<?x64xf8E4M3FN>
  // CHECK: dl.dequantize %q, %s {axis = 1, block = 32} : (tensor<?x64xf8E4M3FN>, tensor<?x2xf8E8M0FNU>) -> tensor<?x64xf32>
  %y = dl.dequantize %q, %s {axis = 1, block = 32} : (tensor<?x64xf8E4M3FN>, tensor<?x2xf8E8M0FNU>) -> tensor<?x64xf32>
  func.return
}

func.func @mx_scale_rows(%x: tensor<5x?xf32>) {
  // CHECK: %s = dl.mx_scale %x {axis = 0, block = 2, exponent = -3} : tensor<5x?xf32> -> tensor<3x?xf8E8M0FNU>
  %s = dl.mx_scale %x {axis = 0, block = 2, exponent = -3} : tensor<5x?xf32> -> tensor<3x?xf8E8M0FNU>
  func.return
}
