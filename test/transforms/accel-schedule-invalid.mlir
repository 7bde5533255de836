// RUN: dlir-opt %s --split-input-file --verify-diagnostics --accel-fuse --accel-choose-tiles

func.func @no_such_home(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %o = tensor.empty() : tensor<8x16xf32>
  // expected-error@+1 {{has the home 'wbuf' [accel-home]}}
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], schedule = #structured.schedule<home = wbuf>} ins(%x : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  func.return %0 : tensor<8x16xf32>
}

// -----

func.func @result_on_chip(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %o = tensor.empty() : tensor<8x16xf32>
  // expected-error@+1 {{cannot have the home 'spm': the host takes it from DRAM [accel-home]}}
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], schedule = #structured.schedule<home = spm>} ins(%x : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  func.return %0 : tensor<8x16xf32>
}

// -----

func.func @result_in_a_tile(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %o = tensor.empty() : tensor<8x16xf32>
  // expected-error@+1 {{cannot have the home 'tile': not all of its readers can compute it tile by tile [accel-home]}}
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], schedule = #structured.schedule<home = tile>} ins(%x : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  func.return %0 : tensor<8x16xf32>
}

// -----

func.func @half_a_block(%x: tensor<64x32xf32>) -> tensor<64x32xf32> {
  %w = dl.param "w" : tensor<32x32xf32>
  %o = tensor.empty() : tensor<64x32xf32>
  // expected-error@+1 {{cannot be computed as its schedule says: tile takes 8 of iterator 1, which goes in blocks of 16 [accel-schedule]}}
  %0 = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0.0 : f32, schedule = #structured.schedule<tile = [8, 8, 0]>} ins(%x, %w : tensor<64x32xf32>, tensor<32x32xf32>) outs(%o : tensor<64x32xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    structured.yield %s : f32
  } -> tensor<64x32xf32>
  func.return %0 : tensor<64x32xf32>
}
