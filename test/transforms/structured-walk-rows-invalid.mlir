// RUN: dlir-opt %s --split-input-file --verify-diagnostics --structured-walk-rows

// Something stands between the ops, so that there is no loop in which the memory could be.
func.func @apart(%x: memref<10x8xf32>, %y: memref<10xf32>, %s: f32) {
  %m = memref.alloca() : memref<10x8xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%x : memref<10x8xf32>) outs(%m : memref<10x8xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  }
  structured.fill ins(%s : f32) outs(%x : memref<10x8xf32>)
  // expected-error@+1 {{uses memory of a block of rows, but is not walked with the others of its group}}
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%m : memref<10x8xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  }
  func.return
}

// -----

func.func @empty(%x: memref<10x8xf32>, %m: memref<10xf32>, %y: memref<10x8xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<rows = [0, 0], block = [0]>}
      ins(%x : memref<10x8xf32>) outs(%m : memref<10xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  }
  // expected-error@+1 {{expected a block of at least 1 row, got 0}}
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0], block = [0]>}
      ins(%x, %m : memref<10x8xf32>, memref<10xf32>) outs(%y : memref<10x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  }
  func.return
}

// -----

func.func @unknown(%x: memref<10x?xf32>, %y: memref<10xf32>, %n: index) {
  %m = memref.alloca(%n) : memref<10x?xf32>
  // expected-error@+1 {{the rows of a block are of unknown size or number}}
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%x : memref<10x?xf32>) outs(%m : memref<10x?xf32>) {
  ^bb0(%a: f32):
    %v = arith.negf %a : f32
    structured.yield %v : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<rows = [0, 0], block = [4]>}
      ins(%m : memref<10x?xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  }
  func.return
}
