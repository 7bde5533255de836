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

// Where the size of a block is not known, the arena has one for each outer row.
// CHECK-LABEL: @unknown
// CHECK: [[B:%.*]] = memref.view %arena[%c0][[[K:%.*]]] : memref<?xi8> to memref<3x4x?xf32>
// CHECK: [[S:%.*]] = builtin.unrealized_conversion_cast [[B]], [[N:%.*]], [[K]] : memref<3x4x?xf32>, index, index to memref<3x?x?xf32>
// CHECK: structured.generic {{.*}} ins(%x : {{.*}}) outs([[S]] :
// CHECK: structured.generic {{.*}} ins([[S]] : {{.*}}) outs(%y :
func.func @unknown(%x: tensor<3x?x?xf32>) -> tensor<3x?x?xf32> {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c1 : tensor<3x?x?xf32>
  %k = tensor.dim %x, %c2 : tensor<3x?x?xf32>
  %e = tensor.empty(%n, %k) : tensor<3x?x?xf32>
  %s = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0, 1], block = [4],
                                                           threads = [0]>}
      ins(%x : tensor<3x?x?xf32>) outs(%e : tensor<3x?x?xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  } -> tensor<3x?x?xf32>
  %y = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0, 1], block = [4]>}
      ins(%s : tensor<3x?x?xf32>) outs(%e : tensor<3x?x?xf32>) {
  ^bb0(%a: f32):
    %v = math.absf %a : f32
    structured.yield %v : f32
  } -> tensor<3x?x?xf32>
  func.return %y : tensor<3x?x?xf32>
}

// Threads divide the blocks: several are computed at once.
// CHECK-LABEL: @divided
// CHECK: memref.view {{.*}} to memref<3x?x?xf32>
// CHECK-NOT: unrealized_conversion_cast
func.func @divided(%x: tensor<3x?x?xf32>) -> tensor<3x?x?xf32> {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c1 : tensor<3x?x?xf32>
  %k = tensor.dim %x, %c2 : tensor<3x?x?xf32>
  %e = tensor.empty(%n, %k) : tensor<3x?x?xf32>
  %s = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0, 1], block = [4],
                                                           threads = [1]>}
      ins(%x : tensor<3x?x?xf32>) outs(%e : tensor<3x?x?xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  } -> tensor<3x?x?xf32>
  %y = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel],
                           schedule = #structured.schedule<rows = [0, 0, 1], block = [4]>}
      ins(%s : tensor<3x?x?xf32>) outs(%e : tensor<3x?x?xf32>) {
  ^bb0(%a: f32):
    %v = math.absf %a : f32
    structured.yield %v : f32
  } -> tensor<3x?x?xf32>
  func.return %y : tensor<3x?x?xf32>
}
