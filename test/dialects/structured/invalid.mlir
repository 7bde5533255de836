// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @generic_c1(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{expected 2 maps, one per input and one for outs, got 1 [structured-generic-c1]}}
  %r = structured.generic {maps = [(i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c1_rank(%x: tensor<4x4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{the map of input 0 has 1 results, its shape 4x4 has 2 dimensions [structured-generic-c1]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4x4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c1_iterators(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{the map of outs is over 2 iterators, the op has 1 [structured-generic-c1]}}
  %r = structured.generic {maps = [(i) -> (i), (i, j) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c1_linear(%x: tensor<4xf32>, %o: tensor<8xf32>) {
  // expected-error@+1 {{the map of input 0: '(d0 floordiv 2)' is not linear in the iterators [structured-generic-c1]}}
  %r = structured.generic {maps = [(i) -> (i floordiv 2), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<8xf32>
  func.return
}

// -----

func.func @generic_c2(%x: tensor<4x8xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{the map of outs uses iterators [0], expected each of the parallel iterators [0, 1] once [structured-generic-c2]}}
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i)], iterators = [parallel, parallel]}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c2_overlap(%x: tensor<4x8xf32>, %o: tensor<32xf32>) {
  // expected-error@+1 {{'4 * d0 + d1' sends two points of the iteration space to one element [structured-generic-c2]}}
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (4 * i + j)], iterators = [parallel, parallel]}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<32xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<32xf32>
  func.return
}

// -----

func.func @generic_c3(%x: tensor<9xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{nothing tells the extent of iterator d1 [structured-generic-c3]}}
  %r = structured.generic {maps = [(i, k) -> (2 * i + k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<9xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c3_domain(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{domain has 2 entries for 1 iterators [structured-generic-c3]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           domain = array<i64: 4, 4>}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c4(%x: tensor<3xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{[structured-generic-c4]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<3xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c5(%x: tensor<8xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{index 2..8 leaves dimension 0 of size 8 [structured-generic-c5]}}
  %r = structured.generic {maps = [(i) -> (2 * i + 2), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<8xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c5_entries(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{padding has 2 entries for 1 inputs [structured-generic-c5]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           padding = [unit, 0.0 : f32]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c5_type(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{padding 0 : i32 of an input that holds f32 [structured-generic-c5]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           padding = [0 : i32]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c6(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{the body takes (f32, f32), expected (f32) [structured-generic-c6]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c6_result(%x: tensor<4xf32>, %o: tensor<4xf16>) {
  // expected-error@+1 {{the op yields f32, outs holds f16 [structured-generic-c6]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf16>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf16>
  func.return
}

// -----

func.func @generic_c6_init(%x: tensor<4xf32>, %o: tensor<f32>) {
  // expected-error@+1 {{init has type f64, the accumulator has type f32 [structured-generic-c6]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> ()], iterators = [reduction], init = 0.0 : f64}
      ins(%x : tensor<4xf32>) outs(%o : tensor<f32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    structured.yield %s : f32
  } -> tensor<f32>
  func.return
}

// -----

func.func @generic_c6_yield(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{a body ends in structured.yield [structured-generic-c6]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c7(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{an epilogue needs a reduction iterator [structured-generic-c7]}}
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } epilogue {
  ^bb0(%v: f32):
    structured.yield %v : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c7_maps(%x: tensor<4x8xf32>, %b: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{epilogue map (d0, d1) -> (d0) shall take the 1 parallel iterators to 1 dimensions [structured-generic-c7]}}
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<4xf32>) maps [(i, k) -> (i)] {
  ^bb0(%v: f32, %c: f32):
    structured.yield %v : f32
  } -> tensor<4xf32>
  func.return
}

// -----

func.func @generic_c8(%x: tensor<4xf32>, %o: tensor<4xf32>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<4xf32>, got none [structured-generic-c8]}}
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// -----

func.func @index_c1(%x: tensor<4xf32>, %o: tensor<4xindex>) {
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xindex>) {
  ^bb0(%a: f32):
    // expected-error@+1 {{expected one of the 1 iterators of the structured.generic around it, got 1 [structured-index-c1]}}
    %i = structured.index 1
    structured.yield %i : index
  } -> tensor<4xindex>
  func.return
}

// -----

func.func @index_c1_alone() {
  // expected-error@+1 {{expected one of the 0 iterators of the structured.generic around it, got 0 [structured-index-c1]}}
  %i = structured.index 0
  func.return
}

// -----

func.func @fill_c1(%v: f64, %o: tensor<4xf32>) {
  // expected-error@+1 {{the scalar has type f64, outs holds f32 [structured-fill-c1]}}
  %r = structured.fill ins(%v : f64) outs(%o : tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @fill_c2(%v: f32, %o: tensor<4xf32>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<4xf32>, got tensor<5xf32> [structured-fill-c2]}}
  %r = structured.fill ins(%v : f32) outs(%o : tensor<4xf32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @gather_c1(%x: tensor<9xf32>, %i: tensor<2xi64>, %o: tensor<2xf32>) {
  // expected-error@+1 {{axis 1 of a 1-dimensional input, indices of type i64; expected an axis of the input, and i32 or i64 [structured-gather-c1]}}
  %r = structured.gather axis 1 ins(%x, %i : tensor<9xf32>, tensor<2xi64>) outs(%o : tensor<2xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @gather_c1_type(%x: tensor<9xf32>, %i: tensor<2xf32>, %o: tensor<2xf32>) {
  // expected-error@+1 {{indices of type f32; expected an axis of the input, and i32 or i64 [structured-gather-c1]}}
  %r = structured.gather axis 0 ins(%x, %i : tensor<9xf32>, tensor<2xf32>) outs(%o : tensor<2xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @gather_c2(%x: tensor<9x4xf32>, %i: tensor<2xi64>, %o: tensor<2x5xf32>) {
  // expected-error@+1 {{outs has shape 2x5, expected 2x4 of f32 [structured-gather-c2]}}
  %r = structured.gather axis 0 ins(%x, %i : tensor<9x4xf32>, tensor<2xi64>) outs(%o : tensor<2x5xf32>) -> tensor<2x5xf32>
  func.return
}

// -----

func.func @gather_c3(%x: memref<9x4xf32>, %i: memref<2xi64>, %o: memref<2x4xf32>) {
  // expected-error@+1 {{on memrefs the op has no result [structured-gather-c3]}}
  %r = structured.gather axis 0 ins(%x, %i : memref<9x4xf32>, memref<2xi64>) outs(%o : memref<2x4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @reshape_c1(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{cannot view tensor<4x6xf32> as tensor<5x5xf32> [structured-reshape-c1]}}
  %r = structured.reshape %x : tensor<4x6xf32> to tensor<5x5xf32>
  func.return
}

// -----

func.func @reshape_c2(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{expected 1 sizes, one per `?` of the result, got 0 [structured-reshape-c2]}}
  %r = structured.reshape %x : tensor<4x6xf32> to tensor<?x6xf32>
  func.return
}

// -----

func.func @reshape_c3(%x: tensor<4x6xf32>) {
  // expected-error@+1 {{input and result shall both be tensors or both be memrefs [structured-reshape-c3]}}
  %r = structured.reshape %x : tensor<4x6xf32> to memref<24xf32>
  func.return
}

// -----

// expected-error@+1 {{schedule has no key 'tiles'; the keys are kernel, tile, order, vector, pack, parts, buffer, stores, dot, threads}}
func.func @schedule_key() attributes {s = #structured.schedule<tiles = [4]>} {
  func.return
}

// -----

// expected-error@+1 {{schedule key 'kernel' takes a word}}
func.func @schedule_value() attributes {s = #structured.schedule<kernel = [4]>} {
  func.return
}

// -----

// expected-error@+1 {{schedule key 'tile' takes no negative integers}}
func.func @schedule_negative() attributes {s = #structured.schedule<tile = [4, -1]>} {
  func.return
}

// -----

// expected-error@+1 {{identifier expected: parts = word, or parts = [4, 2]}}
func.func @schedule_bare_number() attributes {s = #structured.schedule<parts = 4>} {
  func.return
}

// -----

// expected-error@+1 {{schedule key 'pack' is given twice}}
func.func @schedule_twice() attributes {s = #structured.schedule<pack = [1], pack = [0]>} {
  func.return
}
