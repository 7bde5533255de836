// RUN: dlir-opt %s --structured-outline | filecheck %s

// Neighbours of one number become one kernel, each of their operands one argument; so do others that
// are alike.
// CHECK-LABEL: func.func @siblings
// CHECK: func.call @[[K:siblings_[0-9]+]](%x, %a, %b)
// CHECK-NEXT: func.call @[[K]](%y, %a, %b)
// CHECK: func.func private @[[K]]([[X:%.*]]: memref<8xf32>, [[A:%.*]]: memref<8xf32>, [[B:%.*]]: memref<8xf32>) attributes {dlir.siblings} {
// CHECK-NEXT: structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]} ins([[X]] : memref<8xf32>) outs([[A]] : memref<8xf32>)
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]} ins([[X]] : memref<8xf32>) outs([[B]] : memref<8xf32>)
func.func @siblings(%x: memref<8xf32>, %y: memref<8xf32>, %a: memref<8xf32>, %b: memref<8xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel],
                      schedule = #structured.schedule<siblings = [0]>}
      ins(%x : memref<8xf32>) outs(%a : memref<8xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  }
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel],
                      schedule = #structured.schedule<siblings = [0]>}
      ins(%x : memref<8xf32>) outs(%b : memref<8xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  }
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel],
                      schedule = #structured.schedule<siblings = [1]>}
      ins(%y : memref<8xf32>) outs(%a : memref<8xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  }
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel],
                      schedule = #structured.schedule<siblings = [1]>}
      ins(%y : memref<8xf32>) outs(%b : memref<8xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  }
  func.return
}
