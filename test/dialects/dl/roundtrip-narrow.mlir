// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: @constants
func.func @constants() {
  // CHECK: dl.constant dense<[1.500000e+00, -4.480000e+02]> : tensor<2xf8E4M3FN>
  %a = dl.constant dense<[1.5, -448.0]> : tensor<2xf8E4M3FN>
  // CHECK: dl.constant dense<6.000000e+00> : tensor<3xf4E2M1FN>
  %b = dl.constant dense<6.0> : tensor<3xf4E2M1FN>
  // CHECK: dl.constant dense<[-8, 7]> : tensor<2xi4>
  %c = dl.constant dense<[-8, 7]> : tensor<2xi4>
  // CHECK: dl.constant dense<[3, 0]> : tensor<2xui2>
  %d = dl.constant dense<[3, 0]> : tensor<2xui2>
  // CHECK: dl.constant dense<{{.*}}> : tensor<2xf8E5M2>
  %e = dl.constant dense<[0x7C, 0x7E]> : tensor<2xf8E5M2>
  func.return
}

// CHECK-LABEL: @convert
func.func @convert(%x: tensor<?xf32>) {
  // CHECK: dl.cast %x : tensor<?xf32> -> tensor<?xf8E5M2FNUZ>
  %y = dl.cast %x : tensor<?xf32> -> tensor<?xf8E5M2FNUZ>
  // CHECK: dl.reshape %y : tensor<?xf8E5M2FNUZ> -> tensor<1x?xf8E5M2FNUZ>
  %z = dl.reshape %y : tensor<?xf8E5M2FNUZ> -> tensor<1x?xf8E5M2FNUZ>
  func.return
}

// CHECK-LABEL: @products
func.func @products(%a: tensor<2x3xf8E4M3FN>, %b: tensor<3x4xf8E5M2>, %c: tensor<2x3xui8>, %d: tensor<3x4xi4>) {
  // CHECK: dl.matmul %a, %b acc f32 : (tensor<2x3xf8E4M3FN>, tensor<3x4xf8E5M2>) -> tensor<2x4xbf16>
  %y = dl.matmul %a, %b acc f32 : (tensor<2x3xf8E4M3FN>, tensor<3x4xf8E5M2>) -> tensor<2x4xbf16>
  // CHECK: dl.matmul %c, %d acc i32 : (tensor<2x3xui8>, tensor<3x4xi4>) -> tensor<2x4xi32>
  %z = dl.matmul %c, %d acc i32 : (tensor<2x3xui8>, tensor<3x4xi4>) -> tensor<2x4xi32>
  func.return
}
