// RUN: dlir-opt %s --structured-share-terms | filecheck %s

// The exponentials of a softmax have an op of their own, which the sum and the quotient read.
// CHECK: %[[E:.*]] = structured.generic
// CHECK: math.exp
// CHECK: %[[S:.*]] = structured.generic {{.*}} ins(%[[E]] : tensor<2x4xf32>)
// CHECK-NOT: math.exp
// CHECK: structured.generic {{.*}} ins(%[[S]], %[[E]] : tensor<2xf32>, tensor<2x4xf32>)
// CHECK-NOT: math.exp
// CHECK: arith.divf
func.func @quotient(%x: tensor<2x4xf32>, %m: tensor<2xf32>) -> tensor<2x4xf32> {
  %o = tensor.empty() : tensor<2xf32>
  %sum = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i), (i, j) -> (i)], iterators = [parallel, reduction], init = 0.0 : f32} ins(%x, %m : tensor<2x4xf32>, tensor<2xf32>) outs(%o : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    %t = arith.addf %acc, %e : f32
    structured.yield %t : f32
  } -> tensor<2xf32>
  %p = tensor.empty() : tensor<2x4xf32>
  %y = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i), (i, j) -> (i), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x, %m, %sum : tensor<2x4xf32>, tensor<2xf32>, tensor<2xf32>) outs(%p : tensor<2x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    %q = arith.divf %e, %c : f32
    structured.yield %q : f32
  } -> tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}
