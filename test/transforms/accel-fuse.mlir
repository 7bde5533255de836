// RUN: dlir-opt %s --convert-dl-to-structured --accel-fuse | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-structured --accel-fuse='set=spm.bytes=8192' | filecheck %s --check-prefix=SMALL

// The steps of a softmax are computed where the last of them reads them, tile by tile. The product
// before it stays on chip, if it fits beside the tiles; the result is the host's, who reads DRAM.

// CHECK-LABEL: func.func @attention
// CHECK:       schedule = #structured.schedule<home = spm>} ins(%x, %w
// CHECK:       schedule = #structured.schedule<home = tile>}
// CHECK:         arith.maximumf
// CHECK:       schedule = #structured.schedule<home = tile>}
// CHECK:         math.exp
// CHECK:       schedule = #structured.schedule<home = dram>}
// SMALL-LABEL: func.func @attention
// SMALL:       schedule = #structured.schedule<home = dram>} ins(%x, %w
func.func @attention(%x: tensor<128x16xf32>) -> tensor<128x48xf32> {
  %w = dl.param "w" : tensor<16x48xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<128x16xf32>, tensor<16x48xf32>) -> tensor<128x48xf32>
  %1 = dl.softmax %0 {axis = 1} : tensor<128x48xf32>
  func.return %1 : tensor<128x48xf32>
}

// A home that is there stays there: this one need not leave the chip, but is to.

// CHECK-LABEL: func.func @by_hand
// CHECK:       schedule = #structured.schedule<home = dram>} ins(%x
// CHECK:       schedule = #structured.schedule<home = spm>} ins
// CHECK:       schedule = #structured.schedule<home = dram>} ins
func.func @by_hand(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %o = tensor.empty() : tensor<8x16xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], schedule = #structured.schedule<home = dram>} ins(%x : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], schedule = #structured.schedule<home = spm>} ins(%0 : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  %2 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%1 : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  func.return %2 : tensor<8x16xf32>
}
