// RUN: dlir-opt %s | filecheck %s
// CHECK: accel.program

// Rows are copied as walks say, the last loop fastest: every other row, backwards.
// RUN-VALUE[ref]: @copy([[0, 1, 2, 3], [0, 0, 0, 0], [4, 5, 6, 7], [0, 0, 0, 0], [8, 9, 10, 11], [0, 0, 0, 0]]) == [[8, 9, 10, 11], [4, 5, 6, 7], [0, 1, 2, 3]]
accel.program @copy_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<6x4xi8> input "x", %y: memref<3x4xi8> output "y") {
  %t = accel.alloc : memref<3x4xi8, "spm">
  %0 = accel.load %x[4 - 2 * d0] to %t[d0] for [3] : memref<6x4xi8>, memref<3x4xi8, "spm">
  %1 = accel.store %t[0] to %y[0] {count = 3} : memref<3x4xi8, "spm">, memref<3x4xi8>
}
func.func @copy(%x: tensor<6x4xi8>) -> tensor<3x4xi8> {
  %y = accel.launch @copy_program(%x) : (tensor<6x4xi8>) -> tensor<3x4xi8>
  func.return %y : tensor<3x4xi8>
}

// Rows at indices; one past the table is an error.
// RUN-VALUE[ref]: @gather([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]], [[2, 0, 9, 9]]) == [[3, 3, 3, 3], [1, 1, 1, 1]]
// RUN-VALUE[ref]: @gather([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]], [[2, 3, 0, 0]]) raises "into a table of 3 rows"
accel.program @gather_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%table: memref<3x4xi8> input "table", %index: memref<1x4xi32> input "index", %y: memref<2x4xi8> output "y") {
  %i = accel.alloc : memref<1x4xi32, "spm">
  %t = accel.alloc : memref<2x4xi8, "spm">
  %0 = accel.load %index[0] to %i[0] : memref<1x4xi32>, memref<1x4xi32, "spm">
  %1 = accel.gather %table[0] at %i[0] to %t[0] {rows = 2, of = 3} : memref<3x4xi8>, memref<1x4xi32, "spm">, memref<2x4xi8, "spm">
  %2 = accel.store %t[0] to %y[0] {count = 2} : memref<2x4xi8, "spm">, memref<2x4xi8>
}
func.func @gather(%table: tensor<3x4xi8>, %index: tensor<1x4xi32>) -> tensor<2x4xi8> {
  %y = accel.launch @gather_program(%table, %index) : (tensor<3x4xi8>, tensor<1x4xi32>) -> tensor<2x4xi8>
  func.return %y : tensor<2x4xi8>
}

// Two planes are summed: the first sets the accumulators. Only k lanes and n columns count.
// RUN-VALUE[ref]: @matmul([[[1, 2, 99, 99], [3, 4, 99, 99]], [[1, 0, 99, 99], [0, 1, 99, 99]]], [[[1, 0, 0, 99], [0, 1, 1, 99]], [[10, 20, 30, 99], [40, 50, 60, 99]]]) == [[11, 22, 32, 0], [43, 54, 64, 0]]
accel.program @matmul_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%a: memref<2x2x4xi8> input "a", %w: memref<2x2x4xi8> input "w", %y: memref<2x4xi32> output "y") {
  %s = accel.alloc : memref<2x2x4xi8, "spm">
  %p = accel.alloc : memref<2x2x4xi8, "spm">
  %c = accel.alloc : memref<2x4xi32, "acc">
  %0 = accel.load %a[0] to %s[0] {count = 4} : memref<2x2x4xi8>, memref<2x2x4xi8, "spm">
  %1 = accel.load %w[0] to %p[0] {count = 4} : memref<2x2x4xi8>, memref<2x2x4xi8, "spm">
  %2 = accel.matmul %s[2 * d0], %p[2 * d0] into %c[0] for [2] {planes = 1, nx = 2, k = 2, n = 3, start = 1} : memref<2x2x4xi8, "spm">, memref<2x2x4xi8, "spm">, memref<2x4xi32, "acc">
  %3 = accel.store %c[0] to %y[0] {count = 2} : memref<2x4xi32, "acc">, memref<2x4xi32>
}
func.func @matmul(%a: tensor<2x2x4xi8>, %w: tensor<2x2x4xi8>) -> tensor<2x4xi32> {
  %y = accel.launch @matmul_program(%a, %w) : (tensor<2x2x4xi8>, tensor<2x2x4xi8>) -> tensor<2x4xi32>
  func.return %y : tensor<2x4xi32>
}

