// RUN: dlir-opt %s --accel-prefetch --verify-diagnostics
// RUN: dlir-opt %s --accel-interleave --verify-diagnostics

accel.program @late machine <"gemmini"> (%x: memref<4x16xi8> input "x", %y: memref<4x16xi8> output "y") {
  %t = accel.alloc at 0 : memref<4x16xi8, "spm">
  %0 = accel.load %x[0] to %t[0] {count = 4} : memref<4x16xi8>, memref<4x16xi8, "spm">
  // expected-error@+1 {{'accel.store' has tokens; ops move before `accel-place-tokens`, not after it}}
  %1 = accel.store %t[0] to %y[0] {count = 4} after %0 : memref<4x16xi8, "spm">, memref<4x16xi8>
}
