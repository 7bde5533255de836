// RUN: dlir-opt %s --structured-view-parts | filecheck %s

// Both pieces of a concatenation are written through views whose types only differ in their sizes.

// CHECK-LABEL: @concat
// CHECK: %[[A:.*]] = memref.subview %y[0, 0] [8, 64] [1, 1] : memref<8x96xf32> to memref<8x64xf32, strided<[96, 1]>>
// CHECK: %[[B:.*]] = "memref.cast"(%[[A]])
// CHECK: (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%a : memref<8x64xf32>) outs(%[[B]] : memref<8x64xf32, strided<[?, 1], offset: ?>>)
// CHECK: %[[C:.*]] = memref.subview %y[0, 64] [8, 32] [1, 1] : memref<8x96xf32> to memref<8x32xf32, strided<[96, 1], offset: 64>>
// CHECK: %[[D:.*]] = "memref.cast"(%[[C]])
// CHECK: (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%b : memref<8x32xf32>) outs(%[[D]] : memref<8x32xf32, strided<[?, 1], offset: ?>>)
func.func @concat(%a: memref<8x64xf32>, %b: memref<8x32xf32>, %y: memref<8x96xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel], domain = array<i64: -1, 64>} ins(%a : memref<8x64xf32>) outs(%y : memref<8x96xf32>) {
  ^bb0(%0: f32):
    structured.yield %0 : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 64)], iterators = [parallel, parallel]} ins(%b : memref<8x32xf32>) outs(%y : memref<8x96xf32>) {
  ^bb0(%0: f32):
    structured.yield %0 : f32
  }
  func.return
}

// Whole buffers and dynamic sizes are left alone.

// CHECK-LABEL: @whole
// CHECK-NOT: memref.subview
// CHECK-LABEL: @dynamic
// CHECK-NOT: memref.subview
func.func @whole(%a: memref<8xf32>, %y: memref<8xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel], domain = array<i64: 8>} ins(%a : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%0: f32):
    structured.yield %0 : f32
  }
  func.return
}
func.func @dynamic(%a: memref<?xf32>, %y: memref<?xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0 + 4)], iterators = [parallel]} ins(%a : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%0: f32):
    structured.yield %0 : f32
  }
  func.return
}

// Elements outside of the buffer are not written, and no part of the view; a part in front of it is
// left to the bounds of the op.
// CHECK-LABEL: @beyond
// CHECK: memref.subview %y[0, 2] [4, 2] [1, 1] : memref<4x4xf32> to memref<4x2xf32,
// CHECK: (d0, d1) -> (d0, d1 - 2)
func.func @beyond(%x: memref<4x8xf32>, %y: memref<4x4xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 2)],
                      iterators = [parallel, parallel]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<4x4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 - 2)],
                      iterators = [parallel, parallel]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<4x4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}