// A transposed plane, whose rows are two apart; a walk of two strides over the activations.
// RUN-VALUE[ref]: @transposed([[1, 0, 0, 9], [0, 1, 0, 9], [9, 9, 9, 9], [0, 0, 1, 9], [1, 1, 1, 9]], [[1, 2, 3, 9], [9, 9, 9, 9], [4, 5, 6, 9], [9, 9, 9, 9]]) == [[1, 4, 0, 0], [2, 5, 0, 0], [3, 6, 0, 0], [6, 15, 0, 0]]
accel.program @transposed_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%a: memref<5x4xi8> input "a", %w: memref<4x4xi8> input "w", %y: memref<4x4xi32> output "y") {
  %s = accel.alloc : memref<5x4xi8, "spm">
  %p = accel.alloc : memref<4x4xi8, "spm">
  %c = accel.alloc : memref<4x4xi32, "acc">
  %0 = accel.load %a[0] to %s[0] {count = 5} : memref<5x4xi8>, memref<5x4xi8, "spm">
  %1 = accel.load %w[0] to %p[0] {count = 4} : memref<4x4xi8>, memref<4x4xi8, "spm">
  %2 = accel.matmul %s[0], %p[0] into %c[0] {nx = 2, sx = 1, ny = 2, sy = 3, k = 3, n = 2, step = 2, tr = 1, start = 1} : memref<5x4xi8, "spm">, memref<4x4xi8, "spm">, memref<4x4xi32, "acc">
  %3 = accel.store %c[0] to %y[0] {count = 4} : memref<4x4xi32, "acc">, memref<4x4xi32>
}
func.func @transposed(%a: tensor<5x4xi8>, %w: tensor<4x4xi8>) -> tensor<4x4xi32> {
  %y = accel.launch @transposed_program(%a, %w) : (tensor<5x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi32>
  func.return %y : tensor<4x4xi32>
}

// What y is: a row for each row, one row for all, lane 0 of each row, a number.
// RUN-VALUE[ref]: @modes([[1, 2, 3, 4], [5, 6, 7, 8]], [[3, 0, 0, 0], [7, 1, 2, 3]]) == [[-2, 2, 3, 4], [-2, 5, 5, 5], [7, 2, 6, 12], [35, 6, 14, 24], [3, 3, 3, 4], [7, 7, 7, 8], [1, 2, 3, 3], [3, 3, 3, 3]]
accel.program @modes_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<2x4xi32> input "x", %z: memref<2x4xi32> input "z", %y: memref<8x4xi32> output "y") {
  %a = accel.alloc : memref<2x4xi32, "spm">
  %b = accel.alloc : memref<2x4xi32, "spm">
  %c = accel.alloc : memref<8x4xi32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 2} : memref<2x4xi32>, memref<2x4xi32, "spm">
  %1 = accel.load %z[0] to %b[0] {count = 2} : memref<2x4xi32>, memref<2x4xi32, "spm">
  %2 = accel.binary sub %a[0], %b[0] to %c[0] {rows = 2} : memref<2x4xi32, "spm">, memref<2x4xi32, "spm">, memref<8x4xi32, "acc">
  %3 = accel.binary mul %a[0], %b[1] to %c[2] {rows = 2, ymode = "all"} : memref<2x4xi32, "spm">, memref<2x4xi32, "spm">, memref<8x4xi32, "acc">
  %4 = accel.binary max %a[0], %b[0] to %c[4] {rows = 2, ymode = "lane"} : memref<2x4xi32, "spm">, memref<2x4xi32, "spm">, memref<8x4xi32, "acc">
  %5 = accel.binary min %a[d0] to %c[d0 + 6] for [2] {ymode = "imm", imm = 3} : memref<2x4xi32, "spm">, memref<8x4xi32, "acc">
  %6 = accel.store %c[0] to %y[0] {count = 8} : memref<8x4xi32, "acc">, memref<8x4xi32>
}
func.func @modes(%x: tensor<2x4xi32>, %z: tensor<2x4xi32>) -> tensor<8x4xi32> {
  %y = accel.launch @modes_program(%x, %z) : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<8x4xi32>
  func.return %y : tensor<8x4xi32>
}

