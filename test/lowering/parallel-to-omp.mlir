// RUN: dlir-opt %s --convert-parallel-to-omp | filecheck %s
// RUN: dlir-opt %s --pass-pipeline='builtin.module(convert-parallel-to-omp,convert-loops-to-llvm)' | filecheck %s --check-prefix=LLVM

// CHECK-LABEL: func.func private @k(
// CHECK: "omp.parallel"
// CHECK-NEXT: func.call @k.thread(
// CHECK-LABEL: func.func private @k.thread(
// CHECK: "omp.wsloop"() <{nowait
// CHECK: "omp.loop_nest"(%c0, %c64, %c1)
// CHECK: memref.store
// CHECK: omp.yield

// LLVM: llvm.mlir.global external @dlir.threads(1 : i32)
// LLVM-LABEL: llvm.func internal @k(
// LLVM: llvm.mlir.addressof @k.thread.task
// LLVM: llvm.call @GOMP_parallel(
// LLVM-LABEL: llvm.func internal @k.thread(
// LLVM: llvm.call @omp_get_thread_num()
// LLVM: llvm.call @omp_get_num_threads()
func.func private @k(%x: memref<64xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %v, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}

// Every thread would do the store at the end: the kernel stays with one.
// CHECK-LABEL: func.func private @writes(
// CHECK: "scf.parallel"
// LLVM-LABEL: llvm.func internal @writes(
// LLVM-NOT: GOMP_parallel
// LLVM: llvm.return
func.func private @writes(%x: memref<64xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %v, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  memref.store %v, %x[%c0] : memref<64xf32>
  func.return
}

// What is written outside of the loop is memory that each thread has.
// CHECK-LABEL: func.func private @own(
// CHECK: omp.parallel
// CHECK-LABEL: func.func private @own.thread(
// CHECK: memref.store %v, %{{.*}}[] : memref<f32>
// CHECK: omp.wsloop
func.func private @own(%x: memref<64xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %a = memref.alloca() : memref<f32>
  memref.store %v, %a[] : memref<f32>
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %w = memref.load %a[] : memref<f32>
    memref.store %w, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}

// Of what the loop writes to such memory the other threads see nothing: the kernel stays with one.
// CHECK-LABEL: func.func private @unseen(
// CHECK: "scf.parallel"
func.func private @unseen(%x: memref<64xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %a = memref.alloca() : memref<64xf32>
  %b = memref.subview %a[0] [64] [1] : memref<64xf32> to memref<64xf32, strided<[1]>>
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %v, %b[%i] : memref<64xf32, strided<[1]>>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// LLVM-LABEL: llvm.func internal @k.thread.task(
// LLVM: llvm.call @k.thread(
