// RUN: dlir-opt %s --accel-interleave | filecheck %s
// RUN: dlir-opt %s --accel-interleave='depth=1' | filecheck %s --check-prefix=ONE

// Two tiles of a product with relu, then exp of both: the vector unit takes the exponentials of the
// first tile while the array computes the second. A load stays in front of its first reader.

// CHECK-LABEL: accel.program @chain
// CHECK:       accel.load %w
// CHECK:       accel.load %x
// CHECK:       accel.matmul {{.*}} into [[C0:%.*]][0] {nx
// CHECK:       accel.unary relu [[C0]][0] to [[A:%.*]][0]
// CHECK:       accel.matmul {{.*}} into [[C1:%.*]][0] for [4]
// CHECK:       accel.unary exp [[A]][0] to
// CHECK:       accel.unary relu [[C1]][0] to [[A]][64]
// CHECK:       accel.unary exp [[A]][64] to
// CHECK:       accel.store

// ONE-LABEL:   accel.program @chain
// ONE:         accel.unary relu %{{.*}}[0] to [[A:%.*]][0]
// ONE:         accel.unary relu %{{.*}}[0] to [[A]][64]
// ONE:         accel.unary exp [[A]][0] to
// ONE:         accel.unary exp [[A]][64] to
accel.program @chain machine <"gemmini"> (%x: memref<128x16xbf16> input "x", %w: memref<16x16xbf16> weight "w", %y: memref<128x16xbf16> output "y") {
  %p = accel.alloc : memref<16x16xbf16, "spm">
  %a = accel.alloc : memref<128x16xbf16, "spm">
  %i = accel.alloc : memref<128x16xbf16, "spm">
  %0 = accel.load %w[0] to %p[0] {count = 16} : memref<16x16xbf16>, memref<16x16xbf16, "spm">
  %1 = accel.load %x[0] to %i[0] {count = 128} : memref<128x16xbf16>, memref<128x16xbf16, "spm">
  %c = accel.alloc : memref<64x16xf32, "acc">
  %2 = accel.matmul %i[0], %p[0] into %c[0] {nx = 64, k = 16, n = 16, start = 1} : memref<128x16xbf16, "spm">, memref<16x16xbf16, "spm">, memref<64x16xf32, "acc">
  %3 = accel.unary relu %c[0] to %a[0] {nx = 64} : memref<64x16xf32, "acc">, memref<128x16xbf16, "spm">
  %d = accel.alloc : memref<64x16xf32, "acc">
  %4 = accel.matmul %i[64], %p[0] into %d[0] for [4] {planes = 1, nx = 64, k = 16, n = 16, start = 1} : memref<128x16xbf16, "spm">, memref<16x16xbf16, "spm">, memref<64x16xf32, "acc">
  %5 = accel.unary relu %d[0] to %a[64] {nx = 64} : memref<64x16xf32, "acc">, memref<128x16xbf16, "spm">
  %b = accel.alloc : memref<128x16xbf16, "spm">
  %6 = accel.unary exp %a[0] to %b[0] {nx = 64} : memref<128x16xbf16, "spm">, memref<128x16xbf16, "spm">
  %7 = accel.unary exp %a[64] to %b[64] {nx = 64} : memref<128x16xbf16, "spm">, memref<128x16xbf16, "spm">
  %8 = accel.store %b[0] to %y[0] {count = 128} : memref<128x16xbf16, "spm">, memref<128x16xbf16>
}
