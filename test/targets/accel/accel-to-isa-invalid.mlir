// RUN: dlir-opt %s --convert-accel-to-isa --split-input-file --verify-diagnostics

accel.program @unplaced machine <"gemmini"> () {
  // expected-error@+1 {{'accel.alloc' has no place}}
  %t = accel.alloc : memref<4x16xi8, "spm">
}

// -----

accel.program @lanes machine <"gemmini"> () {
  // expected-error@+1 {{has rows of 8 lanes; gemmini has 16 columns}}
  %t = accel.alloc at 0 : memref<4x8xi8, "spm">
}

// -----

// LW cannot be cut into smaller ones, so its step has to fit.
accel.program @step machine <"gemmini"> () {
  %a = accel.alloc at 0 : memref<4000x16xi8, "spm">
  %c = accel.alloc at 0 : memref<1x16xi32, "acc">
  // expected-error@+1 {{'accel.matmul' has a weight row every 256 lines; an instruction reaches 255}}
  %0 = accel.matmul %a[0], %a[0] into %c[0] {k = 2, n = 16, step = 256, start = 1} : memref<4000x16xi8, "spm">, memref<4000x16xi8, "spm">, memref<1x16xi32, "acc">
}

// -----

accel.program @pool machine <"gemmini"> () {
  %a = accel.alloc at 0 : memref<4000x16xi8, "spm">
  // expected-error@+1 {{reduces 3 rows, one every 300; an instruction takes 4096 every 255}}
  %0 = accel.unary maxinto %a[0] to %a[0] {nx = 3, sx = 300} : memref<4000x16xi8, "spm">, memref<4000x16xi8, "spm">
}

// -----

accel.program @argument machine <"gemmini"> (%x: memref<4x16xi8> input "x") {
  %t = accel.alloc at 0 : memref<4x16xi8, "spm">
  // expected-error@+1 {{'accel.store' writes to an argument that is input, not output}}
  %0 = accel.store %t[0] to %x[0] : memref<4x16xi8, "spm">, memref<4x16xi8>
}

// -----

// expected-error@+1 {{expected one accel.program and nothing else, got 2 ops}}
builtin.module {
  func.func @f() { func.return }
  func.func @g() { func.return }
}
