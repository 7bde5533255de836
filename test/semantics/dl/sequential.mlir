// Ops that walk, order and scatter: their edges, and what is wrong only when it comes.
// RUN: dlir-opt %s | filecheck %s
// CHECK: func.func @cumsum

// RUN-VALUE: @cumsum([[1, 2, 3], [100, 27, 1]]) == [[6, 5, 3], [-128, 28, 1]]
func.func @cumsum(%x: tensor<?x3xi8>) -> tensor<?x3xi8> {
  %y = dl.cumsum %x {axis = 1, reverse} : tensor<?x3xi8>
  func.return %y : tensor<?x3xi8>
}

// RUN-VALUE: @cumprod([2.0, inf, 0.0, 3.0]) == [1.0, 2.0, inf, nan]
func.func @cumprod(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = dl.cumprod %x {axis = 0, exclusive} : tensor<?xf32>
  func.return %y : tensor<?xf32>
}

// RUN-VALUE: @argmax([[1.0, nan, inf, nan], [-0.0, 0.0, -1.0, 0.0]]) == [1, 0]
// RUN-VALUE: @argmax([[], []]) raises "no element along dimension 1"
func.func @argmax(%x: tensor<2x?xf32>) -> tensor<2xi64> {
  %y = dl.argmax %x {axis = 1} : tensor<2x?xf32> -> tensor<2xi64>
  func.return %y : tensor<2xi64>
}

// RUN-VALUE: @argmin([[1.0, nan, -inf, nan], [-0.0, 0.0, 1.0, 0.0]]) == [3, 3]
func.func @argmin(%x: tensor<2x?xf32>) -> tensor<2xi64> {
  %y = dl.argmin %x {axis = 1, select_last} : tensor<2x?xf32> -> tensor<2xi64>
  func.return %y : tensor<2xi64>
}

// RUN-VALUE: @rising([2.0, nan, -inf, 2.0, nan, inf, -1.0]) == [2, 6, 0, 3, 5, 1, 4]
func.func @rising(%x: tensor<?xf32>) -> tensor<?xi64> {
  %v, %i = dl.sort %x {axis = 0} : tensor<?xf32> -> (tensor<?xf32>, tensor<?xi64>)
  func.return %i : tensor<?xi64>
}

// RUN-VALUE: @falling([2.0, nan, -inf, 2.0, nan, inf, -1.0]) == [1, 4, 5, 0, 3, 6, 2]
func.func @falling(%x: tensor<?xf32>) -> tensor<?xi64> {
  %v, %i = dl.sort %x {axis = 0, descending} : tensor<?xf32> -> (tensor<?xf32>, tensor<?xi64>)
  func.return %i : tensor<?xi64>
}

// RUN-VALUE: @topk([[3, 1], [1, 2], [3, 0], [2, 9]]) == [[3, 9], [3, 2]]
// RUN-VALUE: @topk([[3, 1]]) raises "topk"
func.func @topk(%x: tensor<?x2xi64>) -> tensor<2x2xi64> {
  %v, %i = dl.topk %x {axis = 0, k = 2} : tensor<?x2xi64> -> (tensor<2x2xi64>, tensor<2x2xi64>)
  func.return %v : tensor<2x2xi64>
}

// RUN-VALUE: @gather_elements([[1, 2, 3], [4, 5, 6]], [[0, -1], [-3, 1]]) == [[1, 3], [4, 5]]
// RUN-VALUE: @gather_elements([[1, 2, 3], [4, 5, 6]], [[0, 3], [0, 0]]) raises "index"
// RUN-VALUE: @gather_elements([[1, 2, 3], [4, 5, 6]], [[0, -4], [0, 0]]) raises "index"
func.func @gather_elements(%x: tensor<?x3xi32>, %i: tensor<?x2xi64>) -> tensor<?x2xi32> {
  %y = dl.gather_elements %x, %i {axis = 1}
      : (tensor<?x3xi32>, tensor<?x2xi64>) -> tensor<?x2xi32>
  func.return %y : tensor<?x2xi32>
}

