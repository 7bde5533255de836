// RUN: dlir-opt %s --cpu-pipeline | filecheck %s
// RUN: dlir-opt %s --cpu-pipeline='vector-bits=256 registers=16' | filecheck %s --check-prefix=NARROW
// RUN-VALUE: @main([[1, 2], [3, 4]], [[1, 0], [-5, 1]]) == [[0, 2], [0, 4]]

// A product with its activation is one kernel; the plan has no code but for sizes and their checks.

// CHECK: llvm.func @main(%x: !llvm.ptr, %{{.*}}: i64, %w: !llvm.ptr, %r: !llvm.ptr,
// CHECK: llvm.call @contraction_0
// CHECK-NOT: llvm.call
// CHECK: llvm.func @main.plan(
// CHECK: llvm.func internal @contraction_0(
// CHECK: llvm.intr.fma({{.*}}) : (vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-NOT: vector<32xf32>
// NARROW: llvm.intr.fma({{.*}}) : (vector<8xf32>, vector<8xf32>, vector<8xf32>)
func.func @main(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>) -> tensor<?x2xf32> {
  %y = dl.matmul %x, %w acc f32 : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %r = dl.relu %y : tensor<?x2xf32>
  func.return %r : tensor<?x2xf32>
}
