// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @prefetch_indices(%m: memref<8x64xf32>, %i: index) {
  // expected-error@+1 {{expected an index for each dimension}}
  memref.prefetch %m[%i], read, locality<2>, data : memref<8x64xf32>
  func.return
}

// -----

func.func @prefetch_locality(%m: memref<8xf32>, %i: index) {
  // expected-error@+1 {{locality is 0, 1, 2 or 3}}
  memref.prefetch %m[%i], read, locality<4>, data : memref<8xf32>
  func.return
}

// -----

func.func @prefetch_word(%m: memref<8xf32>, %i: index) {
  // expected-error@+1 {{expected read or write}}
  memref.prefetch %m[%i], look, locality<3>, data : memref<8xf32>
  func.return
}
