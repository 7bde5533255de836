// RUN: dlir-opt %s -p convert-structured-to-loops,cse | filecheck %s

// A register tile is one value from zero to store: full tiles of rows, then the rest of the rows,
// for full panels of columns; then all of it for the rest of the columns under a mask.
// CHECK-LABEL: @register_tile
// CHECK: arith.constant dense<0.000000e+00> : vector<1x16xf32>
// CHECK: arith.constant dense<0.000000e+00> : vector<6x16xf32>
// CHECK: scf.for
// CHECK: [[V:%.*]] = memref.subview %x[%{{.*}}, %c0] [6, 9] [1, 1] : memref<13x9xf32> to memref<6x9xf32, strided<[9, 1], offset: ?>>
// CHECK: [[ACC:%.*]] = scf.for [[K:%.*]] = %c0 to %c9 step %c1 iter_args([[T:%.*]] = %{{.*}}) -> (vector<6x16xf32>) {
// CHECK-NEXT: [[A:%.*]] = vector.load [[V]][%c0, [[K]]] : memref<6x9xf32, strided<[9, 1], offset: ?>>, vector<6x1xf32>
// CHECK-NEXT: [[AB:%.*]] = vector.broadcast [[A]] : vector<6x1xf32> to vector<6x16xf32>
// CHECK-NEXT: [[B:%.*]] = vector.load %w[[[K]], %{{.*}}] : memref<9x37xf32>, vector<16xf32>
// CHECK-NEXT: [[BB:%.*]] = vector.broadcast [[B]] : vector<16xf32> to vector<6x16xf32>
// CHECK-NEXT: [[F:%.*]] = vector.fma [[AB]], [[BB]], [[T]] : vector<6x16xf32>
// CHECK-NEXT: scf.yield [[F]] : vector<6x16xf32>
// CHECK: [[BIAS:%.*]] = vector.load %b[%{{.*}}] : memref<37xf32>, vector<16xf32>
// CHECK: [[Y:%.*]] = arith.addf [[ACC]], %{{.*}} : vector<6x16xf32>
// CHECK-NEXT: vector.store [[Y]], %o[%{{.*}}] : memref<13x37xf32>, vector<6x16xf32>
// CHECK: vector<1x16xf32>
// CHECK: [[M:%.*]] = vector.create_mask %{{.*}} : vector<16xi1>
// CHECK: vector.maskedload %w
// CHECK: vector.maskedstore %o
func.func @register_tile(%x: memref<13x9xf32>, %w: memref<9x37xf32>, %b: memref<37xf32>, %o: memref<13x37xf32>) {
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
      ins(%x, %w : memref<13x9xf32>, memref<9x37xf32>) outs(%o : memref<13x37xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } epilogue ins(%b : memref<37xf32>) maps [(m, n) -> (n)] {
  ^bb0(%v: f32, %c: f32):
    %y = arith.addf %v, %c : f32
    structured.yield %y : f32
  }
  func.return
}

// A block of a longer sum goes on from what the result holds.
// CHECK-LABEL: @later_block
// CHECK: [[O:%.*]] = vector.load %o[%c0, %c0] : memref<6x16xf32>, vector<6x16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c9 step %c1 iter_args(%{{.*}} = [[O]]) -> (vector<6x16xf32>) {
func.func @later_block(%x: memref<6x9xf32>, %w: memref<9x16xf32>, %o: memref<6x16xf32>) {
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction],
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 16]>}
      ins(%x, %w : memref<6x9xf32>, memref<9x16xf32>) outs(%o : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  }
  func.return
}

// Wide vectors, then narrow ones, the last of which is masked; a row is stretched over the rows.
// CHECK-LABEL: @lanes
// CHECK: scf.for [[I:%.*]] = %c0 to %{{.*}} step %c1 {
// CHECK: vector.load %x[[[I]], %{{.*}}] : memref<?x?xf32>, vector<64xf32>
// CHECK: vector.load %y[%{{.*}}] : memref<?xf32>, vector<64xf32>
// CHECK: arith.addf %{{.*}} : vector<64xf32>
// CHECK: vector.store %{{.*}}, %z[[[I]], %{{.*}}] : memref<?x?xf32>, vector<64xf32>
// CHECK: vector.create_mask %{{.*}} : vector<16xi1>
// CHECK: vector.maskedload %x
// CHECK: vector.maskedstore %z
func.func @lanes(%x: memref<?x?xf32>, %y: memref<?xf32>, %z: memref<?x?xf32>) {
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)],
                      iterators = [parallel, parallel]}
      ins(%x, %y : memref<?x?xf32>, memref<?xf32>) outs(%z : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  }
  func.return
}

