// RUN: dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize.npz' | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-observe='calibration=%S/inputs/quantize.npz observer=percentile percentile=75.0 element=ui8' | filecheck %s --check-prefix=PERCENTILE
// RUN: not dlir-opt %s --split-input-file --pass-pipeline='builtin.module(dl-observe{calibration=missing.npz})' 2>&1 | filecheck %s --check-prefix=MISSING

// MISSING: error: cannot read the calibration 'missing.npz': No such file or directory

// What layers read gets a range: an argument, and the relu, not what comes between. A layer that is
// kept is passed over.
// CHECK-LABEL: @main(%x: tensor<?x4xf32> {dl.range = array<f32: -1.270000e+01, 6.350000e+00>})
// CHECK:      dl.matmul %x, %w acc f32 :
// CHECK:      dl.relu {{.*}} {dl.range = array<f32: 0.000000e+00, {{.*}}>} : tensor<?x2xf32>
// CHECK-NOT:  dl.range
// PERCENTILE-LABEL: @main(%x: tensor<?x4xf32> {dl.range = array<f32: {{-?[0-4]\..*}}>})
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[1.27, 0.0], [0.0, -2.54], [0.635, 1.0], [0.1, 0.2]]> : tensor<4x2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %1 = dl.relu %0 : tensor<?x2xf32>
  %v = dl.constant dense<[[1.27, 0.5], [-1.27, 2.54]]> : tensor<2x2xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %3 = dl.exp %2 : tensor<?x2xf32>
  %4 = dl.matmul %3, %v acc f32 {dl.keep} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  func.return %4 : tensor<?x2xf32>
}
