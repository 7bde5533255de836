// RUN: dlir-opt %s --convert-dl-to-structured --accel-choose-tiles | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-structured --accel-choose-tiles='machine=edge16' | filecheck %s --check-prefix=EDGE

// A megabyte each of activations and weights. Few accumulators and a slow memory: the sums of a
// large tile are in the scratchpad, and accumulators take its columns one block after the other.

// CHECK-LABEL: func.func @product
// CHECK:       schedule = #structured.schedule<tile = [{{[1-9][0-9]*}}, {{[1-9][0-9]*}}, {{[0-9]+}}]{{.*}}>} ins(%x, %w
// CHECK-NOT:   accumulators
// EDGE-LABEL:  func.func @product
// EDGE:        schedule = #structured.schedule<tile = [{{[1-9][0-9]*}}, {{[1-9][0-9]*}}, {{[1-9][0-9]*}}], accumulators = [{{[0-9]+}}, 16, {{[0-9]+}}]>} ins(%x, %w
func.func @product(%x: tensor<512x1024xf32>) -> tensor<512x512xf32> {
  %w = dl.param "w" : tensor<1024x512xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<512x1024xf32>, tensor<1024x512xf32>) -> tensor<512x512xf32>
  func.return %0 : tensor<512x512xf32>
}

// Tiles that are there are kept, with what else the schedule says.

// CHECK-LABEL: func.func @by_hand
// CHECK:       schedule = #structured.schedule<tile = [8, 16, 0], home = dram>} ins(%x, %w
func.func @by_hand(%x: tensor<64x32xf32>) -> tensor<64x32xf32> {
  %w = dl.param "w" : tensor<32x32xf32>
  %o = tensor.empty() : tensor<64x32xf32>
  %0 = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0.0 : f32, schedule = #structured.schedule<tile = [8, 16, 0], home = dram>} ins(%x, %w : tensor<64x32xf32>, tensor<32x32xf32>) outs(%o : tensor<64x32xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    structured.yield %s : f32
  } -> tensor<64x32xf32>
  func.return %0 : tensor<64x32xf32>
}
