// RUN: dlir-opt %s --structured-hoist-constants | filecheck %s

// What follows from the weight alone is computed once; the weight that is used as it is, and the
// constant of the text, are passed along.
// CHECK: builtin.module attributes {dlir.constant_data = {constant.0 = dense<{{.*}}> : tensor<4xf32>}} {
// CHECK-LABEL: func.func @main.init(%w: tensor<4xf32>) -> tensor<4xf32> attributes {dlir.params = ["w"]} {
// CHECK-NEXT: [[E:%.*]] = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: [[P:%.*]] = structured.generic {{.*}} ins(%w : tensor<4xf32>) outs([[E]] : tensor<4xf32>)
// CHECK: func.return [[P]] : tensor<4xf32>
// CHECK-LABEL: func.func @main(%x: tensor<4xf32>
// CHECK-SAME: attributes {dlir.constants = [
// CHECK-NOT: dl.param
// CHECK-COUNT-2: structured.generic
// CHECK-NOT: structured.generic
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %u = dl.param "u" : tensor<4xf32>
  %k = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %p = structured.generic {maps = [(i) -> (3 - i), (i) -> (i)], iterators = [parallel]}
      ins(%w : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  %y = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %p : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %z = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%y, %u, %k : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.addf %s, %c : f32
    structured.yield %t : f32
  } -> tensor<4xf32>
  func.return %z : tensor<4xf32>
}
