// RUN: dlir-opt %s --split-input-file --verify-diagnostics --structured-fuse=remarks=true
// RUN: dlir-opt %s --split-input-file --structured-fuse='remarks=true by-cost=false' -o /dev/null 2>&1 | filecheck %s

// Without a look at the cost nothing is repeated, and copies are always read through their maps.
// CHECK: not fused with the producer of %t: it is read more than once
// CHECK: not fused with the producer of %t: it is read more than once
// CHECK: not fused with the producer of %t: would be computed more than once
// CHECK: :{{[0-9]+}}: remark[structured-fuse]: fused with the producer of %t: a copy is read through its map

// By cost, a function of many operations is not computed twice, one of few is.
func.func @repeats(%x: tensor<4096xf32>) -> (tensor<4096xf32>, tensor<4096xf32>) {
  %e = tensor.empty() : tensor<4096xf32>
  %t = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = math.exp %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  // expected-remark@+1 {{not fused with the producer of %t: would repeat 81.92 k operations to save 32.77 kB}}
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  %2 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  func.return %1, %2 : tensor<4096xf32>, tensor<4096xf32>
}

// -----

func.func @repeats_few(%x: tensor<4096xf32>) -> (tensor<4096xf32>, tensor<4096xf32>) {
  %e = tensor.empty() : tensor<4096xf32>
  %t = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  // expected-remark@+1 {{fused with the producer of %t: computed where it is read, by 2 ops; saves 32.77 kB, repeats 4.096 k operations}}
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  %2 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t : tensor<4096xf32>) outs(%e : tensor<4096xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<4096xf32>
  func.return %1, %2 : tensor<4096xf32>, tensor<4096xf32>
}

// -----

// The product with a broadcast row would be computed 128 times.
func.func @repeats_rows(%x: tensor<128x768xf32>, %u: tensor<768xf32>) -> tensor<128x768xf32> {
  %e = tensor.empty() : tensor<768xf32>
  %t = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%u : tensor<768xf32>) outs(%e : tensor<768xf32>) {
  ^bb0(%a: f32):
    %s = arith.mulf %a, %a : f32
    structured.yield %s : f32
  } -> tensor<768xf32>
  %o = tensor.empty() : tensor<128x768xf32>
  // expected-remark@+1 {{not fused with the producer of %t: would repeat 97.54 k operations to save 6.144 kB}}
  %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %t : tensor<128x768xf32>, tensor<768xf32>) outs(%o : tensor<128x768xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<128x768xf32>
  func.return %y : tensor<128x768xf32>
}

// -----

// A transpose in front of an op whose other operand lies as the result does.
func.func @lanes(%x: tensor<64x96xf32>, %y: tensor<96x64xf32>) -> tensor<64x96xf32> {
  %e = tensor.empty() : tensor<64x96xf32>
  %t = structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%y : tensor<96x64xf32>) outs(%e : tensor<64x96xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<64x96xf32>
  // expected-remark@+1 {{not fused with the producer of %t: no iterator would be contiguous in all operands: lanes would be lost}}
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %t : tensor<64x96xf32>, tensor<64x96xf32>) outs(%e : tensor<64x96xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<64x96xf32>
  func.return %r : tensor<64x96xf32>
}

// -----

// Rules that no number outweighs: what a return reads must be there; folds are not repeated.
func.func @rules(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %t = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  // expected-remark@+1 {{not fused with the producer of %t: it is read 2 times, and a reduction is not computed twice}}
  %u = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  // expected-remark@+1 {{not fused with the producer of %u: 'func.return' reads the tensor as a whole}}
  %v = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%t, %u : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %u, %v : tensor<4xf32>, tensor<4xf32>
}
