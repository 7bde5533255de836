// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: @constants
func.func @constants() {
  // CHECK: dl.constant dense<[0, 255]> : tensor<2xui8>
  %a = dl.constant dense<[0, 255]> : tensor<2xui8>
  // CHECK: dl.constant dense<65535> : tensor<3xui16>
  %b = dl.constant dense<65535> : tensor<3xui16>
  // CHECK: dl.constant dense<[4294967295, 0]> : tensor<2xui32>
  %c = dl.constant dense<"0xFFFFFFFF00000000"> : tensor<2xui32>
  // CHECK: dl.constant dense<18446744073709551615> : tensor<ui64>
  %d = dl.constant dense<18446744073709551615> : tensor<ui64>
  // CHECK: dl.param "w" : tensor<4xui8>
  %w = dl.param "w" : tensor<4xui8>
  func.return
}

// CHECK-LABEL: @compute
func.func @compute(%x: tensor<?x4xui8>, %w: tensor<4x2xui8>) {
  // CHECK: dl.div %x, %x : tensor<?x4xui8>
  %q = dl.div %x, %x : tensor<?x4xui8>
  // CHECK: dl.clip %x {min = 3, max = 255} : tensor<?x4xui8>
  %c = dl.clip %x {min = 3, max = 255} : tensor<?x4xui8>
  // CHECK: dl.matmul %x, %w acc ui32 : (tensor<?x4xui8>, tensor<4x2xui8>) -> tensor<?x2xui32>
  %m = dl.matmul %x, %w acc ui32 : (tensor<?x4xui8>, tensor<4x2xui8>) -> tensor<?x2xui32>
  // CHECK: dl.cast %m : tensor<?x2xui32> -> tensor<?x2xf32>
  %f = dl.cast %m : tensor<?x2xui32> -> tensor<?x2xf32>
  func.return
}
