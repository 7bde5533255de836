// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK: accel.program @all machine <"gemmini" {spm.bytes = "131072"}> (%x: memref<2x8x16xbf16> input "x", %w: memref<16x16xbf16> weight "fc 1", %y: memref<8x16xf32> output "y") {{{$}}
accel.program @all machine <"gemmini" {"spm.bytes" = "131072"}> (%x: memref<2x8x16xbf16> input "x", %w: memref<16x16xbf16> weight "fc 1", %y: memref<8x16xf32> output "y") {
  // every memory, with and without a place
  // CHECK: %a = accel.alloc : memref<2x8x16xbf16, "spm">{{$}}
  %a = accel.alloc : memref<2x8x16xbf16, "spm">
  // CHECK: %b = accel.alloc at 512 : memref<16x16xbf16, "wbuf">{{$}}
  %b = accel.alloc at 512 : memref<16x16xbf16, "wbuf">
  // CHECK: %c = accel.alloc at 0 : memref<8x16xf32, "acc">{{$}}
  %c = accel.alloc at 0 : memref<8x16xf32, "acc">
  // CHECK: %d = accel.alloc : memref<8x16xbf16>{{$}}
  %d = accel.alloc : memref<8x16xbf16>
  // fields have defaults that are not printed
  // CHECK: %0 = accel.load %x[0] to %a[0] : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">{{$}}
  %0 = accel.load %x[0] to %a[0] : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">
  // CHECK: %1 = accel.load %x[8 * d0 + 1] to %a[8 * d0 + d1] for [2, 3] {count = 2} after %0 : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">{{$}}
  %1 = accel.load %x[8 * d0 + 1] to %a[d1 + 8 * d0] for [2, 3] {count = 2} after %0 : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">
  // CHECK: %2 = accel.load %w[-d0 + 15] to %b[d0] for [16] : memref<16x16xbf16>, memref<16x16xbf16, "wbuf">{{$}}
  %2 = accel.load %w[15 - d0] to %b[d0] for [16] : memref<16x16xbf16>, memref<16x16xbf16, "wbuf">
  // CHECK: %3 = accel.load %x[d0 - d1 + 2 * d2 + 8 * d3 + 1] to %a[0] for [2, 2, 1, 1] : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">{{$}}
  %3 = accel.load %x[d0 - d1 + 2 * d2 + 8 * d3 + 1] to %a[0] for [2, 2, 1, 1] : memref<2x8x16xbf16>, memref<2x8x16xbf16, "spm">
  // a product over two planes
  // CHECK: %4 = accel.matmul %a[8 * d0], %b[0] into %c[0] for [2] {planes = 1, nx = 8, k = 16, n = 16, start = 1} after %1, %2, %3 : memref<2x8x16xbf16, "spm">, memref<16x16xbf16, "wbuf">, memref<8x16xf32, "acc">{{$}}
  %4 = accel.matmul %a[8 * d0], %b[0] into %c[0] for [2] {planes = 1, nx = 8, k = 16, n = 16, start = 1} after %1, %2, %3 : memref<2x8x16xbf16, "spm">, memref<16x16xbf16, "wbuf">, memref<8x16xf32, "acc">
  // CHECK: %5 = accel.matmul %a[0], %a[0] into %c[4 * d0] for [2] {nx = 2, sx = 2, ny = 2, sy = 4, k = 3, n = 5, step = 2, tr = 1} : memref<2x8x16xbf16, "spm">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">{{$}}
  %5 = accel.matmul %a[0], %a[0] into %c[4 * d0] for [2] {nx = 2, sx = 2, ny = 2, sy = 4, k = 3, n = 5, step = 2, tr = 1} : memref<2x8x16xbf16, "spm">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">
  // functions
  // CHECK: %6 = accel.binary mul %c[0], %a[d0] to %c[0] for [2] {rows = 8} : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">{{$}}
  %6 = accel.binary mul %c[0], %a[d0] to %c[0] for [2] {rows = 8} : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">
  // CHECK: %7 = accel.binary add %c[0], %a[0] to %c[0] {rows = 8, ymode = "lane"} : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">{{$}}
  %7 = accel.binary add %c[0], %a[0] to %c[0] {rows = 8, ymode = "lane"} : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">
  // CHECK: %8 = accel.binary max %c[0] to %c[0] {rows = 8, ymode = "imm", imm = 5.000000e-01 : f32} : memref<8x16xf32, "acc">, memref<8x16xf32, "acc">{{$}}
  %8 = accel.binary max %c[0] to %c[0] {rows = 8, ymode = "imm", imm = 0.5 : f32} : memref<8x16xf32, "acc">, memref<8x16xf32, "acc">
  // CHECK: %9 = accel.unary gelu %c[0] to %a[0] {nx = 8} after %4, %5 : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">{{$}}
  %9 = accel.unary gelu %c[0] to %a[0] {nx = 8} after %4, %5 : memref<8x16xf32, "acc">, memref<2x8x16xbf16, "spm">
  // CHECK: %10 = accel.unary maxinto %a[0] to %c[d0] for [2] {nx = 2, sx = 3, ny = 2, sy = 4, n = 9} : memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">{{$}}
  %10 = accel.unary maxinto %a[0] to %c[d0] for [2] {nx = 2, sx = 3, ny = 2, sy = 4, n = 9} : memref<2x8x16xbf16, "spm">, memref<8x16xf32, "acc">
  // and back
  // CHECK: %11 = accel.store %a[0] to %d[0] {count = 8} after %9 : memref<2x8x16xbf16, "spm">, memref<8x16xbf16>{{$}}
  %11 = accel.store %a[0] to %d[0] {count = 8} after %9 : memref<2x8x16xbf16, "spm">, memref<8x16xbf16>
  // CHECK: %12 = accel.store %c[d0] to %y[d0] for [8] after %10 : memref<8x16xf32, "acc">, memref<8x16xf32>{{$}}
  %12 = accel.store %c[d0] to %y[d0] for [8] after %10 : memref<8x16xf32, "acc">, memref<8x16xf32>
}

