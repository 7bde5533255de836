// RUN: dlir-opt %s --structured-prepare-dots | filecheck %s

// Of two signed sides the left one has its sign bit inverted, which adds 128 to it; what that adds
// to each column is taken away before everything else of the epilogue.
// CHECK-LABEL: @signed
// CHECK: [[C:%.*]] = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0)], iterators = [parallel, reduction], init = 0 : i32, domain = array<i64: 37, 784>} ins(%w : tensor<784x37xi8>) outs(%{{.*}} : tensor<37xi32>) {
// CHECK: arith.constant -128 : i32
// CHECK: arith.muli
// CHECK: structured.generic {{.*}}dot = u8s8>} ins(%x, %w : tensor<?x784xi8>, tensor<784x37xi8>)
// CHECK-NEXT: ^{{.*}}([[A:%.*]]: i8, [[B:%.*]]: i8, [[S:%.*]]: i32):
// CHECK-NEXT: [[SIGN:%.*]] = arith.constant -128 : i8
// CHECK-NEXT: [[F:%.*]] = arith.xori [[A]], [[SIGN]] : i8
// CHECK-NEXT: [[P:%.*]] = arith.extui [[F]] : i8 to i32
// CHECK-NEXT: [[Q:%.*]] = arith.extsi [[B]] : i8 to i32
// CHECK-NEXT: [[M:%.*]] = arith.muli [[P]], [[Q]] : i32
// CHECK-NEXT: arith.addi [[S]], [[M]] : i32
// CHECK: } epilogue ins(%b, [[C]] : tensor<37xi32>, tensor<37xi32>) maps [(d0, d1) -> (d1), (d0, d1) -> (d1)] {
// CHECK-NEXT: ^{{.*}}([[T:%.*]]: i32, [[E:%.*]]: i32, [[K:%.*]]: i32):
// CHECK-NEXT: [[U:%.*]] = arith.addi [[T]], [[K]] : i32
// CHECK-NEXT: arith.addi [[U]], [[E]] : i32
func.func @signed(%x: tensor<?x784xi8>, %b: tensor<37xi32>, %o: tensor<?x37xi32>) -> tensor<?x37xi32> {
  %w = dl.param "w" : tensor<784x37xi8>
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1], dot = u8s8>}
      ins(%x, %w : tensor<?x784xi8>, tensor<784x37xi8>) outs(%o : tensor<?x37xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extsi %p : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } epilogue ins(%b : tensor<37xi32>) maps [(m, n) -> (n)] {
  ^bb0(%v: i32, %c: i32):
    %y = arith.addi %v, %c : i32
    structured.yield %y : i32
  } -> tensor<?x37xi32>
  func.return %r : tensor<?x37xi32>
}

// Where one side is unsigned, nothing has to be done.
// CHECK-LABEL: @mixed
// CHECK-NOT: arith.xori
// CHECK-NOT: epilogue
func.func @mixed(%x: tensor<8x64xi8>, %o: tensor<8x37xi32>) -> tensor<8x37xi32> {
  %w = dl.param "w" : tensor<64x37xi8>
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1], dot = u8s8>}
      ins(%x, %w : tensor<8x64xi8>, tensor<64x37xi8>) outs(%o : tensor<8x37xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extsi %p : i8 to i32
    %z = arith.extui %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<8x37xi32>
  func.return %r : tensor<8x37xi32>
}

// For products of 16-bit integers each side is extended by a copy, as its own sign says.
// CHECK-LABEL: @widened
// CHECK: [[X:%.*]] = structured.generic {{.*}} ins(%x : tensor<8x64xi8>) outs(%{{.*}} : tensor<8x64xi16>) {
// CHECK: arith.extui %{{.*}} : i8 to i16
// CHECK: [[W:%.*]] = structured.generic {{.*}} ins(%w : tensor<64x37xi8>) outs(%{{.*}} : tensor<64x37xi16>) {
// CHECK: arith.extsi %{{.*}} : i8 to i16
// CHECK: structured.generic {{.*}}dot = s16s16>} ins([[X]], [[W]] : tensor<8x64xi16>, tensor<64x37xi16>)
// CHECK: arith.extsi %{{.*}} : i16 to i32
// CHECK-NEXT: arith.extsi %{{.*}} : i16 to i32
func.func @widened(%x: tensor<8x64xi8>, %o: tensor<8x37xi32>) -> tensor<8x37xi32> {
  %w = dl.param "w" : tensor<64x37xi8>
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 16], pack = [1], dot = s16s16>}
      ins(%x, %w : tensor<8x64xi8>, tensor<64x37xi8>) outs(%o : tensor<8x37xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extui %p : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<8x37xi32>
  func.return %r : tensor<8x37xi32>
}
