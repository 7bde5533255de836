// RUN: dlir-opt %s --apply-patterns='file=%S/inputs/rules.mlir' | filecheck %s
// RUN: dlir-opt %s --apply-patterns | filecheck %s --check-prefix=ALGEBRA
// RUN: dlir-opt %s --apply-patterns='file=algebra-finite' | filecheck %s --check-prefix=FINITE

// CHECK-LABEL: @double
// CHECK-NEXT: [[C:%.*]] = dl.constant dense<2.000000e+00> : tensor<4xf32>
// CHECK-NEXT: [[R:%.*]] = dl.relu %x : tensor<4xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.mul [[R]], [[C]] : tensor<4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @double(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.add %x, %x : tensor<4xf32>
  %y = dl.relu %0 : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// The sum is used twice; the sizes are not known; the summands are two: no match.

// CHECK-LABEL: @no_double
// CHECK-NOT: dl.mul
// CHECK: func.return
func.func @no_double(%x: tensor<4xf32>, %v: tensor<?xf32>, %w: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<?xf32>, tensor<4xf32>) {
  %0 = dl.add %x, %x : tensor<4xf32>
  %y = dl.relu %0 : tensor<4xf32>
  %1 = dl.add %v, %v : tensor<?xf32>
  %2 = dl.relu %1 : tensor<?xf32>
  %3 = dl.add %x, %w : tensor<4xf32>
  %4 = dl.relu %3 : tensor<4xf32>
  func.return %y, %0, %2, %4 : tensor<4xf32>, tensor<4xf32>, tensor<?xf32>, tensor<4xf32>
}

// Properties go over, written or not.

// CHECK-LABEL: @softmax
// CHECK-NEXT: [[A:%.*]] = dl.softmax %x {axis = 0} : tensor<?x4xf32>
// CHECK-NEXT: [[B:%.*]] = dl.softmax %x {axis = 1} : tensor<?x4xf32>
// CHECK-NEXT: func.return [[A]], [[B]]
func.func @softmax(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = dl.log_softmax %x {axis = 0} : tensor<?x4xf32>
  %1 = dl.exp %0 : tensor<?x4xf32>
  %2 = dl.log_softmax %x {axis = 1} : tensor<?x4xf32>
  %3 = dl.exp %2 : tensor<?x4xf32>
  func.return %1, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

// dlir's own table needs no file; what holds only without NaN is in another one.

// ALGEBRA-LABEL: @algebra
// ALGEBRA-NEXT: [[D:%.*]] = dl.sub %x, %y : tensor<4xf32>
// ALGEBRA-NEXT: [[E:%.*]] = dl.sub %x, %x : tensor<4xf32>
// ALGEBRA-NEXT: func.return [[D]], [[E]]
// FINITE-LABEL: @algebra
// FINITE-DAG: [[N:%.*]] = dl.neg %y : tensor<4xf32>
// FINITE-DAG: [[D:%.*]] = dl.add %x, [[N]] : tensor<4xf32>
// FINITE-DAG: [[E:%.*]] = dl.constant dense<0.000000e+00> : tensor<4xf32>
// FINITE: func.return [[D]], [[E]]
func.func @algebra(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = dl.neg %y : tensor<4xf32>
  %1 = dl.add %x, %0 : tensor<4xf32>
  %2 = dl.sub %x, %x : tensor<4xf32>
  func.return %1, %2 : tensor<4xf32>, tensor<4xf32>
}
