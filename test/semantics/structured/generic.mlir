// RUN: dlir-opt %s | filecheck %s
// CHECK: structured.generic

// A reduction from `init`, then an epilogue.
// RUN-VALUE: @row_means([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]) == [2.5, 6.5]
func.func @row_means(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  %e = tensor.empty() : tensor<2xf32>
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<2x4xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } epilogue {
  ^bb0(%v: f32):
    %q = arith.constant 0.25 : f32
    %m = arith.mulf %v, %q : f32
    structured.yield %m : f32
  } -> tensor<2xf32>
  func.return %r : tensor<2xf32>
}

// Without `init` it starts from outs.
// RUN-VALUE: @accumulate([1, 2, 3], 10) == 16
func.func @accumulate(%x: tensor<3xi32>, %o: tensor<i32>) -> tensor<i32> {
  %r = structured.generic {maps = [(k) -> (k), (k) -> ()], iterators = [reduction]}
      ins(%x : tensor<3xi32>) outs(%o : tensor<i32>) {
  ^bb0(%a: i32, %acc: i32):
    %s = arith.addi %acc, %a : i32
    structured.yield %s : i32
  } -> tensor<i32>
  func.return %r : tensor<i32>
}

// The fold goes through the reduction iterators in order, the last one fastest.
// RUN-VALUE: @digits([[1, 2], [3, 4]]) == 1234
func.func @digits(%x: tensor<2x2xi64>) -> tensor<i64> {
  %e = tensor.empty() : tensor<i64>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> ()],
                           iterators = [reduction, reduction], init = 0 : i64}
      ins(%x : tensor<2x2xi64>) outs(%e : tensor<i64>) {
  ^bb0(%a: i64, %acc: i64):
    %c10 = arith.constant 10 : i64
    %t = arith.muli %acc, %c10 : i64
    %s = arith.addi %t, %a : i64
    structured.yield %s : i64
  } -> tensor<i64>
  func.return %r : tensor<i64>
}

// A window reads its padding outside.
// RUN-VALUE: @neighbours([1.0, 2.0, 4.0]) == [3.0, 7.0, 6.0]
func.func @neighbours(%x: tensor<3xf32>) -> tensor<3xf32> {
  %e = tensor.empty() : tensor<3xf32>
  %r = structured.generic {maps = [(i, k) -> (i + k - 1), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32,
                           padding = [0.0 : f32], domain = array<i64: -1, 3>}
      ins(%x : tensor<3xf32>) outs(%e : tensor<3xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<3xf32>
  func.return %r : tensor<3xf32>
}

// Elements of outs that the map leaves out stay; points that fall outside are dropped.
// RUN-VALUE: @place([1, 2, 3], [9, 9, 9, 9]) == [9, 9, 1, 2]
func.func @place(%x: tensor<3xi32>, %o: tensor<4xi32>) -> tensor<4xi32> {
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i + 2)], iterators = [parallel]}
      ins(%x : tensor<3xi32>) outs(%o : tensor<4xi32>) {
  ^bb0(%a: i32):
    structured.yield %a : i32
  } -> tensor<4xi32>
  func.return %r : tensor<4xi32>
}

// RUN-VALUE: @multiplication_table() == [[0, 0, 0], [0, 1, 2]]
func.func @multiplication_table() -> tensor<2x3xi64> {
  %e = tensor.empty() : tensor<2x3xi64>
  %r = structured.generic {maps = [(i, j) -> (i, j)], iterators = [parallel, parallel]}
      outs(%e : tensor<2x3xi64>) {
    %i = structured.index 0
    %j = structured.index 1
    %p = arith.muli %i, %j : index
    %v = arith.index_cast %p : index to i64
    structured.yield %v : i64
  } -> tensor<2x3xi64>
  func.return %r : tensor<2x3xi64>
}

// Sizes that only the call tells must agree.
// RUN-VALUE: @add([1.0, 2.0], [3.0, 4.0]) == [4.0, 6.0]
// RUN-VALUE: @add([1.0, 2.0], [3.0]) raises "1"
func.func @add(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}
