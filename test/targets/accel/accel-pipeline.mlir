// RUN: dlir-opt %s --accel-pipeline='to=structured' | filecheck %s --check-prefix=STRUCTURED
// RUN: not dlir-opt %s --accel-pipeline='to=metal' 2>&1 | filecheck %s --check-prefix=WRONG

// STRUCTURED: structured.generic
// STRUCTURED-SAME: iterators = [parallel, parallel, reduction]
// STRUCTURED: } epilogue

// WRONG: error: accel-pipeline has no level 'metal'
// WRONG: help: the levels are structured, accel, scheduled
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %w = dl.param "w" : tensor<8x16xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  %1 = dl.relu %0 : tensor<4x16xf32>
  func.return %1 : tensor<4x16xf32>
}
