// RUN: dlir-opt %s

// RUN-VALUE[ref]: @slices([[1, 2, 3], [4, 5, 6]], [7, 8]) == [4, 6], [[1, 2, 3], [7, 5, 8]]
func.func @slices(%t: tensor<2x3xi32>, %u: tensor<2xi32>) -> (tensor<2xi32>, tensor<2x3xi32>) {
  %a = tensor.extract_slice %t[1, 0] [1, 2] [1, 2] : tensor<2x3xi32> to tensor<2xi32>
  %b = tensor.insert_slice %u into %t[1, 0] [1, 2] [1, 2] : tensor<2xi32> into tensor<2x3xi32>
  func.return %a, %b : tensor<2xi32>, tensor<2x3xi32>
}

// RUN-VALUE[ref]: @past_the_end([1, 2, 3], 1) == [2, 3]
// RUN-VALUE[ref]: @past_the_end([1, 2, 3], 2) raises "leaves dimension 0 of size 3"
func.func @past_the_end(%t: tensor<3xi32>, %at: index) -> tensor<2xi32> {
  %a = tensor.extract_slice %t[%at] [2] [1] : tensor<3xi32> to tensor<2xi32>
  func.return %a : tensor<2xi32>
}

// RUN-VALUE[ref]: @shapes([[1, 2, 3], [4, 5, 6]]) == [1, 2, 3, 4, 5, 6], [[1, 2], [3, 4], [5, 6]], 2
func.func @shapes(%t: tensor<?x3xi32>) -> (tensor<?xi32>, tensor<?x2xi32>, index) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %n = tensor.dim %t, %c0 : tensor<?x3xi32>
  %flat = tensor.collapse_shape %t [[0, 1]] : tensor<?x3xi32> into tensor<?xi32>
  %pairs = tensor.expand_shape %flat [[0, 1]] output_shape [%c3, 2]
      : tensor<?xi32> into tensor<?x2xi32>
  func.return %flat, %pairs, %n : tensor<?xi32>, tensor<?x2xi32>, index
}

// RUN-VALUE[ref]: @elements(1.0, 2.0) == [1.0, 2.0, 5.0], [1.0, 5.0], 2.0
func.func @elements(%a: f32, %b: f32) -> (tensor<3xf32>, tensor<2xf32>, f32) {
  %c1 = arith.constant 1 : index
  %five = arith.constant 5.0 : f32
  %t = tensor.from_elements %a, %b : tensor<2xf32>
  %e = tensor.extract %t[%c1] : tensor<2xf32>
  %s = tensor.splat %five : tensor<1xf32>
  %joined = tensor.concat dim(0) %t, %s : (tensor<2xf32>, tensor<1xf32>) -> tensor<3xf32>
  %changed = tensor.insert %five into %t[%c1] : tensor<2xf32>
  func.return %joined, %changed, %e : tensor<3xf32>, tensor<2xf32>, f32
}

// RUN-VALUE[ref]: @known([1.0, 2.0]) == [1.0, 2.0]
// RUN-VALUE[ref]: @known([1.0]) raises "expected tensor<2xf32>, got sizes [1]"
func.func @known(%t: tensor<?xf32>) -> tensor<2xf32> {
  %r = tensor.cast %t : tensor<?xf32> to tensor<2xf32>
  func.return %r : tensor<2xf32>
}

// RUN-VALUE[ref]: @generate(3) == [[0, 1], [10, 11], [20, 21]]
func.func @generate(%n: index) -> tensor<?x2xindex> {
  %ten = arith.constant 10 : index
  %t = tensor.generate %n {
  ^bb0(%i: index, %j: index):
    %a = arith.muli %i, %ten : index
    %b = arith.addi %a, %j : index
    tensor.yield %b : index
  } : tensor<?x2xindex>
  func.return %t : tensor<?x2xindex>
}
