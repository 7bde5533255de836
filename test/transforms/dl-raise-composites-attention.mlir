// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// Two heads of queries share one of keys and values; keys are turned for the product.

// CHECK-LABEL: @grouped
// CHECK-NEXT: [[K:%.*]] = dl.reshape %k : tensor<1x2x?x4xf32> -> tensor<1x2x1x?x4xf32>
// CHECK-NEXT: [[V:%.*]] = dl.reshape %v : tensor<1x2x?x4xf32> -> tensor<1x2x1x?x4xf32>
// CHECK-NEXT: [[N:%.*]] = dl.dim %q, 2
// CHECK-NEXT: [[Q:%.*]] = dl.reshape %q {{\[}}[[N]]{{\]}} : tensor<1x4x?x4xf32> -> tensor<1x2x2x?x4xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.attention [[Q]], [[K]], [[V]], %mask {scale = 0.5} : (tensor<1x2x2x?x4xf32>, tensor<1x2x1x?x4xf32>, tensor<1x2x1x?x4xf32>, tensor<?x?xf32>) -> tensor<1x2x2x?x4xf32>
// CHECK-NEXT: [[M:%.*]] = dl.dim %q, 2
// CHECK-NEXT: [[Z:%.*]] = dl.reshape [[Y]] {{\[}}[[M]]{{\]}} : tensor<1x2x2x?x4xf32> -> tensor<1x4x?x4xf32>
// CHECK-NEXT: func.return [[Z]]
func.func @grouped(%q: tensor<1x4x?x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x?x4xf32>,
    %mask: tensor<?x?xf32>, %n: index) -> tensor<1x4x?x4xf32> {
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.reshape %k : tensor<1x2x?x4xf32> -> tensor<1x2x1x?x4xf32>
  %1 = dl.broadcast %0 [%n] : tensor<1x2x1x?x4xf32> -> tensor<1x2x2x?x4xf32>
  %2 = dl.reshape %1 [%n] : tensor<1x2x2x?x4xf32> -> tensor<1x4x?x4xf32>
  %3 = dl.reshape %v : tensor<1x2x?x4xf32> -> tensor<1x2x1x?x4xf32>
  %4 = dl.broadcast %3 [%n] : tensor<1x2x1x?x4xf32> -> tensor<1x2x2x?x4xf32>
  %5 = dl.reshape %4 [%n] : tensor<1x2x2x?x4xf32> -> tensor<1x4x?x4xf32>
  %6 = dl.transpose %2 {perm = [0, 1, 3, 2]} : tensor<1x4x?x4xf32> -> tensor<1x4x4x?xf32>
  %7 = dl.matmul %q, %6 acc f32
    : (tensor<1x4x?x4xf32>, tensor<1x4x4x?xf32>) -> tensor<1x4x?x?xf32>
  %8 = dl.mul %7, %half : (tensor<1x4x?x?xf32>, tensor<f32>) -> tensor<1x4x?x?xf32>
  %9 = dl.add %8, %mask : (tensor<1x4x?x?xf32>, tensor<?x?xf32>) -> tensor<1x4x?x?xf32>
  %10 = dl.softmax %9 {axis = 3} : tensor<1x4x?x?xf32>
  %y = dl.matmul %10, %5 acc f32
    : (tensor<1x4x?x?xf32>, tensor<1x4x?x4xf32>) -> tensor<1x4x?x4xf32>
  func.return %y : tensor<1x4x?x4xf32>
}

// A mask for each head is taken apart too, one for all heads gets a one more.

// CHECK-LABEL: @masks
// CHECK: dl.reshape %a : tensor<1x4x3x3xf32> -> tensor<1x2x2x3x3xf32>
// CHECK: dl.reshape %b : tensor<1x1x3x3xf32> -> tensor<1x1x1x3x3xf32>
func.func @masks(%q: tensor<1x4x3x4xf32>, %k: tensor<1x2x3x4xf32>,
    %a: tensor<1x4x3x3xf32>, %b: tensor<1x1x3x3xf32>)
    -> (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>) {
  %0 = dl.reshape %k : tensor<1x2x3x4xf32> -> tensor<1x2x1x3x4xf32>
  %1 = dl.broadcast %0 : tensor<1x2x1x3x4xf32> -> tensor<1x2x2x3x4xf32>
  %2 = dl.reshape %1 : tensor<1x2x2x3x4xf32> -> tensor<1x4x3x4xf32>
  %y = dl.attention %q, %2, %2, %a : (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>,
    tensor<1x4x3x4xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x4xf32>
  %z = dl.attention %q, %2, %2, %b : (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>,
    tensor<1x4x3x4xf32>, tensor<1x1x3x3xf32>) -> tensor<1x4x3x4xf32>
  func.return %y, %z : tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>
}

// Heads one after the other, [a, b, a, b], are no groups; and k alone repeated is none either.

// CHECK-LABEL: @no_groups
// CHECK: dl.attention {{.*}} -> tensor<1x4x3x4xf32>
// CHECK: dl.attention {{.*}} -> tensor<1x4x3x4xf32>
func.func @no_groups(%q: tensor<1x4x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x4x3x4xf32>)
    -> (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>) {
  %0 = dl.reshape %k : tensor<1x2x3x4xf32> -> tensor<1x1x2x3x4xf32>
  %1 = dl.broadcast %0 : tensor<1x1x2x3x4xf32> -> tensor<1x2x2x3x4xf32>
  %2 = dl.reshape %1 : tensor<1x2x2x3x4xf32> -> tensor<1x4x3x4xf32>
  %y = dl.attention %q, %2, %2
    : (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>) -> tensor<1x4x3x4xf32>
  %3 = dl.reshape %k : tensor<1x2x3x4xf32> -> tensor<1x2x1x3x4xf32>
  %4 = dl.broadcast %3 : tensor<1x2x1x3x4xf32> -> tensor<1x2x2x3x4xf32>
  %5 = dl.reshape %4 : tensor<1x2x2x3x4xf32> -> tensor<1x4x3x4xf32>
  %z = dl.attention %q, %5, %v
    : (tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>) -> tensor<1x4x3x4xf32>
  func.return %y, %z : tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>
}
