// RUN: dlir-opt %s --dl-lint-cache-alias=machine=xeon-8280 --verify-diagnostics | filecheck %s
// RUN: dlir-opt %s --dl-lint-cache-alias='machine=xeon-8280 level=l2' -o /dev/null 2>&1 | filecheck %s --check-prefix=SECOND
// RUN: dlir-opt %s --dl-lint-cache-alias='machine=xeon-8280 lines' -o /dev/null 2>&1 | filecheck %s --check-prefix=LINES
// RUN: not dlir-opt %s --dl-lint-cache-alias=machine=gemmini 2>&1 | filecheck %s --check-prefix=ACCEL
// RUN: not dlir-opt %s --dl-lint-cache-alias='machine=xeon-8280 level=l4' 2>&1 | filecheck %s --check-prefix=LEVEL

// Published: 8 ways, 32 KiB and lines of 64 bytes are 64 sets, and addresses 4096 bytes apart fall
// into one: the leading dimension of f32 should be a multiple of 16, but not of 256; a recurrent
// layer of width 1008 is faster than one of 1024.

// SECOND: rhs has rows of 4096 x f32, which lie 16384 bytes apart: its 512 rows begin in 4 of the 1024 sets of l2, which hold 64 of them at one time
// SECOND-NEXT: %y = dl.matmul
// SECOND-NEXT: ^
// SECOND-NEXT: help: 4080 or 4112 elements per row are whole lines of 64 bytes and spread over the sets
// SECOND-NOT: warning
// LINES: 'dl.matmul' rhs has rows of 1000 x f32: 4000 bytes are no whole lines of 64
// LINES: help: 992 or 1008 elements per row are whole lines of 64 bytes and spread over the sets
// ACCEL: error[cache-alias]: machine 'gemmini' has no cache 'l1'
// ACCEL: help: its caches: none: its memories are managed by the program
// LEVEL: error[cache-alias]: machine 'xeon-8280' has no cache 'l4'
// LEVEL: help: its caches: l1, l2, l3

// CHECK-LABEL: func.func @rnn_1024
func.func @rnn_1024(%x: tensor<8x1x1024xf32>, %h: tensor<1x1024xf32>) -> tensor<8x1x1024xf32> {
  %w = dl.param "w" : tensor<1024x1024xf32>
  %r = dl.param "r" : tensor<1024x1024xf32>
  %b = dl.param "b" : tensor<1024xf32>
  // expected-warning@+2 {{w has rows of 1024 x f32, which lie 4096 bytes apart: its 1024 rows begin in 1 of the 64 sets of l1, which hold 8 of them at one time}}
  // expected-warning@+1 {{r has rows of 1024 x f32, which lie 4096 bytes apart}}
  %y, %n = dl.rnn %x, %w, %r, %b, %b, %h : (tensor<8x1x1024xf32>, tensor<1024x1024xf32>, tensor<1024x1024xf32>, tensor<1024xf32>, tensor<1024xf32>, tensor<1x1024xf32>) -> (tensor<8x1x1024xf32>, tensor<1x1024xf32>)
  func.return %y : tensor<8x1x1024xf32>
}

// The rows of 1008 x f32, 4032 bytes apart, begin in all sets.
// CHECK-LABEL: func.func @rnn_1008
func.func @rnn_1008(%x: tensor<8x1x1008xf32>, %h: tensor<1x1008xf32>) -> tensor<8x1x1008xf32> {
  %w = dl.param "w" : tensor<1008x1008xf32>
  %r = dl.param "r" : tensor<1008x1008xf32>
  %b = dl.param "b" : tensor<1008xf32>
  %y, %n = dl.rnn %x, %w, %r, %b, %b, %h : (tensor<8x1x1008xf32>, tensor<1008x1008xf32>, tensor<1008x1008xf32>, tensor<1008xf32>, tensor<1008xf32>, tensor<1x1008xf32>) -> (tensor<8x1x1008xf32>, tensor<1x1008xf32>)
  func.return %y : tensor<8x1x1008xf32>
}

