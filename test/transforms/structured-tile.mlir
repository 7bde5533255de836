// RUN: dlir-opt %s -p 'structured-tile{sizes=4,0,16},cse' | filecheck %s
// RUN: dlir-opt %s -p 'structured-tile{sizes=4 fuse-producers},cse' | filecheck %s --check-prefix=FUSED
// RUN: dlir-opt %s -p structured-tile | filecheck %s --check-prefix=SCHEDULE

// The last tile of d0 is smaller; a tiled reduction starts from the filled tile of the result.
// CHECK-LABEL: @matmul
// CHECK: [[R:%.*]] = scf.for %d0 = %c0 to %c30 step %c4 iter_args([[O:%.*]] = %o) -> (tensor<30x64xf32>) {
// CHECK-NEXT: [[LEFT:%.*]] = arith.subi %c30, %d0 : index
// CHECK-NEXT: [[N:%.*]] = arith.minsi %c4, [[LEFT]] : index
// CHECK-NEXT: [[T:%.*]] = tensor.extract_slice [[O]][%d0, 0] [[[N]], 64] [1, 1] : tensor<30x64xf32> to tensor<?x64xf32>
// CHECK-NEXT: [[ZERO:%.*]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT: [[F:%.*]] = structured.fill ins([[ZERO]] : f32) outs([[T]] : tensor<?x64xf32>) -> tensor<?x64xf32>
// CHECK-NEXT: [[U:%.*]] = scf.for %d2 = %c0 to %c32 step %c16 iter_args([[V:%.*]] = [[F]]) -> (tensor<?x64xf32>) {
// CHECK-NEXT: [[A:%.*]] = tensor.extract_slice %x[%d0, %d2] [[[N]], 16] [1, 1] : tensor<30x32xf32> to tensor<?x16xf32>
// CHECK-NEXT: [[B:%.*]] = tensor.extract_slice %w[%d2, 0] [16, 64] [1, 1] : tensor<32x64xf32> to tensor<16x64xf32>
// CHECK-NEXT: [[G:%.*]] = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction]} ins([[A]], [[B]] : tensor<?x16xf32>, tensor<16x64xf32>) outs([[V]] : tensor<?x64xf32>)
// CHECK: scf.yield [[G]]
// CHECK: tensor.insert_slice [[U]] into [[O]][%d0, 0] [[[N]], 64] [1, 1] : tensor<?x64xf32> into tensor<30x64xf32>
// CHECK: func.return [[R]]
func.func @matmul(%x: tensor<30x32xf32>, %w: tensor<32x64xf32>, %o: tensor<30x64xf32>) -> tensor<30x64xf32> {
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<30x32xf32>, tensor<32x64xf32>) outs(%o : tensor<30x64xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<30x64xf32>
  func.return %r : tensor<30x64xf32>
}

