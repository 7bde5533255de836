// RUN: dlir-opt %s '--structured-schedule=dots=u8s8,s16s16,bf16' | filecheck %s
// RUN: dlir-opt %s '--structured-schedule=vector-bits=256 registers=16 dots=s16s16' | filecheck %s --check-prefix=AVX2
// RUN: dlir-opt %s --structured-schedule | filecheck %s --check-prefix=NONE

// Bytes take dot products of bytes where the machine has them, and else those of 16-bit integers.
// One register is left for what prepares an operand.
// NONE-NOT: dot =
// CHECK-LABEL: @bytes
// CHECK: schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1], dot = u8s8>
// AVX2-LABEL: @bytes
// AVX2: schedule = #structured.schedule<kernel = contraction, vector = [6, 16], pack = [1], dot = s16s16>
func.func @bytes(%x: tensor<96x784xi8>, %o: tensor<96x512xi32>) -> tensor<96x512xi32> {
  %w = dl.param "w" : tensor<784x512xi8>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0 : i32}
      ins(%x, %w : tensor<96x784xi8>, tensor<784x512xi8>) outs(%o : tensor<96x512xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<96x512xi32>
  func.return %r : tensor<96x512xi32>
}

// No dot product multiplies two unsigned bytes; both fit 16-bit integers.
// CHECK-LABEL: @unsigned
// CHECK: dot = s16s16>
// AVX2-LABEL: @unsigned
// AVX2: dot = s16s16>
func.func @unsigned(%x: tensor<96x784xi8>, %o: tensor<96x512xi32>) -> tensor<96x512xi32> {
  %w = dl.param "w" : tensor<784x512xi8>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0 : i32}
      ins(%x, %w : tensor<96x784xi8>, tensor<784x512xi8>) outs(%o : tensor<96x512xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extui %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<96x512xi32>
  func.return %r : tensor<96x512xi32>
}

// CHECK-LABEL: @brain
// CHECK: dot = bf16>
// AVX2-LABEL: @brain
// AVX2-NOT: dot =
func.func @brain(%x: tensor<96x784xbf16>, %o: tensor<96x512xf32>) -> tensor<96x512xf32> {
  %w = dl.param "w" : tensor<784x512xbf16>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<96x784xbf16>, tensor<784x512xbf16>) outs(%o : tensor<96x512xf32>) {
  ^bb0(%a: bf16, %b: bf16, %acc: f32):
    %p = arith.extf %a : bf16 to f32
    %q = arith.extf %b : bf16 to f32
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<96x512xf32>
  func.return %r : tensor<96x512xf32>
}

// A left side whose k is strided has no groups, and few rows do not pay for packing a right side
// that is no weight.
// CHECK-LABEL: @without
// CHECK-NOT: dot =
func.func @without(%x: tensor<784x96xi8>, %few: tensor<8x784xi8>, %v: tensor<784x512xi8>,
                   %o: tensor<96x512xi32>, %u: tensor<8x512xi32>) -> (tensor<96x512xi32>, tensor<8x512xi32>) {
  %w = dl.param "w" : tensor<784x512xi8>
  %r = structured.generic {maps = [(m, n, k) -> (k, m), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0 : i32}
      ins(%x, %w : tensor<784x96xi8>, tensor<784x512xi8>) outs(%o : tensor<96x512xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<96x512xi32>
  %t = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0 : i32}
      ins(%few, %v : tensor<8x784xi8>, tensor<784x512xi8>) outs(%u : tensor<8x512xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<8x512xi32>
  func.return %r, %t : tensor<96x512xi32>, tensor<8x512xi32>
}
