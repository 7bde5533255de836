// RUN: dlir-opt %s --structured-schedule | filecheck %s
// RUN: dlir-opt %s '--structured-schedule=vector-bits=128 registers=16' | filecheck %s --check-prefix=SSE

// The rows are as many as registers allow, and the weight is packed.
// CHECK-LABEL: @narrow
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [30, 16], pack = [1]>} ins(%x, %w
// SSE-LABEL: @narrow
// SSE: schedule = #structured.schedule<kernel = contraction, vector = [14, 4], pack = [1]>} ins(%x, %w
func.func @narrow(%x: tensor<?x784xf32>, %o: tensor<?x10xf32>) -> tensor<?x10xf32> {
  %w = dl.param "w" : tensor<784x10xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<?x784xf32>, tensor<784x10xf32>) outs(%o : tensor<?x10xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<?x10xf32>
  func.return %r : tensor<?x10xf32>
}

// b is an activation that is contiguous along n: it is read in place.
// CHECK-LABEL: @in_place
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [{{[0-9]+}}, {{[0-9]+}}]>}
func.func @in_place(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>, %o: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<64x64xf32>, tensor<64x64xf32>) outs(%o : tensor<64x64xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<64x64xf32>
  func.return %r : tensor<64x64xf32>
}

// A schedule written by a person is kept.
// CHECK-LABEL: @by_hand
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [2, 8]>}
func.func @by_hand(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>, %o: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [2, 8]>}
      ins(%x, %w : tensor<64x64xf32>, tensor<64x64xf32>) outs(%o : tensor<64x64xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<64x64xf32>
  func.return %r : tensor<64x64xf32>
}

// Neither an elementwise op nor a product that is not summed from zero is a contraction.
// CHECK-LABEL: @others
// CHECK-NOT: schedule =
func.func @others(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>, %o: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = structured.generic {maps = [(m, n) -> (m, n), (m, n) -> (n, m), (m, n) -> (m, n)],
                           iterators = [parallel, parallel]}
      ins(%x, %w : tensor<8x8xf32>, tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %p = arith.mulf %a, %b : f32
    structured.yield %p : f32
  } -> tensor<8x8xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 1.0 : f32}
      ins(%x, %0 : tensor<8x8xf32>, tensor<8x8xf32>) outs(%o : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<8x8xf32>
  func.return %r : tensor<8x8xf32>
}

// Sums of integers are contractions as well; lanes are counted by the accumulator's type.
// CHECK-LABEL: @integers
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [13, 32], pack = [1]>
func.func @integers(%x: tensor<32x784xi8>, %o: tensor<32x512xi32>) -> tensor<32x512xi32> {
  %w = dl.param "w" : tensor<784x512xi8>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0 : i32}
      ins(%x, %w : tensor<32x784xi8>, tensor<784x512xi8>) outs(%o : tensor<32x512xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<32x512xi32>
  func.return %r : tensor<32x512xi32>
}

// Rows of b that lie on many pages are packed for many rows, though they could be read in place.
// CHECK-LABEL: @scattered
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>
func.func @scattered(%x: tensor<132x512xf32>, %w: tensor<512x1024xf32>, %o: tensor<132x1024xf32>) -> tensor<132x1024xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<132x512xf32>, tensor<512x1024xf32>) outs(%o : tensor<132x1024xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<132x1024xf32>
  func.return %r : tensor<132x1024xf32>
}

// For fewer they are read in place, and the sum is taken in blocks: for few, a few rows of b at a
// time, all along.
// CHECK-LABEL: @blocked
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [6, 64], tile = [0, 0, 512]>
func.func @blocked(%x: tensor<66x1024xf32>, %w: tensor<1024x1024xf32>, %o: tensor<66x1024xf32>) -> tensor<66x1024xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<66x1024xf32>, tensor<1024x1024xf32>) outs(%o : tensor<66x1024xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<66x1024xf32>
  func.return %r : tensor<66x1024xf32>
}

// A packed panel that has no room in the second cache is taken in equal parts, each by all rows.
// CHECK-LABEL: @long_panels
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1], tile = [0, 0, 2000]>
func.func @long_panels(%x: tensor<12x6000xf32>, %o: tensor<12x512xf32>) -> tensor<12x512xf32> {
  %w = dl.param "w" : tensor<6000x512xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<12x6000xf32>, tensor<6000x512xf32>) outs(%o : tensor<12x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<12x512xf32>
  func.return %r : tensor<12x512xf32>
}

// One tile of rows reads it once.
// CHECK-LABEL: @panels_read_once
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1]>
func.func @panels_read_once(%x: tensor<6x6000xf32>, %o: tensor<6x512xf32>) -> tensor<6x512xf32> {
  %w = dl.param "w" : tensor<6000x512xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<6x6000xf32>, tensor<6000x512xf32>) outs(%o : tensor<6x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<6x512xf32>
  func.return %r : tensor<6x512xf32>
}

// CHECK-LABEL: @streams
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [4, 64], tile = [0, 0, 8]>
func.func @streams(%x: tensor<4x1024xf32>, %w: tensor<1024x2048xf32>, %o: tensor<4x2048xf32>) -> tensor<4x2048xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<4x1024xf32>, tensor<1024x2048xf32>) outs(%o : tensor<4x2048xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<4x2048xf32>
  func.return %r : tensor<4x2048xf32>
}

// So is a large b, whose panels are a small part of each of its rows.
// CHECK-LABEL: @crowded
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [5, 64], pack = [1], tile = [0, 0, 2048]>
func.func @crowded(%x: tensor<128x4096xf32>, %w: tensor<4096x256xf32>, %o: tensor<128x256xf32>) -> tensor<128x256xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<128x4096xf32>, tensor<4096x256xf32>) outs(%o : tensor<128x256xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<128x256xf32>
  func.return %r : tensor<128x256xf32>
}