// 256 is a quarter of the interval: four sets. The 8 rows of x fit into them.
// CHECK-LABEL: func.func @quarter
func.func @quarter(%x: tensor<8x256xf32>, %w: tensor<256x240xf32>, %v: tensor<240x256xf32>) -> tensor<8x256xf32> {
  %0 = dl.matmul %x, %w acc f32 : (tensor<8x256xf32>, tensor<256x240xf32>) -> tensor<8x240xf32>
  // expected-warning@+1 {{rhs has rows of 256 x f32, which lie 1024 bytes apart: its 240 rows begin in 4 of the 64 sets of l1, which hold 32 of them at one time}}
  %1 = dl.matmul %0, %v acc f32 : (tensor<8x240xf32>, tensor<240x256xf32>) -> tensor<8x256xf32>
  func.return %1 : tensor<8x256xf32>
}

// The interval is one of bytes: 256 of i8 are not far apart, 1024 are.
// CHECK-LABEL: func.func @bytes
func.func @bytes(%x: tensor<4x512xi8>, %w: tensor<512x256xi8>, %v: tensor<256x1024xi8>) -> tensor<4x1024xi32> {
  %0 = dl.matmul %x, %w acc i32 : (tensor<4x512xi8>, tensor<512x256xi8>) -> tensor<4x256xi8>
  // expected-warning@+1 {{rhs has rows of 1024 x i8, which lie 1024 bytes apart}}
  %1 = dl.matmul %0, %v acc i32 : (tensor<4x256xi8>, tensor<256x1024xi8>) -> tensor<4x1024xi32>
  func.return %1 : tensor<4x1024xi32>
}

// Channels of 32 x 32 pixels lie an interval apart, unless channels are last.
// CHECK-LABEL: func.func @images
func.func @images(%x: tensor<1x64x32x32xf32>, %z: tensor<1x32x32x64xf32>, %w: tensor<64x64x1x1xf32>) -> (tensor<1x64x32x32xf32>, tensor<1x32x32x64xf32>) {
  // expected-warning@+2 {{x has rows of 1024 x f32, which lie 4096 bytes apart: its 64 rows}}
  // expected-warning@+1 {{result has rows of 1024 x f32}}
  %0 = dl.conv2d %x, %w acc f32 : (tensor<1x64x32x32xf32>, tensor<64x64x1x1xf32>) -> tensor<1x64x32x32xf32>
  %1 = dl.conv2d %z, %w acc f32 {layout = "nhwc"} : (tensor<1x32x32x64xf32>, tensor<64x64x1x1xf32>) -> tensor<1x32x32x64xf32>
  func.return %0, %1 : tensor<1x64x32x32xf32>, tensor<1x32x32x64xf32>
}

// A transpose walks columns; one that leaves rows whole does not.
// CHECK-LABEL: func.func @transposes
func.func @transposes(%x: tensor<16x512xf32>, %y: tensor<2x64x512xf32>) -> (tensor<512x16xf32>, tensor<64x2x512xf32>) {
  %0 = dl.transpose %x {perm = [1, 0]} : tensor<16x512xf32> -> tensor<512x16xf32>
  %1 = dl.transpose %y {perm = [1, 0, 2]} : tensor<2x64x512xf32> -> tensor<64x2x512xf32>
  func.return %0, %1 : tensor<512x16xf32>, tensor<64x2x512xf32>
}

// CHECK-LABEL: func.func @second_level
func.func @second_level(%x: tensor<8x512xf32>, %w: tensor<512x4096xf32>, %v: tensor<512x1000xf32>) -> (tensor<8x4096xf32>, tensor<8x1000xf32>) {
  // expected-warning@+1 {{rhs has rows of 4096 x f32, which lie 16384 bytes apart: its 512 rows begin in 1 of the 64 sets}}
  %y = dl.matmul %x, %w acc f32 : (tensor<8x512xf32>, tensor<512x4096xf32>) -> tensor<8x4096xf32>
  %z = dl.matmul %x, %v acc f32 : (tensor<8x512xf32>, tensor<512x1000xf32>) -> tensor<8x1000xf32>
  func.return %y, %z : tensor<8x4096xf32>, tensor<8x1000xf32>
}