// Functions that keep what was there, or take all from y; a shift rounds to nearest.
// RUN-VALUE[ref]: @ternary([[5, 6, 7, 9]], [[2, 0, 1, 0]], [[100, 200, 300, 400]]) == [[5, 200, 7, 400], [110, 200, 307, 400], [2, 2, 2, 2], [3, 3, 4, 5]]
accel.program @ternary_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<1x4xi32> input "x", %z: memref<1x4xi32> input "z", %d: memref<1x4xi32> input "d", %y: memref<4x4xi32> output "y") {
  %a = accel.alloc : memref<1x4xi32, "spm">
  %b = accel.alloc : memref<1x4xi32, "spm">
  %c = accel.alloc : memref<4x4xi32, "acc">
  %0 = accel.load %x[0] to %a[0] : memref<1x4xi32>, memref<1x4xi32, "spm">
  %1 = accel.load %z[0] to %b[0] : memref<1x4xi32>, memref<1x4xi32, "spm">
  %2 = accel.load %d[0] to %c[d0] for [4] : memref<1x4xi32>, memref<4x4xi32, "acc">
  %3 = accel.binary select %a[0], %b[0] to %c[0] : memref<1x4xi32, "spm">, memref<1x4xi32, "spm">, memref<4x4xi32, "acc">
  %4 = accel.binary mulacc %a[0], %b[0] to %c[1] : memref<1x4xi32, "spm">, memref<1x4xi32, "spm">, memref<4x4xi32, "acc">
  %5 = accel.binary fill %a[0], %b[0] to %c[2] {ymode = "lane"} : memref<1x4xi32, "spm">, memref<1x4xi32, "spm">, memref<4x4xi32, "acc">
  %6 = accel.binary shr %a[0] to %c[3] {ymode = "imm", imm = 1} : memref<1x4xi32, "spm">, memref<4x4xi32, "acc">
  %7 = accel.store %c[0] to %y[0] {count = 4} : memref<4x4xi32, "acc">, memref<4x4xi32>
}
func.func @ternary(%x: tensor<1x4xi32>, %z: tensor<1x4xi32>, %d: tensor<1x4xi32>) -> tensor<4x4xi32> {
  %y = accel.launch @ternary_program(%x, %z, %d) : (tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>) -> tensor<4x4xi32>
  func.return %y : tensor<4x4xi32>
}

// Columns are scaled by multiplier and shift, moved by the zero point, and saturate.
// RUN-VALUE[ref]: @requantize([[10, 10, -10, 1000], [7, 5, -5, -1000]], [[1073741824, 1073741824, 1073741824, 1073741824], [0, 1, 1, 0]]) == [[6, 4, -2, 127], [5, 2, 0, -128]]
accel.program @requantize_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<2x4xi32> input "x", %pair: memref<2x4xi32> input "pair", %y: memref<2x4xi8> output "y") {
  %a = accel.alloc : memref<2x4xi32, "acc">
  %p = accel.alloc : memref<2x4xi32, "spm">
  %t = accel.alloc : memref<2x4xi8, "spm">
  %0 = accel.load %x[0] to %a[0] {count = 2} : memref<2x4xi32>, memref<2x4xi32, "acc">
  %1 = accel.load %pair[0] to %p[0] {count = 2} : memref<2x4xi32>, memref<2x4xi32, "spm">
  %2 = accel.binary requant %a[0], %p[0] to %t[0] {rows = 2, ymode = "all", imm = 1} : memref<2x4xi32, "acc">, memref<2x4xi32, "spm">, memref<2x4xi8, "spm">
  %3 = accel.store %t[0] to %y[0] {count = 2} : memref<2x4xi8, "spm">, memref<2x4xi8>
}
func.func @requantize(%x: tensor<2x4xi32>, %pair: tensor<2x4xi32>) -> tensor<2x4xi8> {
  %y = accel.launch @requantize_program(%x, %pair) : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<2x4xi8>
  func.return %y : tensor<2x4xi8>
}

// Rows to numbers in lane 0, of n lanes or of all.
// RUN-VALUE[ref]: @folds([[1.0, 2.0, 3.0, 4.0], [-1.0, -2.0, -3.0, 4.0]]) == [[10.0, 0.0, 0.0, 0.0], [-2.0, 0.0, 0.0, 0.0], [3.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]]
accel.program @folds_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<2x4xf32> input "x", %y: memref<4x4xf32> output "y") {
  %a = accel.alloc : memref<2x4xf32, "spm">
  %c = accel.alloc : memref<4x4xf32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 2} : memref<2x4xf32>, memref<2x4xf32, "spm">
  %1 = accel.unary rowsum %a[0] to %c[0] {nx = 2} : memref<2x4xf32, "spm">, memref<4x4xf32, "acc">
  %2 = accel.unary rowmax %a[0] to %c[2] {nx = 2, n = 3} : memref<2x4xf32, "spm">, memref<4x4xf32, "acc">
  %3 = accel.store %c[0] to %y[0] {count = 4} : memref<4x4xf32, "acc">, memref<4x4xf32>
}
func.func @folds(%x: tensor<2x4xf32>) -> tensor<4x4xf32> {
  %y = accel.launch @folds_program(%x) : (tensor<2x4xf32>) -> tensor<4x4xf32>
  func.return %y : tensor<4x4xf32>
}