// Few columns: a row of x and a column are read along the sum; the columns are turned for that, and
// read once by four rows.
// CHECK-LABEL: @few_columns
// CHECK: schedule = #structured.schedule<kernel = vector, vector = [4, 16], pack = [1]>} ins(%x, %w
func.func @few_columns(%x: tensor<?x784xf32>, %w: tensor<784x4xf32>, %o: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<?x784xf32>, tensor<784x4xf32>) outs(%o : tensor<?x4xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<?x4xf32>
  func.return %r : tensor<?x4xf32>
}

// Few rows and an activation that lies along the sum, or one row and any activation: read in place.
// CHECK-LABEL: @few_rows
// CHECK: schedule = #structured.schedule<kernel = vector>} ins(%x, %w
// CHECK: schedule = #structured.schedule<kernel = vector>} ins(%y, %w
func.func @few_rows(%x: tensor<4x784xf32>, %y: tensor<1x784xf32>, %w: tensor<784x784xf32>, %o: tensor<4x784xf32>, %q: tensor<1x784xf32>) -> (tensor<4x784xf32>, tensor<1x784xf32>) {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<4x784xf32>, tensor<784x784xf32>) outs(%o : tensor<4x784xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<4x784xf32>
  %t = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%y, %w : tensor<1x784xf32>, tensor<784x784xf32>) outs(%q : tensor<1x784xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<1x784xf32>
  func.return %r, %t : tensor<4x784xf32>, tensor<1x784xf32>
}

// Rows that lie a page apart share eight lines of the first cache: no taller tile, on a page or two.
// CHECK-LABEL: @far_rows
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [8, 16], pack = [1]>} ins(%x, %w
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [16, 16], pack = [1]>} ins(%y, %v
func.func @far_rows(%x: tensor<256x1024xf32>, %y: tensor<256x512xf32>, %o: tensor<256x10xf32>) -> (tensor<256x10xf32>, tensor<256x10xf32>) {
  %w = dl.param "w" : tensor<1024x10xf32>
  %v = dl.param "v" : tensor<512x10xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<256x1024xf32>, tensor<1024x10xf32>) outs(%o : tensor<256x10xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<256x10xf32>
  %t = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%y, %v : tensor<256x512xf32>, tensor<512x10xf32>) outs(%o : tensor<256x10xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<256x10xf32>
  func.return %r, %t : tensor<256x10xf32>, tensor<256x10xf32>
}

// Windows that slide down the rows of an image: a tile of eight rows reads each line once for all.
// CHECK-LABEL: @windows
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
// SSE-LABEL: @windows
// SSE: schedule = #structured.schedule<kernel = contraction, vector = [8, 4]>}
func.func @windows(%x: tensor<3x58x58xf32>, %w: tensor<3x3x3xf32>, %o: tensor<3x56x56xf32>) -> tensor<3x56x56xf32> {
  %r = structured.generic {maps = [(c, i, n, r, k) -> (c, i + r, n + k), (c, i, n, r, k) -> (c, r, k),
                                   (c, i, n, r, k) -> (c, i, n)],
                           iterators = [parallel, parallel, parallel, reduction, reduction],
                           init = 0.0 : f32, domain = array<i64: 3, 56, 56, 3, 3>}
      ins(%x, %w : tensor<3x58x58xf32>, tensor<3x3x3xf32>) outs(%o : tensor<3x56x56xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<3x56x56xf32>
  func.return %r : tensor<3x56x56xf32>
}

// Windows over channels: a tile of pixels shares the weights, which are packed channels last.
// CHECK-LABEL: @channels
// CHECK: schedule = #structured.schedule<kernel = vector, pack = [1], vector = [4, 32]>}
// SSE-LABEL: @channels
// SSE: schedule = #structured.schedule<kernel = vector, pack = [1], vector = [4, 4]>}
func.func @channels(%x: tensor<58x58x96xf32>, %o: tensor<56x56x96xf32>) -> tensor<56x56x96xf32> {
  %w = dl.param "w" : tensor<96x3x3xf32>
  %r = structured.generic {maps = [(i, j, c, r, k) -> (i + r, j + k, c), (i, j, c, r, k) -> (c, r, k),
                                   (i, j, c, r, k) -> (i, j, c)],
                           iterators = [parallel, parallel, parallel, reduction, reduction],
                           init = 0.0 : f32, domain = array<i64: 56, 56, 96, 3, 3>}
      ins(%x, %w : tensor<58x58x96xf32>, tensor<96x3x3xf32>) outs(%o : tensor<56x56x96xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<56x56x96xf32>
  func.return %r : tensor<56x56x96xf32>
}

// All rows fit one tile: the sum is taken in parts, as many as there are registers and terms for.
// CHECK-LABEL: @one_row
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [1, 64], pack = [1], parts = [4]>
func.func @one_row(%x: tensor<1x300xf32>, %o: tensor<1x512xf32>) -> tensor<1x512xf32> {
  %w = dl.param "w" : tensor<300x512xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<1x300xf32>, tensor<300x512xf32>) outs(%o : tensor<1x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<1x512xf32>
  func.return %r : tensor<1x512xf32>
}

// CHECK-LABEL: @three_rows
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [3, 64], pack = [1], parts = [2]>
func.func @three_rows(%x: tensor<3x300xf32>, %o: tensor<3x512xf32>) -> tensor<3x512xf32> {
  %w = dl.param "w" : tensor<300x512xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<3x300xf32>, tensor<300x512xf32>) outs(%o : tensor<3x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<3x512xf32>
  func.return %r : tensor<3x512xf32>
}