// CHECK: accel.program @nothing machine <"gemmini"> () {{{$}}
accel.program @nothing machine <"gemmini"> () {
}

// CHECK: accel.program @gather machine <"gemmini"> (%table: memref<2x50x16xi8> weight "table", %index: memref<1x16xi32> input "index", %y: memref<2x8x16xi8> output "y") {{{$}}
accel.program @gather machine <"gemmini"> (%table: memref<2x50x16xi8> weight "table", %index: memref<1x16xi32> input "index", %y: memref<2x8x16xi8> output "y") {
  // CHECK: %i = accel.alloc : memref<1x16xi32, "spm">{{$}}
  %i = accel.alloc : memref<1x16xi32, "spm">
  // CHECK: %t = accel.alloc : memref<2x8x16xi8, "spm">{{$}}
  %t = accel.alloc : memref<2x8x16xi8, "spm">
  // CHECK: %0 = accel.load %index[0] to %i[0] : memref<1x16xi32>, memref<1x16xi32, "spm">{{$}}
  %0 = accel.load %index[0] to %i[0] : memref<1x16xi32>, memref<1x16xi32, "spm">
  // CHECK: %1 = accel.gather %table[50 * d0] at %i[0] to %t[8 * d0] for [2] {rows = 8, of = 50} after %0 : memref<2x50x16xi8>, memref<1x16xi32, "spm">, memref<2x8x16xi8, "spm">{{$}}
  %1 = accel.gather %table[50 * d0] at %i[0] to %t[8 * d0] for [2] {rows = 8, of = 50} after %0 : memref<2x50x16xi8>, memref<1x16xi32, "spm">, memref<2x8x16xi8, "spm">
  // CHECK: %2 = accel.store %t[0] to %y[0] {count = 16} : memref<2x8x16xi8, "spm">, memref<2x8x16xi8>{{$}}
  %2 = accel.store %t[0] to %y[0] {count = 16} : memref<2x8x16xi8, "spm">, memref<2x8x16xi8>
}

// CHECK: func.func @main(%x: tensor<2x8x16xbf16>, %w: tensor<16x16xbf16>) -> tensor<8x16xf32> {{{$}}
func.func @main(%x: tensor<2x8x16xbf16>, %w: tensor<16x16xbf16>) -> tensor<8x16xf32> {
  // CHECK: %y = accel.launch @all(%x, %w) : (tensor<2x8x16xbf16>, tensor<16x16xbf16>) -> tensor<8x16xf32>{{$}}
  %y = accel.launch @all(%x, %w) : (tensor<2x8x16xbf16>, tensor<16x16xbf16>) -> tensor<8x16xf32>
  // CHECK: accel.launch @nothing() : () -> (){{$}}
  accel.launch @nothing() : () -> ()
  // CHECK: func.return %y : tensor<8x16xf32>{{$}}
  func.return %y : tensor<8x16xf32>
}

// CHECK: func.func @tokens(%t: !accel.token, %x: memref<4x16xi8>, %a: memref<4x16xi8, "spm">) -> !accel.token {{{$}}
func.func @tokens(%t: !accel.token, %x: memref<4x16xi8>, %a: memref<4x16xi8, "spm">) -> !accel.token {
  // CHECK: %0 = accel.load %x[0] to %a[0] after %t : memref<4x16xi8>, memref<4x16xi8, "spm">{{$}}
  %0 = accel.load %x[0] to %a[0] after %t : memref<4x16xi8>, memref<4x16xi8, "spm">
  // CHECK: func.return %0 : !accel.token{{$}}
  func.return %0 : !accel.token
}
