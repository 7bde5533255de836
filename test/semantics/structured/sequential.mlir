// Ops that go through elements one after the other.
// RUN: dlir-opt %s | filecheck %s
// CHECK: structured.scan

// RUN-VALUE: @scan([[1, 2, 3], [4, 5, 6]]) == [[0, 1, 3], [0, 4, 9]]
func.func @scan(%x: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %e = tensor.empty() : tensor<2x3xi32>
  %r = structured.scan {axis = 1, init = 0 : i32, exclusive}
      ins(%x : tensor<2x3xi32>) outs(%e : tensor<2x3xi32>) {
  ^bb0(%a: i32, %acc: i32):
    %s = arith.addi %acc, %a : i32
    structured.yield %s : i32
  } -> tensor<2x3xi32>
  func.return %r : tensor<2x3xi32>
}

// The order is what the body says, by two keys here; equal elements keep theirs.
// RUN-VALUE: @by_two_keys([2, 1, 2, 1, 1], [5, 9, 4, 8, 9]) == [3, 1, 4, 2]
func.func @by_two_keys(%x: tensor<5xi32>, %y: tensor<5xi8>) -> tensor<4xi64> {
  %e = tensor.empty() : tensor<4xi64>
  %r = structured.sort {axis = 0}
      ins(%x, %y : tensor<5xi32>, tensor<5xi8>) outs(%e : tensor<4xi64>) {
  ^bb0(%a: i32, %b: i8, %c: i32, %d: i8):
    %less = arith.cmpi slt, %a, %c : i32
    %same = arith.cmpi eq, %a, %c : i32
    %second = arith.cmpi slt, %b, %d : i8
    %tie = arith.andi %same, %second : i1
    %first = arith.ori %less, %tie : i1
    structured.yield %first : i1
  } -> tensor<4xi64>
  func.return %r : tensor<4xi64>
}

// Updates that meet are applied in order; the argument keeps its values.
// RUN-VALUE: @scatter([1, -1, 1], [[1, 2], [3, 4], [5, 6]], [[7, 7], [7, 7], [7, 7]]) == [[7, 7], [1, -1], [4, 3]]
// RUN-VALUE: @scatter([1, 3, 1], [[1, 2], [3, 4], [5, 6]], [[7, 7], [7, 7], [7, 7]]) raises "index out of range"
// RUN-VALUE: @scatter([1, -4, 1], [[1, 2], [3, 4], [5, 6]], [[7, 7], [7, 7], [7, 7]]) raises "index out of range"
func.func @scatter(%i: tensor<3xi64>, %u: tensor<3x2xi32>, %o: tensor<3x2xi32>)
    -> tensor<3x2xi32> {
  %r = structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3x2xi32>)
                          outs(%o : tensor<3x2xi32>) {
  ^bb0(%old: i32, %new: i32):
    %s = arith.subi %old, %new : i32
    structured.yield %s : i32
  } -> tensor<3x2xi32>
  func.return %r : tensor<3x2xi32>
}
