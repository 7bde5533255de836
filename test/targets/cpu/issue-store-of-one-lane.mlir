// RUN: dlir-opt %s

// A group with one output channel stores one lane of a vector of narrow integers: LLVM wrote all
// four bytes of the sum, over the results beside it.

// RUN-VALUE: @grouped([[[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[1, 1, 1]]]], [[[[1]], [[2]]], [[[3]], [[4]]]]) == [[[[9, 12, 15]], [[25, 28, 31]]]]
func.func @grouped(%x: tensor<1x4x1x3xi8>, %w: tensor<2x2x1x1xi8>) -> tensor<1x2x1x3xi8> {
  %y = dl.conv2d %x, %w acc i32 {groups = 2} : (tensor<1x4x1x3xi8>, tensor<2x2x1x1xi8>) -> tensor<1x2x1x3xi8>
  func.return %y : tensor<1x2x1x3xi8>
}
