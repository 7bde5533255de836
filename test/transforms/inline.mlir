// RUN: dlir-opt %s --inline | filecheck %s
// RUN: dlir-opt %s --inline=max-ops=1 | filecheck %s --check-prefix=SMALL
// RUN: dlir-opt %s --inline --mlir-print-debuginfo | filecheck %s --check-prefix=LOC

// Calls in calls, and inside of regions; a call that is made twice is copied twice.

// CHECK-NOT: @double
// CHECK-LABEL: @main
// CHECK-NEXT: [[A:%.*]] = dl.add %x, %x : tensor<4xf32>
// CHECK-NEXT: [[B:%.*]] = dl.add [[A]], [[A]] : tensor<4xf32>
// CHECK-NEXT: [[C:%.*]] = dl.add %x, %x : tensor<4xf32>
// CHECK-NEXT: [[D:%.*]] = dl.exp [[B]] : tensor<4xf32>
// CHECK-NEXT: [[E:%.*]] = scf.if %c -> (tensor<4xf32>) {
// CHECK-NEXT: [[F:%.*]] = dl.add [[D]], [[D]] : tensor<4xf32>
// CHECK-NEXT: scf.yield [[F]]
// CHECK: func.return [[E]], [[C]]

// SMALL-LABEL: @main
// SMALL: func.call @quadruple
// SMALL: dl.add %x, %x

// LOC: dl.add {{.*}} loc(callsite("{{.*}}inline.mlir":{{.*}} at {{.*}}

func.func @main(%x: tensor<4xf32>, %c: i1) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = func.call @quadruple(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @double(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = dl.exp %0 : tensor<4xf32>
  %3 = scf.if %c -> (tensor<4xf32>) {
    %4 = func.call @double(%2) : (tensor<4xf32>) -> tensor<4xf32>
    scf.yield %4 : tensor<4xf32>
  } else {
    scf.yield %2 : tensor<4xf32>
  }
  func.return %3, %1 : tensor<4xf32>, tensor<4xf32>
}
func.func private @quadruple(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @double(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @double(%0) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}
func.func private @double(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.add %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// A function that hands on what it got, a public one, which stays, and others that cannot go.

// CHECK-LABEL: @kept
// CHECK-NEXT: [[Y:%.*]] = func.call @round(%x)
// CHECK-NEXT: [[Z:%.*]] = func.call @declared([[Y]])
// CHECK-NEXT: func.return [[Z]], %x
func.func @kept(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = func.call @same(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @round(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = func.call @declared(%1) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %2, %0 : tensor<4xf32>, tensor<4xf32>
}
// CHECK: func.func @same
func.func @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  func.return %x : tensor<4xf32>
}
// CHECK: func.func private @round
func.func private @round(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @and_round(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
func.func private @and_round(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @round(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
