// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// What dlir adds to memref.
func.func @prefetch(%m: memref<8x64xf32>, %s: memref<f32>, %i: index) {
  // CHECK: memref.prefetch %m[%i, %i], read, locality<2>, data : memref<8x64xf32>
  memref.prefetch %m[%i, %i], read, locality<2>, data : memref<8x64xf32>
  // CHECK: memref.prefetch %s[], write, locality<0>, instr : memref<f32>
  memref.prefetch %s[], write, locality<0>, instr : memref<f32>
  func.return
}
