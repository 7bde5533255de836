// RUN: dlir-opt %s -p convert-structured-to-loops,cse | filecheck %s

// A lane of 32 bits holds a group of four bytes. Whole groups are read as they lie; of the last one
// a single byte is there, and the others are zeros.
// CHECK-LABEL: @groups
// CHECK-DAG: [[SIGNS:%.*]] = arith.constant dense<-2139062144> : vector<2x16xi32>
// CHECK-DAG: [[NONE:%.*]] = arith.constant dense<0> : vector<4xi8>
// CHECK: [[V:%.*]] = memref.subview %x[%{{.*}}, %c0] [2, 9] [1, 1] : memref<4x9xi8> to memref<2x9xi8, strided<[9, 1], offset: ?>>
// CHECK: [[ACC:%.*]] = scf.for [[K:%.*]] = %c0 to %c2 step %c1 iter_args([[T:%.*]] = %{{.*}}) -> (vector<2x16xi32>) {
// CHECK: [[AT:%.*]] = arith.muli [[K]], %c4 : index
// CHECK-NEXT: [[A:%.*]] = vector.load [[V]][%c0, [[AT]]] : memref<2x9xi8, strided<[9, 1], offset: ?>>, vector<2x4xi8>
// CHECK-NEXT: [[B:%.*]] = vector.load %w[%{{.*}}, [[K]], %c0] : memref<2x3x64xi8>, vector<64xi8>
// CHECK-NEXT: [[AL:%.*]] = vector.bitcast [[A]] : vector<2x4xi8> to vector<2x1xi32>
// CHECK-NEXT: [[AB:%.*]] = vector.broadcast [[AL]] : vector<2x1xi32> to vector<2x16xi32>
// CHECK-NEXT: [[F:%.*]] = arith.xori [[AB]], [[SIGNS]] : vector<2x16xi32>
// CHECK-NEXT: [[BL:%.*]] = vector.bitcast [[B]] : vector<64xi8> to vector<16xi32>
// CHECK-NEXT: [[BB:%.*]] = vector.broadcast [[BL]] : vector<16xi32> to vector<2x16xi32>
// CHECK-NEXT: [[D:%.*]] = vector.dot u8s8 [[F]], [[BB]], [[T]] : vector<2x16xi32>
// CHECK-NEXT: scf.yield [[D]] : vector<2x16xi32>
// CHECK: [[L:%.*]] = memref.load %x[%{{.*}}, %c8] : memref<4x9xi8>
// CHECK-NEXT: vector.insert [[L]], [[NONE]]{{.*}} : i8 into vector<4xi8>
// CHECK: vector.dot u8s8 %{{.*}}, %{{.*}}, [[ACC]] : vector<2x16xi32>
func.func @groups(%x: memref<4x9xi8>, %w: memref<2x3x64xi8>, %o: memref<4x32xi32>) {
  structured.generic {maps = [(m, nb, kg, nr, k) -> (m, 4 * kg + k),
                              (m, nb, kg, nr, k) -> (nb, kg, 4 * nr + k),
                              (m, nb, kg, nr, k) -> (m, 16 * nb + nr)],
                      iterators = [parallel, parallel, reduction, parallel, reduction],
                      init = 0 : i32, padding = [0 : i8, unit], domain = array<i64: -1, -1, -1, 16, 4>,
                      schedule = #structured.schedule<kernel = contraction, vector = [2, 16], pack = [1], dot = u8s8>}
      ins(%x, %w : memref<4x9xi8>, memref<2x3x64xi8>) outs(%o : memref<4x32xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %sign = arith.constant -128 : i8
    %f = arith.xori %p, %sign : i8
    %y = arith.extui %f : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  }
  func.return
}

// Where the right side is the unsigned one, it takes the place of the left.
// CHECK-LABEL: @swapped
// CHECK: [[A:%.*]] = vector.broadcast %{{.*}} : vector<2x1xi32> to vector<2x16xi32>
// CHECK: [[B:%.*]] = vector.broadcast %{{.*}} : vector<16xi32> to vector<2x16xi32>
// CHECK-NEXT: vector.dot u8s8 [[B]], [[A]], %{{.*}} : vector<2x16xi32>
func.func @swapped(%x: memref<4x8xi8>, %w: memref<2x2x64xi8>, %o: memref<4x32xi32>) {
  structured.generic {maps = [(m, nb, kg, nr, k) -> (m, 4 * kg + k),
                              (m, nb, kg, nr, k) -> (nb, kg, 4 * nr + k),
                              (m, nb, kg, nr, k) -> (m, 16 * nb + nr)],
                      iterators = [parallel, parallel, reduction, parallel, reduction],
                      init = 0 : i32, domain = array<i64: -1, -1, -1, 16, 4>,
                      schedule = #structured.schedule<kernel = contraction, vector = [2, 16], pack = [1], dot = u8s8>}
      ins(%x, %w : memref<4x8xi8>, memref<2x2x64xi8>) outs(%o : memref<4x32xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extsi %p : i8 to i32
    %z = arith.extui %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  }
  func.return
}
