// RUN: dlir-opt %s --dl-equalize-layers --dl-fold-constants | filecheck %s

// The channels have the ranges 8 and 2 before, 2 and 8 behind: both become 4. So does the bias.
// CHECK-LABEL: @main
// CHECK-DAG:  dense<4.000000e+00> : tensor<1x2xf32>
// CHECK-DAG:  dense<[2.000000e+00, 1.000000e+00]> : tensor<2xf32>
// CHECK-DAG:  dense<4.000000e+00> : tensor<2x1xf32>
func.func @main(%x: tensor<?x1xf32>) -> tensor<?x1xf32> {
  %w = dl.constant dense<[[8.0, 2.0]]> : tensor<1x2xf32>
  %b = dl.constant dense<[4.0, 0.5]> : tensor<2xf32>
  %v = dl.constant dense<[[2.0], [8.0]]> : tensor<2x1xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x1xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  %1 = dl.add %0, %b : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %2 = dl.relu %1 : tensor<?x2xf32>
  %3 = dl.matmul %2, %v acc f32 : (tensor<?x2xf32>, tensor<2x1xf32>) -> tensor<?x1xf32>
  func.return %3 : tensor<?x1xf32>
}
