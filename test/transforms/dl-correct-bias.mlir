// RUN: dlir-opt %s --dl-correct-bias='calibration=%S/inputs/quantize.npz' | filecheck %s

// The weight 0.4 is rounded to 0: what it adds on average, 0.4 times the mean 0.75, comes back.
// CHECK-LABEL: @main
// CHECK:      %[[Y:.*]] = dl.matmul
// CHECK-NEXT: %[[C:.*]] = dl.constant dense<{{0.3000000.*|0.2999999.*|3.000000e-01}}> : tensor<1xf32>
// CHECK-NEXT: dl.add %[[Y]], %[[C]]
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %w = dl.constant dense<[[0.4], [0.0], [0.0], [0.0]]> : tensor<4x1xf32>
  %s = dl.constant dense<1.0> : tensor<1xf32>
  %q = dl.quantize %w, %s {axis = 1} : (tensor<4x1xf32>, tensor<1xf32>) -> tensor<4x1xi8>
  %d = dl.dequantize %q, %s {axis = 1} : (tensor<4x1xi8>, tensor<1xf32>) -> tensor<4x1xf32>
  %y = dl.matmul %x, %d acc f32 : (tensor<?x4xf32>, tensor<4x1xf32>) -> tensor<?x1xf32>
  func.return %y : tensor<?x1xf32>
}
