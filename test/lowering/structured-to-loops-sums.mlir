// RUN: dlir-opt %s -p convert-structured-to-loops,cse | filecheck %s

// A sum in two parts: each has a tile of its own, and the term that is left goes to the first.
// CHECK-LABEL: @parts
// CHECK: [[T:%.*]], [[U:%.*]] = scf.for [[K:%.*]] = %c0 to %c4 step %c1 iter_args([[A:%.*]] = [[Z:%.*]], [[B:%.*]] = [[Z]]) -> (vector<1x16xf32>, vector<1x16xf32>) {
// CHECK-NEXT: [[L:%.*]] = arith.addi [[K]], %c4 : index
// CHECK: vector.load %w[%c0, [[K]], %c0]
// CHECK: [[C:%.*]] = vector.fma %{{.*}}, %{{.*}}, [[A]] : vector<1x16xf32>
// CHECK: vector.load %w[%c0, [[L]], %c0]
// CHECK: [[D:%.*]] = vector.fma %{{.*}}, %{{.*}}, [[B]] : vector<1x16xf32>
// CHECK-NEXT: scf.yield [[C]], [[D]]
// CHECK: vector.load %w[%c0, %c8, %c0]
// CHECK: [[E:%.*]] = vector.fma %{{.*}}, %{{.*}}, [[T]] : vector<1x16xf32>
// CHECK-NEXT: [[F:%.*]] = arith.addf [[E]], [[U]] : vector<1x16xf32>
// CHECK-NEXT: vector.store [[F]], %o
func.func @parts(%x: memref<1x9xf32>, %w: memref<1x9x16xf32>, %o: memref<1x16xf32>) {
  structured.generic {maps = [(m, p, k, n) -> (m, k), (m, p, k, n) -> (p, k, n), (m, p, k, n) -> (m, 16 * p + n)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [1, 16], parts = [2]>}
      ins(%x, %w : memref<1x9xf32>, memref<1x9x16xf32>) outs(%o : memref<1x16xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  }
  func.return
}

// Two rows, each from another half of all, and three columns at a time: what a column reads is used
// at once, by both rows. A row is left.
// CHECK-LABEL: @tile_of_sums
// CHECK: scf.for [[I:%.*]] = %c0 to %c2 step %c1 {
// CHECK-NEXT: [[J:%.*]] = arith.addi [[I]], %c2 : index
// CHECK-NEXT: scf.for [[K:%.*]] = %c0 to %c64 step %c16
// CHECK-NEXT: [[X:%.*]] = vector.load %x[[[I]], [[K]]] : memref<5x64xf32>, vector<16xf32>
// CHECK-NEXT: [[W:%.*]] = vector.load %w[%c0, [[K]]] : memref<3x64xf32>, vector<16xf32>
// CHECK-NEXT: vector.fma [[X]], [[W]], %{{.*}} : vector<16xf32>
// CHECK-NEXT: [[Y:%.*]] = vector.load %x[[[J]], [[K]]] : memref<5x64xf32>, vector<16xf32>
// CHECK-NEXT: vector.fma [[Y]], [[W]], %{{.*}} : vector<16xf32>
// CHECK-NEXT: [[V:%.*]] = vector.load %w[%c1, [[K]]] : memref<3x64xf32>, vector<16xf32>
// CHECK-NEXT: vector.fma [[X]], [[V]], %{{.*}} : vector<16xf32>
// CHECK-NEXT: vector.fma [[Y]], [[V]], %{{.*}} : vector<16xf32>
// CHECK: vector.reduction <add>
// CHECK: vector.load %x[%c4,
func.func @tile_of_sums(%x: memref<5x64xf32>, %w: memref<3x64xf32>, %o: memref<5x3xf32>) {
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (n, k), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = vector, vector = [2, 16]>}
      ins(%x, %w : memref<5x64xf32>, memref<3x64xf32>) outs(%o : memref<5x3xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  }
  func.return
}
