// RUN: dlir-opt %s --convert-loops-to-llvm | filecheck %s
// RUN: dlir-opt %s --convert-loops-to-llvm='bounds-checks=true' | filecheck %s --check-prefix=CHECKED

// Memrefs are pointers and their unknown sizes; loops test at the end, after a guard.

// CHECK-LABEL: llvm.func @scale(%x: !llvm.ptr, %n: i64, %s: f32)
// CHECK-SAME: dlir.signature = (memref<?x8xf32>, f32) -> ()
// CHECK: llvm.icmp "slt" %c0, %n : i64
// CHECK: ^{{.*}}(%i: i64):
// CHECK: llvm.mul %i, {{.*}} overflow<nsw> : i64
// CHECK: llvm.getelementptr inbounds %x[%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<8xf32>
// CHECK: llvm.fmul %v, %{{.*}} : vector<8xf32>
// CHECK: llvm.store %w, %{{.*}} {alignment = 4 : i64} : vector<8xf32>, !llvm.ptr
// CHECK: llvm.cond_br

// CHECKED-LABEL: llvm.func @scale
// CHECKED: llvm.mlir.addressof @dlir.status
func.func @scale(%x: memref<?x8xf32>, %s: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  %b = vector.broadcast %s : f32 to vector<8xf32>
  scf.for %i = %c0 to %n step %c1 {
    %v = vector.load %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
    %w = arith.mulf %v, %b : vector<8xf32>
    vector.store %w, %x[%i, %c0] : memref<?x8xf32>, vector<8xf32>
  }
  func.return
}

// A 2-D vector is its rows; equal rows are computed once.

// CHECK-LABEL: llvm.func @rows
// CHECK: %[[A:.*]] = llvm.load %{{.*}} : !llvm.ptr -> vector<4xf32>
// CHECK: llvm.fneg %{{.*}} : vector<4xf32>
// CHECK-NOT: llvm.fneg
// CHECK: llvm.return
func.func @rows(%x: memref<4xf32>, %y: memref<3x4xf32>) {
  %c0 = arith.constant 0 : index
  %v = vector.load %x[%c0] : memref<4xf32>, vector<4xf32>
  %b = vector.broadcast %v : vector<4xf32> to vector<3x4xf32>
  %r = arith.negf %b : vector<3x4xf32>
  vector.store %r, %y[%c0, %c0] : memref<3x4xf32>, vector<3x4xf32>
  func.return
}

// A prefetch needs no bounds check: it may point anywhere.

// CHECK-LABEL: llvm.func @prefetch
// CHECK: "llvm.intr.prefetch"(%{{.*}}) <{{.*}}hint = 2 : i32
// CHECKED-LABEL: llvm.func @prefetch
// CHECKED-NOT: llvm.icmp
// CHECKED: llvm.return
func.func @prefetch(%x: memref<8x64xf32>, %i: index) {
  memref.prefetch %x[%i, %i], read, locality<2>, data : memref<8x64xf32>
  func.return
}

// A maximum with a constant is one comparison, and NaN stays.

// CHECK-LABEL: llvm.func @relu
// CHECK: %[[C:.*]] = llvm.fcmp "ogt" %[[Z:.*]], %{{.*}} : f32
// CHECK-NEXT: %[[M:.*]] = llvm.select %[[C]], %[[Z]], %{{.*}} : i1, f32
// CHECK-NEXT: llvm.return %[[M]] : f32
func.func @relu(%x: f32) -> f32 {
  %z = arith.constant 0.0 : f32
  %m = arith.maximumf %x, %z : f32
  func.return %m : f32
}

// Sums are trees.

// CHECK-LABEL: llvm.func @sum
// CHECK: llvm.fadd %{{.*}} : vector<4xf32>
// CHECK: llvm.fadd %{{.*}} : vector<2xf32>
// CHECK: llvm.fadd %{{.*}} : f32
// CHECK: llvm.fadd %a{{.*}}, %{{.*}} : f32
func.func @sum(%x: memref<8xf32>, %a: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %v = vector.load %x[%c0] : memref<8xf32>, vector<8xf32>
  %s = vector.reduction <add>, %v, %a : vector<8xf32> into f32
  func.return %s : f32
}

// Failing assertions leave the number of their message; several results are a struct.

// CHECK-LABEL: llvm.func @checked(%p: i64, %q: i64) -> !llvm.struct<(i64, i64)>
// CHECK: llvm.cond_br %{{.*}}, ^[[GO:.*]], ^[[FAIL:.*]]
// CHECK: llvm.mlir.addressof @dlir.status
// CHECK: llvm.insertvalue %{{.*}}[0] : !llvm.struct<(i64, i64)>
func.func @checked(%p: index, %q: index) -> (index, index) {
  %ok = arith.cmpi ne, %p, %q : index
  cf.assert %ok, "a is not b"
  func.return %p, %q : index, index
}

// A strided memref passes its unknown strides behind its unknown sizes.

// CHECK-LABEL: llvm.func @strided_argument(
// CHECK-SAME: !llvm.ptr, %{{[^:]*}}: i64, %{{[^:]*}}: i64)
func.func @strided_argument(%x: memref<?x4xf32, strided<[?, 1], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %s = arith.constant 1.0 : f32
  memref.store %s, %x[%c0, %c0] : memref<?x4xf32, strided<[?, 1], offset: ?>>
  func.return
}

// CHECK-LABEL: llvm.func @passes_strided(
// CHECK: %[[P:.*]] = llvm.getelementptr inbounds %{{.*}}[8]
// CHECK: llvm.call @strided_argument(%[[P]], %{{.*}}, %{{.*}}) : (!llvm.ptr, i64, i64) -> ()
func.func @passes_strided(%y: memref<4x16xf32>) {
  %v = memref.subview %y[0, 8] [4, 4] [1, 1] : memref<4x16xf32> to memref<4x4xf32, strided<[16, 1], offset: 8>>
  %w = "memref.cast"(%v) : (memref<4x4xf32, strided<[16, 1], offset: 8>>) -> memref<?x4xf32, strided<[?, 1], offset: ?>>
  func.call @strided_argument(%w) : (memref<?x4xf32, strided<[?, 1], offset: ?>>) -> ()
  func.return
}

// What is stored past the caches is seen by others after a fence. A store that is not known to begin
// at a line is an ordinary one.

// CHECK-LABEL: llvm.func @past_the_caches(
// CHECK: llvm.ptrtoint %y
// CHECK: llvm.store {{.*}} {alignment = 64 : i64, nontemporal} : vector<16xf32>, !llvm.ptr
// CHECK: llvm.store {{.*}} {alignment = 4 : i64} : vector<16xf32>, !llvm.ptr
// CHECK: "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
// CHECK-NEXT: llvm.return
func.func @past_the_caches(%v: vector<16xf32>, %y: memref<32xf32>) -> index {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %p = "memref.extract_aligned_pointer_as_index"(%y) : (memref<32xf32>) -> index
  vector.store %v, %y[%c0] {alignment = 64 : i64, nontemporal = true} : memref<32xf32>, vector<16xf32>
  vector.store %v, %y[%c16] {nontemporal = true} : memref<32xf32>, vector<16xf32>
  func.return %p : index
}
