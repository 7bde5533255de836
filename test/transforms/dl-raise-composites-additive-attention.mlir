// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// As Keras has it: a sum over what is weighted, and what is hidden by a number below zero.

// CHECK-LABEL: @sums
// CHECK-NEXT: [[Q:%.*]] = dl.reshape %q4 : tensor<2x3x1x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT: [[K:%.*]] = dl.reshape %k4 : tensor<2x1x4x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT: [[M:%.*]] = dl.neg %hidden : tensor<2x1x4xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.additive_attention [[Q]], [[K]], %v, %w, [[M]] : (tensor<2x3x8xf32>, tensor<2x4x8xf32>, tensor<2x4x5xf32>, tensor<8xf32>, tensor<2x1x4xf32>) -> tensor<2x3x5xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @sums(%q4: tensor<2x3x1x8xf32>, %k4: tensor<2x1x4x8xf32>, %v: tensor<2x4x5xf32>, %w: tensor<8xf32>, %hidden: tensor<2x1x4xf32>) -> tensor<2x3x5xf32> {
  %0 = dl.add %k4, %q4 : (tensor<2x1x4x8xf32>, tensor<2x3x1x8xf32>) -> tensor<2x3x4x8xf32>
  %1 = dl.tanh %0 : tensor<2x3x4x8xf32>
  %2 = dl.mul %w, %1 : (tensor<8xf32>, tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  %3 = dl.reduce_sum %2 {axes = [3]} : tensor<2x3x4x8xf32> -> tensor<2x3x4xf32>
  %4 = dl.sub %3, %hidden : (tensor<2x3x4xf32>, tensor<2x1x4xf32>) -> tensor<2x3x4xf32>
  %5 = dl.softmax %4 {axis = 2} : tensor<2x3x4xf32>
  %y = dl.matmul %5, %v acc f32 : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  func.return %y : tensor<2x3x5xf32>
}

// Without weights they are ones.

// CHECK-LABEL: @unweighted
// CHECK: [[W:%.*]] = dl.constant dense<1.000000e+00> : tensor<8xf32>
// CHECK: dl.additive_attention {{.*}}, [[W]] : (tensor<3x8xf32>, tensor<?x8xf32>, tensor<?x5xf32>, tensor<8xf32>) -> tensor<3x5xf32>
func.func @unweighted(%q: tensor<3x8xf32>, %k: tensor<?x8xf32>, %v: tensor<?x5xf32>) -> tensor<3x5xf32> {
  %q3 = dl.reshape %q : tensor<3x8xf32> -> tensor<3x1x8xf32>
  %0 = dl.add %q3, %k : (tensor<3x1x8xf32>, tensor<?x8xf32>) -> tensor<3x?x8xf32>
  %1 = dl.tanh %0 : tensor<3x?x8xf32>
  %2 = dl.reduce_sum %1 {axes = [2]} : tensor<3x?x8xf32> -> tensor<3x?xf32>
  %3 = dl.softmax %2 {axis = 1} : tensor<3x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<3x?xf32>, tensor<?x5xf32>) -> tensor<3x5xf32>
  func.return %y : tensor<3x5xf32>
}

// As PyTorch has it: a layer of one column with a bias, which is part of the mask.

// CHECK-LABEL: @column
// CHECK: [[W:%.*]] = dl.reshape %w : tensor<1x8xf32> -> tensor<8xf32>
// CHECK: [[M:%.*]] = dl.add %mask, %b : (tensor<?x1x?xf32>, tensor<1xf32>) -> tensor<?x1x?xf32>
// CHECK: [[Y:%.*]] = dl.additive_attention {{.*}}, %v, [[W]], [[M]] : (tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x5xf32>, tensor<8xf32>, tensor<?x1x?xf32>) -> tensor<?x?x5xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @column(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>, %v: tensor<?x?x5xf32>, %w: tensor<1x8xf32>, %b: tensor<1xf32>, %mask: tensor<?x1x?xf32>) -> tensor<?x?x5xf32> {
  %batch = dl.dim %q, 0 : tensor<?x?x8xf32>
  %m = dl.dim %q, 1 : tensor<?x?x8xf32>
  %n = dl.dim %k, 1 : tensor<?x?x8xf32>
  %q4 = dl.reshape %q [%batch, %m] : tensor<?x?x8xf32> -> tensor<?x?x1x8xf32>
  %k4 = dl.reshape %k [%batch, %n] : tensor<?x?x8xf32> -> tensor<?x1x?x8xf32>
  %0 = dl.add %q4, %k4 : (tensor<?x?x1x8xf32>, tensor<?x1x?x8xf32>) -> tensor<?x?x?x8xf32>
  %1 = dl.tanh %0 : tensor<?x?x?x8xf32>
  %2 = dl.matmul %1, %w acc f32 {transpose_rhs} : (tensor<?x?x?x8xf32>, tensor<1x8xf32>) -> tensor<?x?x?x1xf32>
  %3 = dl.add %2, %b : (tensor<?x?x?x1xf32>, tensor<1xf32>) -> tensor<?x?x?x1xf32>
  %4 = dl.reshape %3 [%batch, %m, %n] : tensor<?x?x?x1xf32> -> tensor<?x?x?xf32>
  %5 = dl.add %4, %mask : (tensor<?x?x?xf32>, tensor<?x1x?xf32>) -> tensor<?x?x?xf32>
  %6 = dl.softmax %5 {axis = 2} : tensor<?x?x?xf32>
  %y = dl.matmul %6, %v acc f32 : (tensor<?x?x?xf32>, tensor<?x?x5xf32>) -> tensor<?x?x5xf32>
  func.return %y : tensor<?x?x5xf32>
}

