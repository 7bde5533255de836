// RUN: dlir-opt %s --cpu-pipeline='to=structured' | filecheck %s --check-prefix=STRUCTURED
// RUN: dlir-opt %s --cpu-pipeline='vector-bits=256 registers=16 to=buffers' | filecheck %s --check-prefix=BUFFERS
// RUN: dlir-opt %s --cpu-pipeline='vector-bits=256 registers=16 to=loops' | filecheck %s --check-prefix=LOOPS
// RUN: dlir-opt %s --cpu-pipeline | filecheck %s --check-prefix=LLVM
// RUN: not dlir-opt %s --cpu-pipeline='to=metal' 2>&1 | filecheck %s --check-prefix=WRONG

// STRUCTURED: structured.generic
// STRUCTURED-SAME: iterators = [parallel, parallel, reduction]

// BUFFERS-LABEL: func.func @main(
// BUFFERS-SAME: dlir.constants = [{param = "w", shape = array<i64: 1, 8, 16>
// BUFFERS-LABEL: func.func private @contraction_0
// BUFFERS: kernel = contraction, vector = [4, 16], pack = [1]

// LOOPS-LABEL: func.func private @contraction_0
// LOOPS: scf.for
// LOOPS: vector.fma {{.*}} : vector<4x16xf32>

// LLVM-LABEL: llvm.func @main(
// LLVM-LABEL: llvm.func internal @contraction_0
// LLVM: llvm.intr.fma

// WRONG: error: cpu-pipeline has no level 'metal'
// WRONG: help: the levels are structured, buffers, loops, llvm

func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %w = dl.param "w" : tensor<8x16xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  func.return %0 : tensor<4x16xf32>
}
