// RUN: dlir-opt %s --accel-allocate | filecheck %s
// RUN: dlir-opt %s --accel-allocate='early' | filecheck %s --check-prefix=EARLY
// RUN: dlir-opt %s --accel-allocate --mlir-pass-statistics 2>&1 | filecheck %s --check-prefix=STATISTICS

// Over all programs of the file.
// STATISTICS: 212 spm lines in use
// STATISTICS-NEXT: 84 spm lines alive
// STATISTICS-NEXT: 8 acc rows in use

// Three tiles that follow each other in a memory of three: each has a place of its own, and the
// fourth takes the one that has been free for the longest time. What is never used lies anywhere.
// With `early`, all of them take the first.
// EARLY-LABEL: accel.program @turns
// EARLY-COUNT-4: accel.alloc at 0
// CHECK-LABEL: accel.program @turns
// CHECK: %a = accel.alloc at 0
// CHECK: %b = accel.alloc at 64
// CHECK: %c = accel.alloc at 128
// CHECK: %d = accel.alloc at 0
// CHECK: %s = accel.alloc : memref<64x16xi8>
// CHECK: %u = accel.alloc at 0
accel.program @turns machine <"gemmini" {spm.bytes = "3072"}> (%x: memref<64x16xi8> input "x", %y: memref<64x16xi8> output "y") {
  %a = accel.alloc : memref<64x16xi8, "spm">
  %0 = accel.load %x[0] to %a[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
  %1 = accel.store %a[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
  %b = accel.alloc : memref<64x16xi8, "spm">
  %2 = accel.load %x[0] to %b[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
  %3 = accel.store %b[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
  %c = accel.alloc : memref<64x16xi8, "spm">
  %4 = accel.load %x[0] to %c[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
  %5 = accel.store %c[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
  %d = accel.alloc : memref<64x16xi8, "spm">
  %6 = accel.load %x[0] to %d[0] {count = 64} : memref<64x16xi8>, memref<64x16xi8, "spm">
  %7 = accel.store %d[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<64x16xi8>
  %s = accel.alloc : memref<64x16xi8>
  %u = accel.alloc : memref<64x16xi8, "spm">
}

// A row of bf16 is two lines, a row of the accumulators is one; a tile that has a place keeps it.
// EARLY-LABEL: accel.program @widths
// EARLY: %a = accel.alloc at 4
// EARLY: %b = accel.alloc at 0
// EARLY: %c = accel.alloc at 12
// CHECK-LABEL: accel.program @widths
// CHECK: %a = accel.alloc at 4
// CHECK: %b = accel.alloc at 0
// CHECK: %c = accel.alloc at 12
// CHECK: %d = accel.alloc at 0
accel.program @widths machine <"gemmini"> (%x: memref<8x16xbf16> input "x", %z: memref<8x16xf32> input "z") {
  %a = accel.alloc at 4 : memref<4x16xbf16, "spm">
  %b = accel.alloc : memref<2x16xbf16, "spm">
  %c = accel.alloc : memref<4x16xbf16, "spm">
  %d = accel.alloc : memref<8x16xf32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 4} : memref<8x16xbf16>, memref<4x16xbf16, "spm">
  %1 = accel.load %x[0] to %b[0] {count = 2} : memref<8x16xbf16>, memref<2x16xbf16, "spm">
  %2 = accel.load %x[0] to %c[0] {count = 4} : memref<8x16xbf16>, memref<4x16xbf16, "spm">
  %3 = accel.load %z[0] to %d[0] {count = 8} : memref<8x16xf32>, memref<8x16xf32, "acc">
  %4 = accel.binary add %a[0], %b[0] to %a[0] {rows = 2} : memref<4x16xbf16, "spm">, memref<2x16xbf16, "spm">, memref<4x16xbf16, "spm">
  %5 = accel.binary add %c[0], %a[0] to %c[0] {rows = 2} : memref<4x16xbf16, "spm">, memref<4x16xbf16, "spm">, memref<4x16xbf16, "spm">
}
