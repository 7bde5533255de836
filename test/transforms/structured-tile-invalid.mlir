// RUN: dlir-opt %s --split-input-file --verify-diagnostics '--structured-tile=sizes=4,3'
// RUN: not dlir-opt %s '--structured-tile=sizes=-1' 2>&1 | filecheck %s

// CHECK: error: structured-tile: a tile size is positive, or 0 to leave an iterator whole

func.func @epilogue(%x: tensor<4x8xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{reduction iterator d1 cannot be tiled under an epilogue}}
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } epilogue {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// -----

func.func @order_matters(%x: tensor<8x8xf32>, %o: tensor<f32>) -> tensor<f32> {
  // expected-error@+1 {{tiling reduction iterator d1 would change the order of a reduction whose order matters}}
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> ()],
                           iterators = [reduction, reduction], init = 0.0 : f32}
      ins(%x : tensor<8x8xf32>) outs(%o : tensor<f32>) {
  ^bb0(%a: f32, %acc: f32):
    %d = arith.addf %acc, %acc : f32
    %s = arith.addf %d, %a : f32
    structured.yield %s : f32
  } -> tensor<f32>
  func.return %r : tensor<f32>
}

// -----

func.func @padded(%x: memref<8xf32>, %y: memref<8xf32>) {
  // expected-error@+1 {{a padded input cannot be cut into slices of a memref}}
  structured.generic {maps = [(i) -> (i - 1), (i) -> (i)], iterators = [parallel],
                      padding = [0.0 : f32]}
      ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @backwards(%x: memref<6xf32>, %y: memref<6xf32>) {
  // expected-error@+1 {{iterator d0 counts backwards in '-d0 + 5', and its last tile is not a whole one}}
  structured.generic {maps = [(i) -> (5 - i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<6xf32>) outs(%y : memref<6xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @outside(%x: memref<6xf32>, %y: memref<9xf32>) {
  // expected-error@+1 {{dimension 0 of outs may end within a tile of d0}}
  structured.generic {maps = [(i) -> (i), (i) -> (i + 4)], iterators = [parallel]}
      ins(%x : memref<6xf32>) outs(%y : memref<9xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @blocks(%x: memref<2x16xf32>, %y: memref<32xf32>) {
  // expected-error@+1 {{iterator d1 counts within blocks in '16 * d0 + d1', and its last tile is not a whole one}}
  structured.generic {maps = [(b, i) -> (b, i), (b, i) -> (16 * b + i)], iterators = [parallel, parallel]}
      ins(%x : memref<2x16xf32>) outs(%y : memref<32xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @gaps(%x: tensor<4x8xf32>, %o: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error@+1 {{a tiled reduction starts by filling its outs, but the map of outs has gaps}}
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (2 * i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<8xf32>
  func.return %r : tensor<8xf32>
}

// -----

func.func @narrow(%x: tensor<4x8xf16>, %o: tensor<4xf16>) -> tensor<4xf16> {
  // expected-error@+1 {{only `domain` tells the extent of iterator d1, and its last tile is not a whole one}}
  %r = structured.generic {maps = [(i, k) -> (i, 2 * k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f16,
                           domain = array<i64: -1, 4>}
      ins(%x : tensor<4x8xf16>) outs(%o : tensor<4xf16>) {
  ^bb0(%a: f16, %acc: f16):
    %s = arith.addf %acc, %a : f16
    structured.yield %s : f16
  } -> tensor<4xf16>
  func.return %r : tensor<4xf16>
}
