// RUN: dlir-opt %s

// RUN-VALUE[ref]: @convolution([1, 2, 3, 4, 5, 6, 7], [1, 10]) == [31, 53, 75]
func.func @convolution(%x: tensor<7xi32>, %w: tensor<2xi32>) -> tensor<3xi32> {
  %o = arith.constant dense<0> : tensor<3xi32>
  %y = linalg.conv_1d {strides = dense<2> : tensor<1xi64>, dilations = dense<2> : tensor<1xi64>} ins(%x, %w : tensor<7xi32>, tensor<2xi32>) outs(%o : tensor<3xi32>) -> tensor<3xi32>
  func.return %y : tensor<3xi32>
}

// Reductions run in the order of the loops, from what the output holds.
// RUN-VALUE[ref]: @order([[1, 2], [3, 4]], 5) == 51234
func.func @order(%x: tensor<2x2xi32>, %o: tensor<i32>) -> tensor<i32> {
  %ten = arith.constant 10 : i32
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>], iterator_types = ["reduction", "reduction"]} ins(%x : tensor<2x2xi32>) outs(%o : tensor<i32>) {
  ^bb0(%a: i32, %acc: i32):
    %0 = arith.muli %acc, %ten : i32
    %1 = arith.addi %0, %a : i32
    linalg.yield %1 : i32
  } -> tensor<i32>
  func.return %y : tensor<i32>
}

// A body with control flow is run point by point.
// RUN-VALUE[ref]: @control([1, -2, 3]) == [1, 2, 3]
func.func @control(%x: tensor<3xi32>) -> tensor<3xi32> {
  %zero = arith.constant 0 : i32
  %y = linalg.map ins(%x : tensor<3xi32>) outs(%x : tensor<3xi32>) (%a: i32) {
    %p = arith.cmpi slt, %a, %zero : i32
    %r = scf.if %p -> (i32) {
      %n = arith.subi %zero, %a : i32
      scf.yield %n : i32
    } else {
      scf.yield %a : i32
    }
    linalg.yield %r : i32
  }
  func.return %y : tensor<3xi32>
}

// RUN-VALUE[ref]: @reads([10, 20, 30], [2, 0]) == [30, 10]
// RUN-VALUE[ref]: @reads([10, 20, 30], [2, 3]) raises "index 3 is out of range"
func.func @reads(%t: tensor<3xi32>, %i: tensor<2xindex>) -> tensor<2xi32> {
  %o = tensor.empty() : tensor<2xi32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%i : tensor<2xindex>) outs(%o : tensor<2xi32>) {
  ^bb0(%a: index, %b: i32):
    %r = tensor.extract %t[%a] : tensor<3xi32>
    linalg.yield %r : i32
  } -> tensor<2xi32>
  func.return %y : tensor<2xi32>
}

// RUN-VALUE[ref]: @sizes([1, 2, 3], [1, 2]) raises "iterator d0 runs to 3 and to 2"
func.func @sizes(%x: tensor<?xi32>, %y: tensor<?xi32>) -> tensor<?xi32> {
  %z = linalg.add ins(%x, %y : tensor<?xi32>, tensor<?xi32>) outs(%x : tensor<?xi32>) -> tensor<?xi32>
  func.return %z : tensor<?xi32>
}

// Unsigned casts, booleans and halves.
// RUN-VALUE[ref]: @casts([[-1]], [[-1]]) == [[65025]], [[1]]
func.func @casts(%x: tensor<1x1xi8>, %y: tensor<1x1xi8>) -> (tensor<1x1xi32>, tensor<1x1xi32>) {
  %o = arith.constant dense<0> : tensor<1x1xi32>
  %a = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%x, %y : tensor<1x1xi8>, tensor<1x1xi8>) outs(%o : tensor<1x1xi32>) -> tensor<1x1xi32>
  %b = linalg.matmul ins(%x, %y : tensor<1x1xi8>, tensor<1x1xi8>) outs(%o : tensor<1x1xi32>) -> tensor<1x1xi32>
  func.return %a, %b : tensor<1x1xi32>, tensor<1x1xi32>
}
