// RUN: dlir-opt %s --accel-place-tokens | filecheck %s

// The second tile of the accumulators takes the place of the first: its matmul waits until that has
// been read. The store follows the vector unit, which follows the matmul, which follows the loads.
// CHECK-LABEL: accel.program @reused
// CHECK: %0 = accel.load %w
// CHECK: %1 = accel.load %x
// CHECK-NOT: after
// CHECK: %2 = accel.matmul %a[0], %p[0] into %c[0]
// CHECK-SAME: after %1 :
// CHECK: %3 = accel.unary relu %c[0] to %o[0]
// CHECK-SAME: after %2 :
// CHECK: %4 = accel.store %o[0] to %y[0]
// CHECK-SAME: after %3 :
// CHECK: %5 = accel.matmul %a[0], %p[0] into %d[0]
// CHECK-SAME: after %3 :
accel.program @reused machine <"gemmini"> (%x: memref<8x16xi8> input "x", %w: memref<16x16xi8> weight "w", %y: memref<8x16xi8> output "y") {
  %a = accel.alloc at 0 : memref<8x16xi8, "spm">
  %p = accel.alloc at 8 : memref<16x16xi8, "spm">
  %c = accel.alloc at 0 : memref<8x16xi32, "acc">
  %0 = accel.load %w[0] to %p[0] {count = 16} : memref<16x16xi8>, memref<16x16xi8, "spm">
  %1 = accel.load %x[0] to %a[0] {count = 8} : memref<8x16xi8>, memref<8x16xi8, "spm">
  %2 = accel.matmul %a[0], %p[0] into %c[0] {nx = 8, k = 16, n = 16, start = 1} : memref<8x16xi8, "spm">, memref<16x16xi8, "spm">, memref<8x16xi32, "acc">
  %o = accel.alloc at 24 : memref<8x16xi8, "spm">
  %3 = accel.unary relu %c[0] to %o[0] {nx = 8} : memref<8x16xi32, "acc">, memref<8x16xi8, "spm">
  %4 = accel.store %o[0] to %y[0] {count = 8} : memref<8x16xi8, "spm">, memref<8x16xi8>
  %d = accel.alloc at 4 : memref<8x16xi32, "acc">
  %5 = accel.matmul %a[0], %p[0] into %d[0] {nx = 8, k = 16, n = 16, start = 1} : memref<8x16xi8, "spm">, memref<16x16xi8, "spm">, memref<8x16xi32, "acc">
}

// Rows are told apart: the store of the first rows waits for them alone, and the load of what was
// spilled waits for the store of these very rows.
// CHECK-LABEL: accel.program @rows
// CHECK: %0 = accel.load %x[0]
// CHECK: %1 = accel.load %x[4]
// CHECK: %2 = accel.store %t[0] to %s[0]
// CHECK-SAME: after %0 :
// CHECK: %3 = accel.store %t[4] to %s[4]
// CHECK-SAME: after %1 :
// CHECK: %4 = accel.load %s[0] to %u[0]
// CHECK-SAME: after %2 :
// CHECK: %5 = accel.load %s[0] to %u[1]
// CHECK-NOT: after
// CHECK: %6 = accel.load %s[2] to %u[0]
// CHECK-SAME: after %3 :
accel.program @rows machine <"gemmini"> (%x: memref<8x16xi8> input "x") {
  %t = accel.alloc at 0 : memref<8x16xi8, "spm">
  %u = accel.alloc at 8 : memref<4x16xi8, "spm">
  %s = accel.alloc : memref<8x16xi8>
  %0 = accel.load %x[0] to %t[0] {count = 4} : memref<8x16xi8>, memref<8x16xi8, "spm">
  %1 = accel.load %x[4] to %t[4] {count = 4} : memref<8x16xi8>, memref<8x16xi8, "spm">
  %2 = accel.store %t[0] to %s[0] {count = 4} : memref<8x16xi8, "spm">, memref<8x16xi8>
  %3 = accel.store %t[4] to %s[4] {count = 4} : memref<8x16xi8, "spm">, memref<8x16xi8>
  %4 = accel.load %s[0] to %u[0] {count = 4} : memref<8x16xi8>, memref<4x16xi8, "spm">
  %5 = accel.load %s[0] to %u[1] {count = 1} : memref<8x16xi8>, memref<4x16xi8, "spm">
  %6 = accel.load %s[2] to %u[0] {count = 4} : memref<8x16xi8>, memref<4x16xi8, "spm">
}