// Walks to rows: windows of two rows, two rows apart. A transpose fills lanes behind its rows with 0.
// RUN-VALUE[ref]: @walks([[1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 9, 0], [7, 0, 0, 7]]) == [[4, 3, 3, 4], [7, 0, 9, 7], [8, 2, 3, 11], [1, 4, 0, 0], [2, 3, 0, 0], [3, 2, 0, 0]]
accel.program @walks_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<4x4xi8> input "x", %y: memref<6x4xi8> output "y") {
  %a = accel.alloc : memref<4x4xi8, "spm">
  %t = accel.alloc : memref<6x4xi8, "spm">
  %0 = accel.load %x[0] to %a[0] {count = 4} : memref<4x4xi8>, memref<4x4xi8, "spm">
  %1 = accel.unary maxinto %a[0] to %t[0] {nx = 2, ny = 2, sy = 2} : memref<4x4xi8, "spm">, memref<6x4xi8, "spm">
  %2 = accel.unary addinto %a[0] to %t[2] {nx = 2, sx = 3} : memref<4x4xi8, "spm">, memref<6x4xi8, "spm">
  %3 = accel.unary transpose %a[0] to %t[3] {nx = 2, n = 3} : memref<4x4xi8, "spm">, memref<6x4xi8, "spm">
  %4 = accel.store %t[0] to %y[0] {count = 6} : memref<6x4xi8, "spm">, memref<6x4xi8>
}
func.func @walks(%x: tensor<4x4xi8>) -> tensor<6x4xi8> {
  %y = accel.launch @walks_program(%x) : (tensor<4x4xi8>) -> tensor<6x4xi8>
  func.return %y : tensor<6x4xi8>
}

// Numbers are rounded to even where they are stored; integers saturate, and no number is 0.
// RUN-VALUE[ref]: @conversions([[2.5, 257.0, -3.5, nan]]) == [[2.5, 256.0, -3.5, nan]], [[2, 127, -4, 0]]
accel.program @conversions_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<1x4xf32> input "x", %y: memref<1x4xbf16> output "y", %z: memref<1x4xi8> output "z") {
  %a = accel.alloc : memref<1x4xf32, "spm">
  %b = accel.alloc : memref<1x4xbf16, "spm">
  %c = accel.alloc : memref<1x4xi8, "spm">
  %0 = accel.load %x[0] to %a[0] : memref<1x4xf32>, memref<1x4xf32, "spm">
  %1 = accel.unary copy %a[0] to %b[0] : memref<1x4xf32, "spm">, memref<1x4xbf16, "spm">
  %2 = accel.unary copy %a[0] to %c[0] : memref<1x4xf32, "spm">, memref<1x4xi8, "spm">
  %3 = accel.store %b[0] to %y[0] : memref<1x4xbf16, "spm">, memref<1x4xbf16>
  %4 = accel.store %c[0] to %z[0] : memref<1x4xi8, "spm">, memref<1x4xi8>
}
func.func @conversions(%x: tensor<1x4xf32>) -> (tensor<1x4xbf16>, tensor<1x4xi8>) {
  %y, %z = accel.launch @conversions_program(%x) : (tensor<1x4xf32>) -> (tensor<1x4xbf16>, tensor<1x4xi8>)
  func.return %y, %z : tensor<1x4xbf16>, tensor<1x4xi8>
}

// A tile in DRAM, and one in the weight buffer.
// RUN-VALUE[ref]: @memories([[2, 3, 4, 5]]) == [[4, 6, 8, 10]]
accel.program @memories_program machine <"gemmini" {"array.cols" = "4", "array.rows" = "4"}> (%x: memref<1x4xi8> input "x", %y: memref<1x4xi32> output "y") {
  %a = accel.alloc : memref<1x4xi8, "spm">
  %w = accel.alloc : memref<1x4xi8, "wbuf">
  %c = accel.alloc : memref<1x4xi32, "acc">
  %d = accel.alloc : memref<1x4xi32>
  %0 = accel.load %x[0] to %a[0] : memref<1x4xi8>, memref<1x4xi8, "spm">
  %1 = accel.load %x[0] to %w[0] : memref<1x4xi8>, memref<1x4xi8, "wbuf">
  %2 = accel.matmul %a[0], %w[0] into %c[0] {k = 1, n = 4, start = 1} : memref<1x4xi8, "spm">, memref<1x4xi8, "wbuf">, memref<1x4xi32, "acc">
  %3 = accel.store %c[0] to %d[0] : memref<1x4xi32, "acc">, memref<1x4xi32>
  %4 = accel.load %d[0] to %c[0] : memref<1x4xi32>, memref<1x4xi32, "acc">
  %5 = accel.store %c[0] to %y[0] : memref<1x4xi32, "acc">, memref<1x4xi32>
}
func.func @memories(%x: tensor<1x4xi8>) -> tensor<1x4xi32> {
  %y = accel.launch @memories_program(%x) : (tensor<1x4xi8>) -> tensor<1x4xi32>
  func.return %y : tensor<1x4xi32>
}
