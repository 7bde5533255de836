// Formats in types run on every target: arguments and results are the integers that they store.
// RUN: dlir-run %s --target=ref --input=2x4xf32=1 --input=4x3xi8=2 | filecheck %s
// RUN: dlir-run %s --target=cpu --input=2x4xf32=1 --input=4x3xi8=2 | filecheck %s
// RUN: dlir-run %s --target=accel --machine=gemmini --input=2x4xf32=1 --input=4x3xi8=2 | filecheck %s

// CHECK: o0: 2x3xi8 = {{\[\[}}8, 16, 24], [8, 16, 24]]
!weight = tensor<4x3x!quant.uniform<i8:f32:1, {0.1, 0.2, 0.3}>>
!input = tensor<2x4x!quant.uniform<i8:f32, 0.05>>
!result = tensor<2x3x!quant.uniform<i8:f32, 0.1>>
func.func @main(%x: tensor<2x4xf32>, %w: !weight) -> !result {
  %q = quant.qcast %x : tensor<2x4xf32> to !input
  %d = quant.dcast %q : !input to tensor<2x4xf32>
  %e = quant.dcast %w : !weight to tensor<4x3xf32>
  %y = dl.matmul %d, %e acc f32 : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  %r = quant.qcast %y : tensor<2x3xf32> to !result
  func.return %r : !result
}
