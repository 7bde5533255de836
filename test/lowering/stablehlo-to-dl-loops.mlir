// RUN: dlir-opt %s --convert-stablehlo-to-dl --split-input-file | filecheck %s

// A counter that stays below what no round changes becomes the number of the round; what no round
// changes is not carried.

// CHECK-LABEL: func.func @counted(
// CHECK: %[[FIRST:.*]] = arith.index_cast
// CHECK: %[[LAST:.*]] = arith.index_cast
// CHECK: %[[LOOP:.*]] = scf.for %[[I:.*]] = %[[FIRST]] to %[[LAST]] step %{{.*}} iter_args(%[[Z:.*]] = %x) -> (tensor<2xf32>) {
// CHECK: %[[K:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK: tensor.from_elements %[[K]] : tensor<i64>
// CHECK: dl.add %[[Z]], %x : tensor<2xf32>
// CHECK: scf.yield
// CHECK: %[[END:.*]] = dl.max %s, %n : tensor<i32>
// CHECK: func.return %[[END]], %[[LOOP]]
func.func @counted(%x: tensor<2xf32>, %s: tensor<i32>, %n: tensor<i32>)
    -> (tensor<i32>, tensor<2xf32>) {
  %one = stablehlo.constant dense<1> : tensor<i32>
  %y:4 = stablehlo.while(%i = %s, %m = %n, %w = %x, %z = %x)
      : tensor<i32>, tensor<i32>, tensor<2xf32>, tensor<2xf32>
  cond {
    %c = stablehlo.compare LT, %i, %m : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %one : tensor<i32>
    %v = stablehlo.add %z, %w : tensor<2xf32>
    %k = stablehlo.convert %i : (tensor<i32>) -> tensor<f32>
    %l = stablehlo.broadcast_in_dim %k, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %u = stablehlo.multiply %v, %l : tensor<2xf32>
    stablehlo.return %j, %m, %w, %u : tensor<i32>, tensor<i32>, tensor<2xf32>, tensor<2xf32>
  }
  func.return %y#0, %y#3 : tensor<i32>, tensor<2xf32>
}

// -----

// A bound that moves, and a step of 2, are those of other loops.

// CHECK-LABEL: func.func @others(
// CHECK-NOT: scf.for
// CHECK: scf.while
// CHECK: scf.while
func.func @others(%s: tensor<i32>, %n: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
  %one = stablehlo.constant dense<1> : tensor<i32>
  %two = stablehlo.constant dense<2> : tensor<i32>
  %y:2 = stablehlo.while(%i = %s, %m = %n) : tensor<i32>, tensor<i32>
  cond {
    %c = stablehlo.compare LT, %i, %m : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %one : tensor<i32>
    %k = stablehlo.divide %m, %two : tensor<i32>
    stablehlo.return %j, %k : tensor<i32>, tensor<i32>
  }
  %z = stablehlo.while(%i = %s) : tensor<i32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %two : tensor<i32>
    stablehlo.return %j : tensor<i32>
  }
  func.return %y#0, %z : tensor<i32>, tensor<i32>
}
