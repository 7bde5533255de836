// RUN: dlir-opt %s --accel-allocate --verify-diagnostics --split-input-file

accel.program @large machine <"gemmini" {acc.rows = "64"}> (%x: memref<40x16xi32> input "x") {
  // expected-note@+1 {{40 rows: memref<40x16xi32, "acc">}}
  %a = accel.alloc : memref<40x16xi32, "acc">
  // expected-error@+2 {{'accel.alloc' of 30 rows does not fit into acc: 2 tiles of 70 rows are alive together, and the machine has 64}}
  // expected-note@+1 {{30 rows: memref<30x16xi32, "acc">}}
  %b = accel.alloc : memref<30x16xi32, "acc">
  %0 = accel.load %x[0] to %a[0] {count = 40} : memref<40x16xi32>, memref<40x16xi32, "acc">
  %1 = accel.load %x[0] to %b[0] {count = 30} : memref<40x16xi32>, memref<30x16xi32, "acc">
  %2 = accel.binary add %a[0], %b[0] to %a[0] {rows = 30} : memref<40x16xi32, "acc">, memref<30x16xi32, "acc">, memref<40x16xi32, "acc">
}
