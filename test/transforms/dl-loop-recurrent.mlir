// RUN: dlir-opt %s --dl-loop-recurrent --split-input-file | filecheck %s

// A round takes one element of the sequence and adds its state; backwards it begins with the last.
// CHECK-LABEL: func.func @backwards(
// CHECK: %[[STEPS:.*]] = dl.dim %x, 0 : tensor<?x2x4xf32>
// CHECK: %h, %c, %y = scf.for %[[I:.*]] = %{{.*}} to %[[STEPS]] step %{{.*}} iter_args(%[[H:.*]] = %h0, %[[C:.*]] = %c0, %[[ALL:.*]] = %{{.*}}) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<?x2x3xf32>) {
// CHECK: %[[LAST:.*]] = arith.subi %[[STEPS]], %{{.*}} : index
// CHECK: %[[K:.*]] = arith.subi %[[LAST]], %[[I]] : index
// CHECK: dl.gather %x, %{{.*}} {axis = 0} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<1x2x4xf32>
// CHECK-NEXT: %[[Y:.*]], %[[H1:.*]], %[[C1:.*]] = dl.lstm %{{.*}}, %w, %r, %b, %b, %[[H]], %[[C]] : (
// CHECK-NEXT: %[[MORE:.*]] = dl.concat %[[Y]], %[[ALL]] {axis = 0}
// CHECK-NEXT: scf.yield %[[H1]], %[[C1]], %[[MORE]]
// CHECK: func.return %y, %h, %c
func.func @backwards(%x: tensor<?x2x4xf32>, %w: tensor<12x4xf32>, %r: tensor<12x3xf32>, %b: tensor<12xf32>, %h0: tensor<2x3xf32>, %c0: tensor<2x3xf32>) -> (tensor<?x2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %y, %h, %c = dl.lstm %x, %w, %r, %b, %b, %h0, %c0 {reverse} : (tensor<?x2x4xf32>, tensor<12x4xf32>, tensor<12x3xf32>, tensor<12xf32>, tensor<12xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> (tensor<?x2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>)
  func.return %y, %h, %c : tensor<?x2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// A number of steps that is known is left to dl-decompose.
// CHECK-LABEL: func.func @known(
// CHECK-NOT: scf.for
// CHECK: dl.rnn
func.func @known(%x: tensor<5x2x4xf32>, %w: tensor<3x4xf32>, %r: tensor<3x3xf32>, %b: tensor<3xf32>, %h0: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y, %h = dl.rnn %x, %w, %r, %b, %b, %h0 : (tensor<5x2x4xf32>, tensor<3x4xf32>, tensor<3x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2x3xf32>) -> (tensor<5x2x3xf32>, tensor<2x3xf32>)
  func.return %h : tensor<2x3xf32>
}
