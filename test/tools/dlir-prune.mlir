// RUN: dlir-prune %s --sparsity=0.5 -o %t.mlir --report=%t.json | filecheck %s
// RUN: cat %t.mlir | filecheck %s --check-prefix=TEXT
// RUN: cat %t.json | filecheck %s --check-prefix=JSON
// RUN: dlir-prune %s --sparsity=0.5 --granularity=row '--keep=?v' --remove-channels | filecheck %s --check-prefix=CHANNELS
// RUN: dlir-prune %s --granularity=2:4 --encode | filecheck %s --check-prefix=ENCODE
// RUN: not dlir-prune %s --sparsity=0.5 --report=r.html 2>&1 | filecheck %s --check-prefix=REPORT
// RUN: not dlir-prune %s --sparsity=0.5 --data=missing.npz 2>&1 | filecheck %s --check-prefix=DATA
// RUN: not dlir-prune %s 2>&1 | filecheck %s --check-prefix=SPARSITY

// REPORT: error: --report r.html: expected a name that ends in .json or .txt
// DATA: error: cannot read the calibration 'missing.npz': No such file or directory
// SPARSITY: error[dl-prune-sparsity]: sparsity: expected a number from 0 to 1, got nothing

// CHECK: dlir-prune.mlir: pruned 0.5 of element by magnitude
// CHECK: layer{{ +}}shape{{ +}}zeros{{ +}}SQNR dB{{ +}}cosine{{ +}}dense{{ +}}smallest{{ +}}encoding
// CHECK: %w{{ +}}4x4{{ +}}0.000 -> 0.500{{ +}}64{{ +}}34 (0.531){{ +}}bitmask
// CHECK: %v{{ +}}4x1{{ +}}0.000 -> 0.500{{ +}}16{{ +}}9 (0.562){{ +}}bitmask

// TEXT: dl.constant dense<{{.*}}0.000000e+00

// JSON: "model": "dlir-prune.mlir"
// JSON: "zeros_after": 0.5
// JSON: "encoding": "bitmask"

// CHANNELS: channels removed: 2

// ENCODE: %w: {{.*}} of the dense time at 32 columns, 0.500 zero
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %w = dl.constant dense<[[1.0, 9.0, 2.0, 8.0], [3.0, 9.0, 1.0, 8.0], [2.0, 7.0, 3.0, 8.0], [1.0, 9.0, 2.0, 6.0]]> : tensor<4x4xf32>
  %v = dl.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %1 = dl.relu %0 : tensor<?x4xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<?x4xf32>, tensor<4x1xf32>) -> tensor<?x1xf32>
  func.return %2 : tensor<?x1xf32>
}