// A single row of queries needs no ones; the mask says what is seen.

// CHECK-LABEL: @single
// CHECK-NEXT: [[W:%.*]] = dl.reshape %w : tensor<8x1xf32> -> tensor<8xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.additive_attention %q, %k, %k, [[W]], %seen {fill = -1000000000.0} : (tensor<?x1x8xf32>, tensor<?x4x8xf32>, tensor<?x4x8xf32>, tensor<8xf32>, tensor<?x1x4xi1>) -> tensor<?x1x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @single(%q: tensor<?x1x8xf32>, %k: tensor<?x4x8xf32>, %w: tensor<8x1xf32>, %seen: tensor<?x1x4xi1>) -> tensor<?x1x8xf32> {
  %f = dl.constant dense<-1.0e9> : tensor<f32>
  %0 = dl.add %q, %k : (tensor<?x1x8xf32>, tensor<?x4x8xf32>) -> tensor<?x4x8xf32>
  %1 = dl.tanh %0 : tensor<?x4x8xf32>
  %2 = dl.matmul %1, %w acc f32 : (tensor<?x4x8xf32>, tensor<8x1xf32>) -> tensor<?x4x1xf32>
  %3 = dl.reshape %2 : tensor<?x4x1xf32> -> tensor<?x4xf32>
  %4 = dl.reshape %3 : tensor<?x4xf32> -> tensor<?x1x4xf32>
  %5 = dl.select %seen, %4, %f : (tensor<?x1x4xi1>, tensor<?x1x4xf32>, tensor<f32>) -> tensor<?x1x4xf32>
  %6 = dl.softmax %5 {axis = 2} : tensor<?x1x4xf32>
  %y = dl.matmul %6, %k acc f32 : (tensor<?x1x4xf32>, tensor<?x4x8xf32>) -> tensor<?x1x8xf32>
  func.return %y : tensor<?x1x8xf32>
}

// Sizes that may have changed places, shares that are read elsewhere, weights for each row.

// CHECK-LABEL: @none
// CHECK-NOT: dl.additive_attention
func.func @none(%e: tensor<?x?x8xf32>, %q4: tensor<?x?x1x8xf32>, %k4: tensor<?x1x?x8xf32>, %v: tensor<?x5xf32>, %w: tensor<8x1xf32>, %a: index, %b: index, %c: index) -> tensor<?x?x5xf32> {
  %0 = dl.add %q4, %k4 : (tensor<?x?x1x8xf32>, tensor<?x1x?x8xf32>) -> tensor<?x?x?x8xf32>
  %1 = dl.tanh %0 : tensor<?x?x?x8xf32>
  %2 = dl.matmul %1, %w acc f32 : (tensor<?x?x?x8xf32>, tensor<8x1xf32>) -> tensor<?x?x?x1xf32>
  %3 = dl.reshape %2 [%a, %b, %c] : tensor<?x?x?x1xf32> -> tensor<?x?x?xf32>
  %4 = dl.softmax %3 {axis = 2} : tensor<?x?x?xf32>
  %y = dl.matmul %4, %v acc f32 : (tensor<?x?x?xf32>, tensor<?x5xf32>) -> tensor<?x?x5xf32>
  func.return %y : tensor<?x?x5xf32>
}

// CHECK-LABEL: @shares_are_wanted
// CHECK-NOT: dl.additive_attention
func.func @shares_are_wanted(%q: tensor<3x1x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x5xf32>) -> (tensor<3x5xf32>, tensor<3x4xf32>) {
  %0 = dl.add %q, %k : (tensor<3x1x8xf32>, tensor<4x8xf32>) -> tensor<3x4x8xf32>
  %1 = dl.tanh %0 : tensor<3x4x8xf32>
  %2 = dl.reduce_sum %1 {axes = [2]} : tensor<3x4x8xf32> -> tensor<3x4xf32>
  %3 = dl.softmax %2 {axis = 1} : tensor<3x4xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  func.return %y, %3 : tensor<3x5xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: @weights_of_each_row
// CHECK-NOT: dl.additive_attention
func.func @weights_of_each_row(%q: tensor<3x1x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x5xf32>, %w: tensor<4x8xf32>) -> tensor<3x5xf32> {
  %0 = dl.add %q, %k : (tensor<3x1x8xf32>, tensor<4x8xf32>) -> tensor<3x4x8xf32>
  %1 = dl.tanh %0 : tensor<3x4x8xf32>
  %2 = dl.mul %1, %w : (tensor<3x4x8xf32>, tensor<4x8xf32>) -> tensor<3x4x8xf32>
  %3 = dl.reduce_sum %2 {axes = [2]} : tensor<3x4x8xf32> -> tensor<3x4xf32>
  %4 = dl.softmax %3 {axis = 1} : tensor<3x4xf32>
  %y = dl.matmul %4, %v acc f32 : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  func.return %y : tensor<3x5xf32>
}
