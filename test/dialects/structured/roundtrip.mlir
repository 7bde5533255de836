// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: @matmul
// CHECK: %r = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction], init = 0.000000e+00 : f32, schedule = #structured.schedule<kernel = contraction, tile = [6, 64, 0], vector = [6, 64], pack = [1], threads = [1]>} ins(%x, %w : tensor<?x784xf32>, tensor<784x512xf32>) outs(%o : tensor<?x512xf32>) {
// CHECK-NEXT: ^bb0(%a: f32, %b: f32, %acc: f32):
// CHECK: structured.yield %s : f32
// CHECK-NEXT: } epilogue ins(%bias : tensor<512xf32>) maps [(d0, d1) -> (d1)] {
// CHECK-NEXT: ^bb0(%v: f32, %c: f32):
// CHECK: } -> tensor<?x512xf32>
func.func @matmul(%x: tensor<?x784xf32>, %w: tensor<784x512xf32>, %bias: tensor<512xf32>,
                  %o: tensor<?x512xf32>) -> tensor<?x512xf32> {
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
      schedule = #structured.schedule<kernel = contraction, tile = [6, 64, 0], vector = [6, 64],
                                      pack = [1], threads = [1]>}
      ins(%x, %w : tensor<?x784xf32>, tensor<784x512xf32>) outs(%o : tensor<?x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } epilogue ins(%bias : tensor<512xf32>) maps [(m, n) -> (n)] {
  ^bb0(%v: f32, %c: f32):
    %y = arith.addf %v, %c : f32
    structured.yield %y : f32
  } -> tensor<?x512xf32>
  func.return %r : tensor<?x512xf32>
}

// Windows with borders: the maps read as sums.
// CHECK-LABEL: @max_pool
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, 2 * d1 + d2 - 1), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction], init = 0xff800000 : f32, padding = [0xff800000 : f32], domain = array<i64: -1, -1, 3>} ins(%x : tensor<4x8xf32>) outs(%o : tensor<4x4xf32>) {
func.func @max_pool(%x: tensor<4x8xf32>, %o: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %r = structured.generic {maps = [(c, w, k) -> (c, 2 * w + k - 1), (c, w, k) -> (c, w)],
                           iterators = [parallel, parallel, reduction], init = 0xFF800000 : f32,
                           padding = [0xFF800000 : f32], domain = array<i64: -1, -1, 3>}
      ins(%x : tensor<4x8xf32>) outs(%o : tensor<4x4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %m = arith.maximumf %a, %acc : f32
    structured.yield %m : f32
  } -> tensor<4x4xf32>
  func.return %r : tensor<4x4xf32>
}

// One input is padded with zero, the other is not; a reversal, a stride, a block and a scalar.
// CHECK-LABEL: @maps
// CHECK: maps = [(d0, d1) -> (-d0 + 3, 2 * d1 + 1), (d0, d1) -> (0, d1 - 1), (d0, d1) -> (), (d0, d1) -> (16 * d0 + d1)], iterators = [parallel, parallel], padding = [unit, 0 : i32, unit], domain = array<i64: 4, 16>} ins(%x, %y, %z : tensor<4x32xi32>, tensor<1x16xi32>, i32) outs(%o : tensor<64xi32>)
// CHECK-NEXT: ^bb0(%a: i32, %b: i32, %c: i32):
// CHECK-NEXT: %i = structured.index 1
func.func @maps(%x: tensor<4x32xi32>, %y: tensor<1x16xi32>, %z: i32, %o: tensor<64xi32>) -> tensor<64xi32> {
  %r = structured.generic {
      maps = [(d0, d1) -> (3 - d0, d1 * 2 + 1), (d0, d1) -> (0, d1 - 1), (d0, d1) -> (),
              (d0, d1) -> ((d0 * 16) + d1)],
      iterators = [parallel, parallel], padding = [unit, 0 : i32, unit],
      domain = array<i64: 4, 16>}
      ins(%x, %y, %z : tensor<4x32xi32>, tensor<1x16xi32>, i32) outs(%o : tensor<64xi32>) {
  ^bb0(%a: i32, %b: i32, %c: i32):
    %i = structured.index 1
    %j = arith.index_cast %i : index to i32
    %s = arith.addi %a, %b : i32
    %t = arith.addi %s, %c : i32
    %u = arith.addi %t, %j : i32
    structured.yield %u : i32
  } -> tensor<64xi32>
  func.return %r : tensor<64xi32>
}

// CHECK-LABEL: @on_memrefs
// CHECK: structured.generic {maps = [() -> ()], iterators = []} outs(%s : memref<f32>) {
// CHECK-NEXT: %v = arith.constant
// CHECK: structured.fill ins(%x : f32) outs(%o : memref<4x?xf32>)
// CHECK-NEXT: structured.gather axis 1 ins(%t, %i : memref<3x9xf32>, memref<2xi32>) outs(%g : memref<3x2xf32>)
// CHECK-NEXT: structured.reshape %o[%n] : memref<4x?xf32> to memref<?xf32>
func.func @on_memrefs(%x: f32, %n: index, %o: memref<4x?xf32>, %t: memref<3x9xf32>,
                      %i: memref<2xi32>, %g: memref<3x2xf32>, %s: memref<f32>) {
  structured.generic {maps = [() -> ()], iterators = []} outs(%s : memref<f32>) {
    %v = arith.constant 1.0 : f32
    structured.yield %v : f32
  }
  structured.fill ins(%x : f32) outs(%o : memref<4x?xf32>)
  structured.gather axis 1 ins(%t, %i : memref<3x9xf32>, memref<2xi32>) outs(%g : memref<3x2xf32>)
  %r = structured.reshape %o[%n] : memref<4x?xf32> to memref<?xf32>
  func.return
}

// CHECK-LABEL: @on_tensors
// CHECK-NEXT: %f = structured.fill ins(%x : f32) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
// CHECK-NEXT: %g = structured.gather axis 0 ins(%f, %i : tensor<4x?xf32>, tensor<2x3xi64>) outs(%e : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
// CHECK-NEXT: %r = structured.reshape %g[%n] : tensor<2x3x?xf32> to tensor<6x?xf32>
func.func @on_tensors(%x: f32, %n: index, %o: tensor<4x?xf32>, %i: tensor<2x3xi64>,
                      %e: tensor<2x3x?xf32>) -> tensor<6x?xf32> {
  %f = structured.fill ins(%x : f32) outs(%o : tensor<4x?xf32>) -> tensor<4x?xf32>
  %g = structured.gather axis 0 ins(%f, %i : tensor<4x?xf32>, tensor<2x3xi64>)
       outs(%e : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %r = structured.reshape %g [%n] : tensor<2x3x?xf32> to tensor<6x?xf32>
  func.return %r : tensor<6x?xf32>
}

// What other dialects say about an op stays with it.
// CHECK-LABEL: @noted
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel], accel.host = "a reason"}
func.func @noted(%x: tensor<?xf32>, %o: tensor<?xf32>) -> tensor<?xf32> {
  %r = structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel], accel.host = "a reason"} ins(%x : tensor<?xf32>) outs(%o : tensor<?xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}
