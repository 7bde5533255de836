// RUN: dlir-opt %s --structured-hoist-constants --split-input-file | filecheck %s

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
    %n = arith.negf %a : f32
    structured.yield %n : f32
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

// -----

// A weight in another order is read so, and is given to @init so.
// CHECK-LABEL: func.func @orders.init(%r: tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK-SAME: dlir.params = [{param = "w", shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, offset = 0 : i64}]
// CHECK-LABEL: func.func @orders(
// CHECK-SAME: dlir.constants = [0 : i64,
// CHECK-SAME: {param = "w", shape = array<i64: 3, 2>, strides = array<i64: 1, 3>, offset = 0 : i64},
// CHECK-SAME: {param = "w", shape = array<i64: 3, 2>, strides = array<i64: -2, -1>, offset = 5 : i64}]
func.func @orders(%x: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = dl.param "w" : tensor<2x3xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  // transposed
  %t = structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<3x2xf32>
  // with another shape, from behind
  %r = structured.reshape %w : tensor<2x3xf32> to tensor<3x2xf32>
  %b = structured.generic {maps = [(i, j) -> (2 - i, 1 - j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%r : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<3x2xf32>
  // computed
  %c = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%r : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32):
    %n = arith.negf %a : f32
    structured.yield %n : f32
  } -> tensor<3x2xf32>
  %y0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x, %c : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %d: f32):
    %s = arith.addf %a, %d : f32
    structured.yield %s : f32
  } -> tensor<3x2xf32>
  %y1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x, %t : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %d: f32):
    %s = arith.addf %a, %d : f32
    structured.yield %s : f32
  } -> tensor<3x2xf32>
  %y2 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x, %b : tensor<3x2xf32>, tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) {
  ^bb0(%a: f32, %d: f32):
    %s = arith.addf %a, %d : f32
    structured.yield %s : f32
  } -> tensor<3x2xf32>
  func.return %y0, %y1, %y2 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
}

// -----

// What is padded, or keeps a part of another tensor, is computed.
// CHECK-LABEL: func.func @padded.init(%w: tensor<3xf32>) -> tensor<4xf32>
// CHECK-LABEL: func.func @padded(
// CHECK-SAME: dlir.constants = [0 : i64]
func.func @padded(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<3xf32>
  %e = tensor.empty() : tensor<4xf32>
  %p = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel], padding = [0.0 : f32]}
      ins(%w : tensor<3xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  %y = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %p : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
