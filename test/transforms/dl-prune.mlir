// RUN: dlir-opt %s --dl-prune=sparsity=0.5 | filecheck %s
// RUN: dlir-opt %s --dl-prune='sparsity=0.5 granularity=row' | filecheck %s --check-prefix=ROW
// RUN: dlir-opt %s --dl-prune='sparsity=0.5 granularity=1x2' | filecheck %s --check-prefix=BLOCK
// RUN: dlir-opt %s --dl-prune=granularity=1:2 | filecheck %s --check-prefix=OFTWO
// RUN: dlir-opt %s --dl-prune='sparsity=0.5 scope=global' | filecheck %s --check-prefix=GLOBAL
// RUN: dlir-opt %s --dl-prune='sparsity=1 keep=?w' | filecheck %s --check-prefix=KEEP
// RUN: not dlir-opt %s --dl-prune 2>&1 | filecheck %s --check-prefix=NOTHING
// RUN: not dlir-opt %s --dl-prune=sparsity=1.5 2>&1 | filecheck %s --check-prefix=MUCH
// RUN: not dlir-opt %s --dl-prune='sparsity=0.5 granularity=4:2' 2>&1 | filecheck %s --check-prefix=GRAIN
// RUN: not dlir-opt %s --dl-prune='sparsity=0.5 granularity=2:4' 2>&1 | filecheck %s --check-prefix=TWICE
// RUN: not dlir-opt %s --dl-prune='sparsity=0.5 params=w.safetensors' 2>&1 | filecheck %s --check-prefix=FILES

// NOTHING: error[dl-prune-sparsity]: sparsity: expected a number from 0 to 1, got nothing
// MUCH: error[dl-prune-sparsity]: sparsity: expected a number from 0 to 1, got 1.5
// GRAIN: error[dl-prune-granularity]: granularity: expected element, row, a block or N:M, got '4:2'
// GRAIN: help: write a block as 4x1, and N:M as 2:4 with N <= M
// TWICE: error[dl-prune-granularity]: granularity=2:4 says how much of each layer goes
// FILES: error: dl-prune makes new weights from old ones, and needs files for both

// Rows of outputs are columns of this weight: (1, 2, 5), (-4, 3, 6) and (1, 0.5, 0).
// Of equal magnitudes the first goes.

// CHECK-LABEL: @product
// CHECK-NEXT: dl.constant dense<{{\[\[}}0.000000e+00, -4.000000e+00, 0.000000e+00], [2.000000e+00, 3.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00, 0.000000e+00]]>
// ROW-LABEL: @product
// ROW-NEXT: dl.constant dense<{{\[\[}}1.000000e+00, -4.000000e+00, 0.000000e+00], [2.000000e+00, 3.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00, 0.000000e+00]]>
// BLOCK-LABEL: @product
// BLOCK-NEXT: dl.constant dense<{{\[\[}}0.000000e+00, -4.000000e+00, 0.000000e+00], [0.000000e+00, 3.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00, 0.000000e+00]]>
// OFTWO-LABEL: @product
// OFTWO-NEXT: dl.constant dense<{{\[\[}}0.000000e+00, -4.000000e+00, 1.000000e+00], [2.000000e+00, 0.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00, 0.000000e+00]]>
// GLOBAL-LABEL: @product
// GLOBAL-NEXT: dl.constant dense<{{\[\[}}0.000000e+00, -4.000000e+00, 0.000000e+00], [0.000000e+00, 0.000000e+00, 0.000000e+00], [5.000000e+00, 6.000000e+00, 0.000000e+00]]>
// KEEP-LABEL: @product
// KEEP-NEXT: dl.constant dense<{{\[\[}}1.000000e+00, -4.000000e+00
func.func @product(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %w = dl.constant dense<[[1.0, -4.0, 1.0], [2.0, 3.0, 0.5], [5.0, 6.0, 0.0]]> : tensor<3x3xf32>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x3xf32>, tensor<3x3xf32>) -> tensor<?x3xf32>
  func.return %y : tensor<?x3xf32>
}

// The neighbours of a convolution are channels: of each place one of two stays. The weight is read
// through a transpose.

// OFTWO-LABEL: @convolution
// OFTWO-NEXT: dl.constant dense<{{\[\[\[\[}}0.000000e+00, 8.000000e+00]], {{\[\[}}9.000000e+00, 0.000000e+00]]]]>
// GLOBAL-LABEL: @convolution
// GLOBAL-NEXT: dl.constant dense<{{\[\[\[\[}}7.000000e+00, 8.000000e+00]], {{\[\[}}9.000000e+00, 7.000000e+00]]]]>
func.func @convolution(%x: tensor<?x2x1x2xf32>) -> tensor<?x1x1x1xf32> {
  %c = dl.constant dense<[[[[7.0, 8.0]], [[9.0, 7.0]]]]> : tensor<1x2x1x2xf32>
  %w = dl.transpose %c {perm = [0, 1, 2, 3]} : tensor<1x2x1x2xf32> -> tensor<1x2x1x2xf32>
  %y = dl.conv2d %x, %w acc f32 : (tensor<?x2x1x2xf32>, tensor<1x2x1x2xf32>) -> tensor<?x1x1x1xf32>
  func.return %y : tensor<?x1x1x1xf32>
}

// What something else reads as well stays, and so do integers.

// CHECK-LABEL: @others
// CHECK-NEXT: dl.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00]]>
// CHECK-NEXT: dl.constant dense<{{\[\[}}1, 2]]>
func.func @others(%x: tensor<?x1xf32>, %z: tensor<?x1xi8>)
    -> (tensor<?x2xf32>, tensor<1x2xf32>, tensor<?x2xi32>) {
  %w = dl.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %v = dl.constant dense<[[1, 2]]> : tensor<1x2xi8>
  %y = dl.matmul %x, %w acc f32 : (tensor<?x1xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  %n = dl.neg %w : tensor<1x2xf32>
  %i = dl.matmul %z, %v acc i32 : (tensor<?x1xi8>, tensor<1x2xi8>) -> tensor<?x2xi32>
  func.return %y, %n, %i : tensor<?x2xf32>, tensor<1x2xf32>, tensor<?x2xi32>
}