// On memrefs: views, and no values carried. A window of four outputs, stride 2, reads 9 elements.
// CHECK-LABEL: @window
// CHECK: scf.for %d0 = %c0 to %c8 step %c4 {
// CHECK: [[Y:%.*]] = memref.subview %y[%d0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: ?>>
// CHECK: [[START:%.*]] = arith.muli %d0, %c2 : index
// CHECK: [[X:%.*]] = memref.subview %x{{\[}}[[START]]] [9] [1] : memref<17xf32> to memref<9xf32, strided<[1], offset: ?>>
// CHECK: structured.generic {maps = [(d0, d1) -> (2 * d0 + d1), (d0, d1) -> (d1), (d0, d1) -> (d0)], iterators = [parallel, reduction], init = 0.000000e+00 : f32} ins([[X]], %k : memref<9xf32, strided<[1], offset: ?>>, memref<3xf32>) outs([[Y]] :
func.func @window(%x: memref<17xf32>, %k: memref<3xf32>, %y: memref<8xf32>) {
  structured.generic {maps = [(i, k) -> (2 * i + k), (i, k) -> (k), (i, k) -> (i)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x, %k : memref<17xf32>, memref<3xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  }
  func.return
}

// A padded input is cut after its border is written out.
// CHECK-LABEL: @border
// CHECK: [[B:%.*]] = structured.generic {maps = [(d0) -> (d0 - 1), (d0) -> (d0)], iterators = [parallel], padding = [0.000000e+00 : f32]} ins(%x : tensor<8xf32>) outs(%{{.*}} : tensor<10xf32>)
// CHECK: scf.for
// CHECK: tensor.extract_slice [[B]][%d0] [6] [1] : tensor<10xf32> to tensor<6xf32>
func.func @border(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %r = structured.generic {maps = [(i, k) -> (i + k - 1), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32,
                           padding = [0.0 : f32], domain = array<i64: -1, 3>}
      ins(%x : tensor<8xf32>) outs(%y : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<8xf32>
  func.return %r : tensor<8xf32>
}

// The producer joins the loop of its reader, and goes on counting in the whole tensor.
// CHECK-LABEL: @producer
// CHECK-COUNT-2: scf.for
// FUSED-LABEL: @producer
// FUSED-NOT: structured.generic
// FUSED: scf.for %d0 = %c0 to %c8 step %c4
// FUSED: [[X:%.*]] = tensor.extract_slice %x[%d0] [4] [1] : tensor<8xindex> to tensor<4xindex>
// FUSED: [[P:%.*]] = structured.generic {maps = [(d0) -> (d0), (d0) -> (), (d0) -> (d0)], iterators = [parallel]} ins([[X]], %d0 : tensor<4xindex>, index)
// FUSED-NEXT: ^bb0([[A:%.*]]: index, [[START:%.*]]: index):
// FUSED-NEXT: [[I:%.*]] = structured.index 0
// FUSED-NEXT: [[J:%.*]] = arith.addi [[I]], [[START]] : index
// FUSED-NEXT: arith.addi [[A]], [[J]] : index
// FUSED: structured.generic {{.*}} ins([[P]] : tensor<4xindex>)
// FUSED-NOT: structured.generic
func.func @producer(%x: tensor<8xindex>, %y: tensor<8xindex>) -> tensor<8xindex> {
  %e = tensor.empty() : tensor<8xindex>
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<8xindex>) outs(%e : tensor<8xindex>) {
  ^bb0(%a: index):
    %i = structured.index 0
    %s = arith.addi %a, %i : index
    structured.yield %s : index
  } -> tensor<8xindex>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<8xindex>) outs(%y : tensor<8xindex>) {
  ^bb0(%a: index):
    %s = arith.muli %a, %a : index
    structured.yield %s : index
  } -> tensor<8xindex>
  func.return %1 : tensor<8xindex>
}

// Without `sizes` the schedule tells; what is done is taken out of it.
// FUSED-LABEL: @scheduled
// SCHEDULE-LABEL: @scheduled
// SCHEDULE: scf.for %d1
// SCHEDULE-NEXT: scf.for %d0
// SCHEDULE: schedule = #structured.schedule<kernel = scalar>}
func.func @scheduled(%x: memref<8x6xf32>, %y: memref<8x6xf32>) {
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                      schedule = #structured.schedule<kernel = scalar, tile = [4, 2], order = [1, 0]>}
      ins(%x : memref<8x6xf32>) outs(%y : memref<8x6xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// A register kernel takes a sum in blocks: from zero in the first one, from what the result holds
// in those between, and with the epilogue in the last one, which is shorter.
// FUSED-LABEL: @blocked
// SCHEDULE-LABEL: @blocked
// SCHEDULE: memref.subview %x[0, 0] [6, 16] [1, 1]
// SCHEDULE: init = 0.000000e+00 : f32, schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
// SCHEDULE-NOT: epilogue
// SCHEDULE: scf.for %d2 = %c16 to %c32 step %c16 {
// SCHEDULE: iterators = [parallel, parallel, reduction], schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
// SCHEDULE-NOT: epilogue
// SCHEDULE: memref.subview %x[0, 32] [6, 8] [1, 1]
// SCHEDULE: iterators = [parallel, parallel, reduction], schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
// SCHEDULE: } epilogue ins(%b : memref<16xf32>)
func.func @blocked(%x: memref<6x40xf32>, %w: memref<40x16xf32>, %b: memref<16xf32>, %y: memref<6x16xf32>) {
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 16], tile = [0, 0, 16]>}
      ins(%x, %w : memref<6x40xf32>, memref<40x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } epilogue ins(%b : memref<16xf32>) maps [(m, n) -> (n)] {
  ^bb0(%v: f32, %c: f32):
    %r = arith.addf %v, %c : f32
    structured.yield %r : f32
  }
  func.return
}

// One tile holds all.
// CHECK-LABEL: @small
// CHECK-NOT: scf.for
func.func @small(%x: memref<3xf32>, %y: memref<3xf32>) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<3xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}
