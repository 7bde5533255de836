// RUN: dlir-opt %s --cse --scf-fuse-siblings | filecheck %s

// Nests are fused from the outside to the inside; what both read is read once; results and carried
// values stand beside each other.
// CHECK-LABEL: @nests
// CHECK: scf.for [[I:%.*]] = %c0 to %c4 step %c1 {
// CHECK-NEXT: [[S:%.*]], [[M:%.*]] = scf.for [[K:%.*]] = %c0 to %c64 step %c16 iter_args([[A:%.*]] = %zero, [[B:%.*]] = %least) -> (vector<16xf32>, vector<16xf32>) {
// CHECK-NEXT: [[V:%.*]] = vector.load %x{{\[}}[[I]], [[K]]]
// CHECK-NEXT: [[T:%.*]] = arith.addf [[A]], [[V]]
// CHECK-NEXT: [[U:%.*]] = arith.maximumf [[B]], [[V]]
// CHECK-NEXT: scf.yield [[T]], [[U]]
// CHECK: vector.reduction <add>, [[S]]
// CHECK: vector.reduction <maximumf>, [[M]]
// CHECK-NOT: scf.for
// CHECK: func.return
func.func private @nests(%x: memref<4x64xf32>, %a: memref<4xf32>, %b: memref<4xf32>)
    attributes {dlir.siblings} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : vector<16xf32>
  %least = arith.constant dense<-1.0> : vector<16xf32>
  %n = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c4 step %c1 {
    %s = scf.for %k = %c0 to %c64 step %c16 iter_args(%u = %zero) -> (vector<16xf32>) {
      %v = vector.load %x[%i, %k] : memref<4x64xf32>, vector<16xf32>
      %t = arith.addf %u, %v : vector<16xf32>
      scf.yield %t : vector<16xf32>
    }
    %r = "vector.reduction"(%s, %n) <{kind = #vector.kind<add>, fastmath = #arith.fastmath<none>}> : (vector<16xf32>, f32) -> f32
    memref.store %r, %a[%i] : memref<4xf32>
  }
  scf.for %j = %c0 to %c4 step %c1 {
    %s = scf.for %k = %c0 to %c64 step %c16 iter_args(%u = %least) -> (vector<16xf32>) {
      %v = vector.load %x[%j, %k] : memref<4x64xf32>, vector<16xf32>
      %t = arith.maximumf %u, %v : vector<16xf32>
      scf.yield %t : vector<16xf32>
    }
    %r = "vector.reduction"(%s, %n) <{kind = #vector.kind<maximumf>, fastmath = #arith.fastmath<none>}> : (vector<16xf32>, f32) -> f32
    memref.store %r, %b[%j] : memref<4xf32>
  }
  func.return
}

// A loop that hands on what it carries.
// CHECK-LABEL: @handed_on
// CHECK: scf.for {{.*}} iter_args([[A:%.*]] = %p, [[B:%.*]] = %q) -> (f32, f32) {
// CHECK: scf.yield {{%.*}}, [[B]] : f32, f32
func.func private @handed_on(%a: memref<1xf32>, %b: memref<1xf32>, %p: f32, %q: f32)
    attributes {dlir.siblings} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %s = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %p) -> (f32) {
    %t = arith.addf %u, %u : f32
    scf.yield %t : f32
  }
  memref.store %s, %a[%c0] : memref<1xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %q) -> (f32) {
    scf.yield %u : f32
  }
  memref.store %r, %b[%c0] : memref<1xf32>
  func.return
}

// Parallel loops: one region.
// CHECK-LABEL: @parallel
// CHECK-COUNT-1: scf.parallel
// CHECK: memref.load
// CHECK-NOT: memref.load
// CHECK: memref.store {{.*}}, %a
// CHECK: memref.store {{.*}}, %b
// CHECK-NOT: scf.parallel
// CHECK: func.return
func.func private @parallel(%x: memref<64xf32>, %a: memref<64xf32>, %b: memref<64xf32>)
    attributes {dlir.siblings} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %v = memref.load %x[%i] : memref<64xf32>
    memref.store %v, %a[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %v = memref.load %x[%i] : memref<64xf32>
    memref.store %v, %b[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}

// Two loops stay two: other steps; one writes what the other reads, itself or in between; one needs
// the other's result.
// CHECK-LABEL: @apart
// CHECK-COUNT-6: scf.for
func.func private @apart(%x: memref<64xf32>, %a: memref<64xf32>, %b: memref<64xf32>)
    attributes {dlir.siblings} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %n = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c64 step %c2 {
    memref.store %n, %a[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    memref.store %n, %b[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    %v = memref.load %b[%i] : memref<64xf32>
    memref.store %v, %a[%i] : memref<64xf32>
  }
  %s = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %n) -> (f32) {
    %t = arith.addf %u, %u : f32
    scf.yield %t : f32
  }
  memref.store %s, %x[%c0] : memref<64xf32>
  %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %n) -> (f32) {
    %v = memref.load %x[%i] : memref<64xf32>
    %t = arith.addf %u, %v : f32
    scf.yield %t : f32
  }
  %q = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %r) -> (f32) {
    %t = arith.addf %u, %u : f32
    scf.yield %t : f32
  }
  memref.store %q, %b[%c0] : memref<64xf32>
  func.return
}

// Arguments of other kernels may be the same memory.
// CHECK-LABEL: @unmarked
// CHECK-COUNT-2: scf.for
func.func private @unmarked(%a: memref<64xf32>, %b: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %n = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c64 step %c1 {
    memref.store %n, %a[%i] : memref<64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    memref.store %n, %b[%i] : memref<64xf32>
  }
  func.return
}
