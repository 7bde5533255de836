// RUN: dlir-opt %s --accel-prefetch | filecheck %s
// RUN: dlir-opt %s -p 'accel-prefetch{depth=1}' | filecheck %s --check-prefix=ONE
// RUN: dlir-opt %s -p 'accel-prefetch{depth=0}' | filecheck %s --check-prefix=NONE

// The load of weights waits for nothing. The load of what was spilled stays behind the store of the
// rows it reads, but not behind that of the others.
// CHECK-LABEL: accel.program @spilled
// CHECK: accel.load %x
// CHECK: %w0 = accel.alloc
// CHECK-NEXT: accel.load %w
// CHECK: accel.store %s[0] to %d[0]
// CHECK: accel.load %d[0]
// CHECK-NEXT: accel.store %s[4] to %d[4]
// ONE-LABEL: accel.program @spilled
// ONE: accel.load %x
// ONE: accel.store %s[0] to %d[0]
// ONE: accel.load %d[0]
// ONE: accel.store %s[4] to %d[4]
// ONE: accel.load %w
// NONE-LABEL: accel.program @spilled
// NONE: accel.load %x
// NONE: accel.store %s[0] to %d[0]
// NONE: accel.store %s[4] to %d[4]
// NONE: accel.load %d[0]
// NONE: accel.load %w
accel.program @spilled machine <"gemmini"> (%x: memref<8x16xi8> input "x", %w: memref<16x16xi8> weight "w") {
  %s = accel.alloc : memref<8x16xi8, "spm">
  %d = accel.alloc : memref<8x16xi8>
  %0 = accel.load %x[0] to %s[0] {count = 8} : memref<8x16xi8>, memref<8x16xi8, "spm">
  %1 = accel.store %s[0] to %d[0] {count = 4} : memref<8x16xi8, "spm">, memref<8x16xi8>
  %2 = accel.store %s[4] to %d[4] {count = 4} : memref<8x16xi8, "spm">, memref<8x16xi8>
  %t = accel.alloc : memref<4x16xi8, "spm">
  %3 = accel.load %d[0] to %t[0] {count = 4} : memref<8x16xi8>, memref<4x16xi8, "spm">
  %w0 = accel.alloc : memref<16x16xi8, "spm">
  %4 = accel.load %w[0] to %w0[0] {count = 16} : memref<16x16xi8>, memref<16x16xi8, "spm">
}

// A border that is filled in around a load comes along; a load stays behind what still reads its
// tile.
// CHECK-LABEL: accel.program @filled
// CHECK: accel.binary fill %t[0]
// CHECK-NEXT: accel.load %x[0] to %t[1]
// CHECK: accel.store %s[0] to %y[0]
// CHECK-NEXT: accel.load %x[4] to %s[0]
accel.program @filled machine <"gemmini"> (%x: memref<8x16xi8> input "x", %y: memref<8x16xi8> output "y") {
  %s = accel.alloc : memref<4x16xi8, "spm">
  %0 = accel.binary fill %s[0] to %s[0] {rows = 4, ymode = "imm"} : memref<4x16xi8, "spm">, memref<4x16xi8, "spm">
  %1 = accel.store %s[0] to %y[0] {count = 4} : memref<4x16xi8, "spm">, memref<8x16xi8>
  %t = accel.alloc : memref<5x16xi8, "spm">
  %2 = accel.binary fill %t[0] to %t[0] {rows = 1, ymode = "imm"} : memref<5x16xi8, "spm">, memref<5x16xi8, "spm">
  %3 = accel.load %x[0] to %t[1] {count = 4} : memref<8x16xi8>, memref<5x16xi8, "spm">
  %4 = accel.load %x[4] to %s[0] {count = 4} : memref<8x16xi8>, memref<4x16xi8, "spm">
}

// No further than memory allows: the second tile does not fit beside the first.
// CHECK-LABEL: accel.program @full
// CHECK: accel.load %x[0]
// CHECK: accel.store
// CHECK: accel.load %x[64]
accel.program @full machine <"gemmini" {spm.bytes = "1600"}> (%x: memref<128x16xi8> input "x", %y: memref<128x16xi8> output "y") {
  %s = accel.alloc : memref<64x16xi8, "spm">
  %0 = accel.load %x[0] to %s[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
  %1 = accel.store %s[0] to %y[0] {count = 64} : memref<64x16xi8, "spm">, memref<128x16xi8>
  %t = accel.alloc : memref<64x16xi8, "spm">
  %2 = accel.load %x[64] to %t[0] {count = 64} : memref<128x16xi8>, memref<64x16xi8, "spm">
  %3 = accel.store %t[0] to %y[64] {count = 64} : memref<64x16xi8, "spm">, memref<128x16xi8>
}

// Two channels: the weights do not wait for all of the input, and the second ones, which are due
// when the second part of the input is under way, come behind it.
// CHECK-LABEL: accel.program @channels
// CHECK: accel.load %x[0]
// CHECK: accel.load %w[0]
// CHECK: accel.load %x[1024]
// CHECK: accel.load %w[4096]
// CHECK: accel.load %x[2048]
// NONE-LABEL: accel.program @channels
// NONE: accel.load %x[0]
// NONE: accel.load %w[0]
// NONE: accel.load %x[1024]
// NONE: accel.load %w[4096]
// NONE: accel.load %x[2048]
accel.program @channels machine <"tpu1"> (%x: memref<3072x256xi8> input "x", %w: memref<8192x256xi8> weight "w", %y: memref<4096x256xi8> output "y") {
  %a = accel.alloc : memref<1024x256xi8, "spm">
  %b = accel.alloc : memref<1024x256xi8, "spm">
  %c = accel.alloc : memref<1024x256xi8, "spm">
  %v = accel.alloc : memref<4096x256xi8, "spm">
  %u = accel.alloc : memref<4096x256xi8, "spm">
  %0 = accel.load %x[0] to %a[0] {count = 1024} : memref<3072x256xi8>, memref<1024x256xi8, "spm">
  %1 = accel.load %x[1024] to %b[0] {count = 1024} : memref<3072x256xi8>, memref<1024x256xi8, "spm">
  %2 = accel.load %x[2048] to %c[0] {count = 1024} : memref<3072x256xi8>, memref<1024x256xi8, "spm">
  %3 = accel.load %w[0] to %v[0] {count = 4096} : memref<8192x256xi8>, memref<4096x256xi8, "spm">
  %4 = accel.load %w[4096] to %u[0] {count = 4096} : memref<8192x256xi8>, memref<4096x256xi8, "spm">
  %5 = accel.store %v[0] to %y[0] {count = 4096} : memref<4096x256xi8, "spm">, memref<4096x256xi8>
  %6 = accel.store %u[0] to %y[0] {count = 4096} : memref<4096x256xi8, "spm">, memref<4096x256xi8>
  %7 = accel.store %a[0] to %y[0] {count = 1024} : memref<1024x256xi8, "spm">, memref<4096x256xi8>
  %8 = accel.store %b[0] to %y[1024] {count = 1024} : memref<1024x256xi8, "spm">, memref<4096x256xi8>
  %9 = accel.store %c[0] to %y[2048] {count = 1024} : memref<1024x256xi8, "spm">, memref<4096x256xi8>
}
