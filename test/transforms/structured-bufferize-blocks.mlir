// RUN: dlir-opt %s --structured-bufferize | filecheck %s

// What a group alone sees, in blocks, is no part of the arena; what is read elsewhere has memory of
// its own there. The pass that walks the rows makes the memory small.
// CHECK-LABEL: @blocks
// CHECK-SAME: dlir.arena = [{bytes = 320 : i64
// CHECK: [[S:%.*]] = memref.alloca() {alignment = 64 : i64} : memref<10x8xf32>
// CHECK: structured.generic {{.*}} ins(%x : {{.*}}) outs([[S]] :
// CHECK: [[T:%.*]] = memref.view %arena
// CHECK: structured.generic {{.*}} ins([[S]] : {{.*}}) outs([[T]] :
// CHECK: structured.generic {{.*}} ins([[T]] : {{.*}}) outs(%y :
func.func @blocks(%x: tensor<10x8xf32>) -> tensor<10x8xf32> {
  %e = tensor.empty() : tensor<10x8xf32>
  %s = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%x : tensor<10x8xf32>) outs(%e : tensor<10x8xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  } -> tensor<10x8xf32>
  %t = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%s : tensor<10x8xf32>) outs(%e : tensor<10x8xf32>) {
  ^bb0(%a: f32):
    %v = math.absf %a : f32
    structured.yield %v : f32
  } -> tensor<10x8xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%t : tensor<10x8xf32>) outs(%e : tensor<10x8xf32>) {
  ^bb0(%a: f32):
    %v = math.exp %a : f32
    structured.yield %v : f32
  } -> tensor<10x8xf32>
  func.return %y : tensor<10x8xf32>
}
