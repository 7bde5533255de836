// RUN: dlir-opt %s --dl-dedupe-functions | filecheck %s

// The names of functions and values do not matter; what they call is compared after what is called.

// CHECK-LABEL: @main
// CHECK-NEXT: func.call @outer(%x)
// CHECK-NEXT: func.call @outer(
// CHECK-NEXT: func.call @other(
// CHECK-NEXT: func.call @public(
// CHECK-NEXT: func.call @weight(
// CHECK: func.func private @outer
// CHECK-NEXT: func.call @inner
// CHECK-NOT: @outer_again
// CHECK: func.func private @inner
// CHECK-NOT: @inner_again
// CHECK: func.func private @other
// CHECK: func.func @public
// CHECK: func.func private @weight
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @outer(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @outer_again(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = func.call @other(%1) : (tensor<4xf32>) -> tensor<4xf32>
  %3 = func.call @private(%2) : (tensor<4xf32>) -> tensor<4xf32>
  %4 = func.call @weight(%3) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %4 : tensor<4xf32>
}
func.func private @outer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = func.call @inner(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
func.func private @outer_again(%a: tensor<4xf32>) -> tensor<4xf32> {
  %b = func.call @inner_again(%a) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %b : tensor<4xf32>
}
func.func private @inner(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %y = dl.add %x, %w : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
func.func private @inner_again(%a: tensor<4xf32>) -> tensor<4xf32> {
  %b = dl.param "w" : tensor<4xf32>
  %c = dl.add %a, %b : tensor<4xf32>
  func.return %c : tensor<4xf32>
}

// The operands in another order.

func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %y = dl.add %w, %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// Of a public and a private function the public one stays.

func.func private @private(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.exp %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
func.func @public(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.exp %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// Another weight.

func.func private @weight(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dl.param "v" : tensor<4xf32>
  %y = dl.add %x, %w : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
