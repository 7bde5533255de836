// The CPU pipeline takes Winograd's algorithm where it is expected to win, unless it is refused.
// RUN: dlir-opt %s --cpu-pipeline='to=structured' | filecheck %s
// RUN: dlir-opt %s --cpu-pipeline='winograd=false to=structured' | filecheck %s --check-prefix=DIRECT
// RUN: dlir-compile %s --compile-to=structured | filecheck %s
// RUN: dlir-compile %s --no-winograd --compile-to=structured | filecheck %s --check-prefix=DIRECT

// One product per position of a tile; bias and activation on the last one's accumulators.
// CHECK: ins({{.*}} : tensor<6x1x6x196x64xf32>, tensor<6x1x6x64x64xf32>) outs({{.*}} : tensor<6x1x6x196x64xf32>)
// CHECK: } epilogue ins(%b : tensor<64xf32>)
// CHECK: -> tensor<1x14x4x14x4x64xf32>
// CHECK-NEXT: structured.reshape {{.*}} to tensor<1x56x56x64xf32>

// DIRECT: ins(%x, %w : tensor<1x56x56x64xf32>, tensor<64x64x3x3xf32>)
// DIRECT-NOT: structured.generic
func.func @main(%x: tensor<1x56x56x64xf32>) -> tensor<1x56x56x64xf32> {
  %w = dl.param "w" : tensor<64x64x3x3xf32>
  %b = dl.param "b" : tensor<64xf32>
  %0 = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x56x56x64xf32>, tensor<64x64x3x3xf32>) -> tensor<1x56x56x64xf32>
  %1 = dl.add %0, %b : (tensor<1x56x56x64xf32>, tensor<64xf32>) -> tensor<1x56x56x64xf32>
  %2 = dl.relu %1 : tensor<1x56x56x64xf32>
  func.return %2 : tensor<1x56x56x64xf32>
}
