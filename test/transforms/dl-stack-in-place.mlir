// RUN: dlir-opt %s --dl-stack-in-place --split-input-file | filecheck %s

// The number of rows is that of the rounds; what the loop began with is gone.
// CHECK-LABEL: func.func @rows(
// CHECK-NOT: dl.broadcast
// CHECK: %[[N:.*]] = arith.maxsi %n, %{{.*}} : index
// CHECK: %[[ROOM:.*]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %n step %{{.*}} iter_args(%[[S:.*]] = %x, %[[ALL:.*]] = %[[ROOM]]) -> (tensor<1x4xf32>, tensor<?x4xf32>) {
// CHECK-NEXT: %[[ROW:.*]] = dl.neg %[[S]]
// CHECK-NEXT: %[[MORE:.*]] = tensor.insert_slice %[[ROW]] into %[[ALL]][%[[I]], 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
// CHECK-NEXT: scf.yield %[[ROW]], %[[MORE]]
func.func @rows(%x: tensor<1x4xf32>, %n: index) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = dl.constant dense<0.0> : tensor<f32>
  %none = dl.broadcast %zero : tensor<f32> -> tensor<0x4xf32>
  %begin = tensor.cast %none : tensor<0x4xf32> to tensor<?x4xf32>
  %y, %ys = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x, %all = %begin) -> (tensor<1x4xf32>, tensor<?x4xf32>) {
    %row = dl.neg %s : tensor<1x4xf32>
    %more = dl.concat %all, %row {axis = 0} : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
    scf.yield %row, %more : tensor<1x4xf32>, tensor<?x4xf32>
  }
  func.return %ys : tensor<?x4xf32>
}

// -----

// Rows that are put in front come from the end; sizes that are known at run time only stay.
// CHECK-LABEL: func.func @backwards(
// CHECK: tensor.empty(%{{.*}}, %b) : tensor<?x?xf32>
// CHECK: %[[LAST:.*]] = arith.subi
// CHECK: %[[PLACE:.*]] = arith.subi %[[LAST]], %[[I:.*]] : index
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[%[[PLACE]], 0] [1, %b] [1, 1] : tensor<1x?xf32> into tensor<?x?xf32>
func.func @backwards(%x: tensor<1x?xf32>, %n: index, %b: index) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %none = tensor.empty(%c0, %b) : tensor<?x?xf32>
  %ys = scf.for %i = %c0 to %n step %c1 iter_args(%all = %none) -> (tensor<?x?xf32>) {
    %more = dl.concat %x, %all {axis = 0} : (tensor<1x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
    scf.yield %more : tensor<?x?xf32>
  }
  func.return %ys : tensor<?x?xf32>
}

// -----

// What stays: a loop that begins with rows, one that reads them, and one that counts otherwise.
// CHECK-LABEL: func.func @others(
// CHECK-NOT: tensor.insert_slice
func.func @others(%x: tensor<1x4xf32>, %some: tensor<?x4xf32>, %n: index) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %none = tensor.empty(%c0) : tensor<?x4xf32>
  %a = scf.for %i = %c0 to %n step %c1 iter_args(%all = %some) -> (tensor<?x4xf32>) {
    %more = dl.concat %all, %x {axis = 0} : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
    scf.yield %more : tensor<?x4xf32>
  }
  %b = scf.for %i = %c0 to %n step %c1 iter_args(%all = %none) -> (tensor<?x4xf32>) {
    %sum = dl.reduce_sum %all {axes = [0], keepdims} : tensor<?x4xf32> -> tensor<1x4xf32>
    %more = dl.concat %all, %sum {axis = 0} : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
    scf.yield %more : tensor<?x4xf32>
  }
  %c = scf.for %i = %c0 to %n step %c2 iter_args(%all = %none) -> (tensor<?x4xf32>) {
    %more = dl.concat %all, %x {axis = 0} : (tensor<?x4xf32>, tensor<1x4xf32>) -> tensor<?x4xf32>
    scf.yield %more : tensor<?x4xf32>
  }
  func.return %a, %b, %c : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