// A number that is inside of the whole, but outside of its dimension, is an error.
// RUN-VALUE: @gather_nd([[1, 2, 3], [4, 5, 6]], [[1, 2], [0, -1]]) == [6, 3]
// RUN-VALUE: @gather_nd([[1, 2, 3], [4, 5, 6]], [[1, 2], [0, 4]]) raises "index"
// RUN-VALUE: @gather_nd([[1, 2, 3], [4, 5, 6]], [[1, 2], [1, -4]]) raises "index"
func.func @gather_nd(%x: tensor<?x3xi32>, %i: tensor<?x2xi64>) -> tensor<?xi32> {
  %y = dl.gather_nd %x, %i : (tensor<?x3xi32>, tensor<?x2xi64>) -> tensor<?xi32>
  func.return %y : tensor<?xi32>
}

// The last of the updates that meet stays.
// RUN-VALUE: @put([1, 2, 3], [0, -1, 0], [7, 8, 9]) == [9, 2, 8]
// RUN-VALUE: @put([1, 2, 3], [0, -4, 0], [7, 8, 9]) raises "index"
func.func @put(%x: tensor<3xi32>, %i: tensor<?xi64>, %u: tensor<?xi32>) -> tensor<3xi32> {
  %y = dl.scatter_elements %x, %i, %u {axis = 0}
      : (tensor<3xi32>, tensor<?xi64>, tensor<?xi32>) -> tensor<3xi32>
  func.return %y : tensor<3xi32>
}

// Each of the updates that meet is rounded: 2048 + 1 is 2048 in f16.
// RUN-VALUE: @add([0.0, 2048.0], [1, 1, 0], [1.0, 1.0, 3.0]) == [3.0, 2048.0]
func.func @add(%x: tensor<2xf16>, %i: tensor<3xi32>, %u: tensor<3xf16>) -> tensor<2xf16> {
  %y = dl.scatter_elements %x, %i, %u {axis = 0, reduction = "add"}
      : (tensor<2xf16>, tensor<3xi32>, tensor<3xf16>) -> tensor<2xf16>
  func.return %y : tensor<2xf16>
}

// RUN-VALUE: @greatest([[1.0, 2.0], [3.0, 4.0]], [[1], [0], [1]], [[5.0, nan], [0.0, 9.0], [4.0, 8.0]]) == [[1.0, 9.0], [5.0, nan]]
func.func @greatest(%x: tensor<?x2xf32>, %i: tensor<3x1xi64>, %u: tensor<3x2xf32>) -> tensor<?x2xf32> {
  %y = dl.scatter_nd %x, %i, %u {reduction = "max"}
      : (tensor<?x2xf32>, tensor<3x1xi64>, tensor<3x2xf32>) -> tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// RUN-VALUE: @one_hot([0, -1, 3, -4, 1]) == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0]]
func.func @one_hot(%i: tensor<?xi64>) -> tensor<3x?xi8> {
  %y = dl.one_hot %i {axis = 0} : tensor<?xi64> -> tensor<3x?xi8>
  func.return %y : tensor<3x?xi8>
}

// The published words for counter and key 0.
// RUN-VALUE: @random_bits(0) == [1713891541, -513161843, -1135104948, -1694442536]
func.func @random_bits(%seed: tensor<i64>) -> tensor<4xi32> {
  %y = dl.random_bits %seed : tensor<i64> -> tensor<4xi32>
  func.return %y : tensor<4xi32>
}

// The second bag is empty; an offset that is negative, or behind the end, is an error.
// RUN-VALUE: @bags([[1.0, 2.0], [3.0, 4.0]], [0, 1, -1, -1], [0, 2, 2]) == [[2.0, 3.0], [0.0, 0.0], [3.0, 4.0]]
// RUN-VALUE: @bags([[1.0, 2.0], [3.0, 4.0]], [0, 1, -1, 0], [0, 4, 4]) == [[2.0, 3.0], [0.0, 0.0], [0.0, 0.0]]
// RUN-VALUE: @bags([[1.0, 2.0], [3.0, 4.0]], [0, 1, -1], [0, -1, 2]) raises "out"
// RUN-VALUE: @bags([[1.0, 2.0], [3.0, 4.0]], [0, 1, -1], [0, 2, 4]) raises "out"
// RUN-VALUE: @bags([[1.0, 2.0], [3.0, 4.0]], [0, 1, 2], [0, 2, 2]) raises "out"
func.func @bags(%t: tensor<?x2xf32>, %i: tensor<?xi64>, %o: tensor<3xi64>) -> tensor<3x2xf32> {
  %y = dl.embedding_bag %t, %i, %o {pooling = "mean"}
      : (tensor<?x2xf32>, tensor<?xi64>, tensor<3xi64>) -> tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}
