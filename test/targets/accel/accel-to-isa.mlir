// RUN: dlir-opt %s --accel-place-tokens --convert-accel-to-isa --split-input-file | filecheck %s

// A nest with a step becomes the rows of one instruction.
// CHECK: isa.symbol "input" @x address 0 size 128 {type = "tensor<8x16xi8>"}
// CHECK: isa.symbol "output" @y address 128 size 64 {type = "tensor<4x16xi8>"}
// CHECK: isa.ld d=%8 dram=16 rows=2 len=32 stride=64 sig=s1
// CHECK: isa.st x=%8 dram=128 len=64 wait=s1
accel.program @copy machine <"gemmini"> (%x: memref<8x16xi8> input "x", %y: memref<4x16xi8> output "y") {
  %t = accel.alloc at 8 : memref<4x16xi8, "spm">
  %0 = accel.load %x[4 * d0 + 1] to %t[2 * d0] for [2] {count = 2} : memref<8x16xi8>, memref<4x16xi8, "spm">
  %1 = accel.store %t[0] to %y[0] {count = 4} : memref<4x16xi8, "spm">, memref<4x16xi8>
}

// -----

// The first plane sets the accumulators, the other seven add to them in a loop; since the loop
// would signal with every trip, a SYNC signals after it.
// CHECK: isa.stream "mx"
// CHECK: isa.lw w=%512 k=16 n=16 wait=s1
// CHECK-NEXT: isa.mm a=%0 c=0 nx=64 k=16 n=16 swap
// CHECK-NEXT: isa.loop count=7
// CHECK-NEXT: isa.lw w=%528+a2 k=16 n=16
// CHECK-NEXT: isa.mm a=%64+a1 c=0 nx=64 k=16 n=16 acc swap
// CHECK-NEXT: isa.aadd ar=a1 imm=64
// CHECK-NEXT: isa.aadd ar=a2 imm=16
// CHECK-NEXT: isa.endl
// CHECK-NEXT: isa.aadd ar=a1 imm=-448
// CHECK-NEXT: isa.aadd ar=a2 imm=-112
// CHECK-NEXT: isa.sync give sem=s2
accel.program @gemm machine <"gemmini"> (%x: memref<512x16xi8> input "x", %w: memref<128x16xi8> weight "w", %y: memref<64x16xi8> output "y") {
  %a = accel.alloc at 0 : memref<512x16xi8, "spm">
  %p = accel.alloc at 512 : memref<128x16xi8, "spm">
  %c = accel.alloc at 0 : memref<64x16xi32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 512} : memref<512x16xi8>, memref<512x16xi8, "spm">
  %1 = accel.load %w[0] to %p[0] {count = 128} : memref<128x16xi8>, memref<128x16xi8, "spm">
  %2 = accel.matmul %a[64 * d0], %p[16 * d0] into %c[0] for [8] {planes = 1, nx = 64, k = 16, n = 16, start = 1} : memref<512x16xi8, "spm">, memref<128x16xi8, "spm">, memref<64x16xi32, "acc">
  %o = accel.alloc at 640 : memref<64x16xi8, "spm">
  %3 = accel.unary relu %c[0] to %o[0] {nx = 64} : memref<64x16xi32, "acc">, memref<64x16xi8, "spm">
  %4 = accel.store %o[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
}

// -----

// Unrolled where a loop is no shorter.
// CHECK: isa.vv add d=%0 x=%0 y=%4 rows=2 ymode=all wait=s1
// CHECK-NEXT: isa.vv add d=%2 x=%2 y=%4 rows=2 ymode=all
// CHECK-NEXT: isa.halt
accel.program @twice machine <"gemmini"> (%x: memref<5x16xi8> input "x") {
  %t = accel.alloc at 0 : memref<5x16xi8, "spm">
  %0 = accel.load %x[0] to %t[0] {count = 5} : memref<5x16xi8>, memref<5x16xi8, "spm">
  %1 = accel.binary add %t[2 * d0], %t[4] to %t[2 * d0] for [2] {rows = 2, ymode = "all"} : memref<5x16xi8, "spm">, memref<5x16xi8, "spm">, memref<5x16xi8, "spm">
}