// A row's maximum: lanes of their own, folded at the end; unused lanes keep what they had.
// CHECK-LABEL: @row_max
// CHECK: arith.constant dense<0xff800000> : vector<{{[0-9]+}}xf32>
// CHECK: arith.maximumf %{{.*}} : vector<{{[0-9]+}}xf32>
// CHECK: arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
// CHECK: vector.reduction <maximumf>
// CHECK: memref.store
func.func @row_max(%x: memref<4x37xf32>, %y: memref<4xf32>) {
  structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)], iterators = [parallel, reduction],
                      init = 0xFF800000 : f32}
      ins(%x : memref<4x37xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.maximumf %a, %acc : f32
    structured.yield %s : f32
  }
  func.return
}

// A border: rows are checked once per row, columns by a mask.
// CHECK-LABEL: @border
// CHECK: [[COLUMNS:%.*]] = arith.cmpi ult, %{{.*}} : vector<32xindex>
// CHECK: [[ROW:%.*]] = arith.cmpi ult, %{{.*}}, %c8 : index
// CHECK: scf.if [[ROW]] -> (vector<32xf32>) {
// CHECK-NEXT: vector.maskedload %x[%{{.*}}, %cm1], [[COLUMNS]]
// CHECK: } else {
func.func @border(%x: memref<8x30xf32>, %y: memref<10x32xf32>) {
  structured.generic {maps = [(i, j) -> (i - 1, j - 1), (i, j) -> (i, j)],
                      iterators = [parallel, parallel], padding = [0.0 : f32]}
      ins(%x : memref<8x30xf32>) outs(%y : memref<10x32xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// The last block ends within the result: what lies behind it is not written.
// CHECK-LABEL: @blocks
// CHECK: arith.cmpi ult
// CHECK: vector.maskedstore %y
func.func @blocks(%x: memref<2x16xf32>, %y: memref<27xf32>) {
  structured.generic {maps = [(b, i) -> (b, i), (b, i) -> (16 * b + i)], iterators = [parallel, parallel]}
      ins(%x : memref<2x16xf32>) outs(%y : memref<27xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// Nothing is contiguous along one iterator in all operands: point by point.
// CHECK-LABEL: @strided
// CHECK: scf.for
// CHECK: memref.load %x
// CHECK: memref.store %{{.*}}, %y
func.func @strided(%x: memref<30xf32>, %y: memref<10xf32>) {
  structured.generic {maps = [(i) -> (3 * i), (i) -> (i)], iterators = [parallel]}
      ins(%x : memref<30xf32>) outs(%y : memref<10xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// A transpose goes through registers.
// CHECK-LABEL: @transpose
// CHECK-COUNT-16: vector.load %x
// CHECK: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %y
func.func @transpose(%x: memref<32x32xf32>, %y: memref<32x32xf32>) {
  structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : memref<32x32xf32>) outs(%y : memref<32x32xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// CHECK-LABEL: @gather
// CHECK: [[RAW:%.*]] = memref.load %i[%{{.*}}] : memref<5xi64>
// CHECK: arith.cmpi slt, %{{.*}}, %c0 : index
// CHECK: [[IN:%.*]] = arith.cmpi ult, %{{.*}}, %c9 : index
// CHECK-NEXT: cf.assert [[IN]], "{{.*}}index out of range{{.*}}"
// CHECK: vector.store %{{.*}}, %o
func.func @gather(%x: memref<9x64xf32>, %i: memref<5xi64>, %o: memref<5x64xf32>) {
  structured.gather axis 0 ins(%x, %i : memref<9x64xf32>, memref<5xi64>) outs(%o : memref<5x64xf32>)
  func.return
}

// CHECK-LABEL: @views
// CHECK: memref.reinterpret_cast %x to offset: [0], sizes: [%n, 3, 4], strides: [12, 4, 1] : memref<?x12xf32> to memref<?x3x4xf32>
// CHECK: memref.store %v
func.func @views(%x: memref<?x12xf32>, %n: index, %v: f32) {
  %r = structured.reshape %x [%n] : memref<?x12xf32> to memref<?x3x4xf32>
  structured.fill ins(%v : f32) outs(%r : memref<?x3x4xf32>)
  func.return
}

// Integers of the operands are extended, multiplied and added: there is no fused op for them.
// CHECK-LABEL: @integer_tile
// CHECK: [[T:%.*]] = scf.for {{.*}} iter_args([[ACC:%.*]] = %{{.*}}) -> (vector<4x16xi32>) {
// CHECK: [[A:%.*]] = vector.load {{.*}}, vector<4x1xi8>
// CHECK-NEXT: arith.extsi [[A]] : vector<4x1xi8> to vector<4x1xi32>
// CHECK: [[B:%.*]] = vector.load %w{{.*}}, vector<16xi8>
// CHECK-NEXT: arith.extsi [[B]] : vector<16xi8> to vector<16xi32>
// CHECK: [[P:%.*]] = arith.muli {{.*}} : vector<4x16xi32>
// CHECK-NEXT: [[S:%.*]] = arith.addi [[ACC]], [[P]] : vector<4x16xi32>
// CHECK-NEXT: scf.yield [[S]] : vector<4x16xi32>
func.func @integer_tile(%x: memref<4x9xi8>, %w: memref<9x16xi8>, %o: memref<4x16xi32>) {
  structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                      iterators = [parallel, parallel, reduction], init = 0 : i32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%x, %w : memref<4x9xi8>, memref<9x16xi8>) outs(%o : memref<4x16xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %p = arith.extsi %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  }
  func.return
}

// Long columns: rows are read as they lie, eight at a time, and the accumulators are the result's.
// CHECK-LABEL: @column_sum
// CHECK: scf.for {{.*}} = %c0 to %c16384 step %c4096 {
// CHECK: vector.store %{{.*}}, %o[{{.*}}] : memref<16384xf32>, vector<64xf32>
// CHECK: scf.for [[K:%.*]] = %c0 to %c16 step %c8 {
// CHECK-NEXT: scf.for [[N:%.*]] = {{.*}} step %c64 {
// CHECK-NEXT: [[ACC:%.*]] = vector.load %o[[[N]]] : memref<16384xf32>, vector<64xf32>
// CHECK-COUNT-8: arith.addf
// CHECK-NEXT: vector.store {{.*}}, %o[[[N]]] : memref<16384xf32>, vector<64xf32>
// CHECK: scf.for {{.*}} = %c16 to %c19 step %c1 {
// CHECK: arith.mulf
func.func @column_sum(%x: memref<19x16384xf32>, %s: f32, %o: memref<16384xf32>) {
  structured.generic {maps = [(n, k) -> (k, n), (n, k) -> (n)], iterators = [parallel, reduction],
                      init = 0.0 : f32} ins(%x : memref<19x16384xf32>) outs(%o : memref<16384xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  } epilogue ins(%s : f32) maps [(n) -> ()] {
  ^bb0(%v: f32, %e: f32):
    %t = arith.mulf %v, %e : f32
    structured.yield %t : f32
  }
  func.return
}

// From behind, the value before its own element is added.
// CHECK-LABEL: @scan
// CHECK: scf.for [[P:%.*]] = %c0 to %c4 step %c1 {
// CHECK-NEXT: scf.for [[J:%.*]] = %c0 to %c9 step %c1 iter_args([[ACC:%.*]] = %{{.*}}) -> (f32) {
// CHECK-NEXT: [[AT:%.*]] = arith.subi %c8, [[J]] : index
// CHECK-NEXT: [[X:%.*]] = memref.load %x[[[P]], [[AT]]] : memref<4x9xf32>
// CHECK-NEXT: [[S:%.*]] = arith.addf [[ACC]], [[X]] : f32
// CHECK-NEXT: memref.store [[ACC]], %o[[[P]], [[AT]]] : memref<4x9xf32>
// CHECK-NEXT: scf.yield [[S]] : f32
func.func @scan(%x: memref<4x9xf32>, %o: memref<4x9xf32>) {
  structured.scan {axis = 1, init = 0.0 : f32, exclusive, reverse}
      ins(%x : memref<4x9xf32>) outs(%o : memref<4x9xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// CHECK-LABEL: @scatter
// CHECK: [[IN:%.*]] = arith.cmpi ult, %{{.*}}, %c9 : index
// CHECK-NEXT: cf.assert [[IN]], "{{.*}}scatter: index out of range{{.*}}"
// CHECK-NEXT: scf.if [[IN]] {
// CHECK: memref.store %{{.*}}, %o
func.func @scatter(%i: memref<5xi64>, %u: memref<5x8xf32>, %o: memref<9x8xf32>) {
  structured.scatter ins(%i, %u : memref<5xi64>, memref<5x8xf32>) outs(%o : memref<9x8xf32>) {
  ^bb0(%old: f32, %new: f32):
    %s = arith.addf %old, %new : f32
    structured.yield %s : f32
  }
  func.return
}

// A heap of three places: one is put in from the top wherever an element comes before the last.
// CHECK-LABEL: @sort
// CHECK: scf.while
func.func @sort(%x: memref<9xf32>, %o: memref<3xi64>) {
  structured.sort {axis = 0} ins(%x : memref<9xf32>) outs(%o : memref<3xi64>) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    structured.yield %less : i1
  }
  func.return
}
