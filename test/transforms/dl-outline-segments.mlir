// RUN: dlir-opt %s --split-input-file --dl-outline-segments | filecheck %s

// What is straight-line stays as it is.
// CHECK-LABEL: func.func @straight(%x: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: dl.relu
// CHECK-NOT: func.call
func.func @straight(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.relu %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

// An op of the host that does not wait for a run does not end it; branches have runs of their own.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: attributes {dlir.host}
// CHECK-NEXT: %p = tensor.extract %c[] : tensor<i1>
// CHECK-NEXT: %b = func.call @main_segment_0(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT: %y = scf.if %p -> (tensor<?x4xf32>) {
// CHECK-NEXT:   %n = func.call @main_segment_1(%b) : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK-NEXT:   scf.yield %n : tensor<?x4xf32>
// CHECK-NEXT: } else {
// CHECK-NEXT:   scf.yield %b : tensor<?x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: func.return %y : tensor<?x4xf32>
// CHECK-LABEL: func.func private @main_segment_0(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: %a = dl.exp %x
// CHECK-NEXT: %b = dl.relu %a
// CHECK-NEXT: func.return %b
// CHECK-LABEL: func.func private @main_segment_1(%b: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: %n = dl.neg %b
// CHECK-NEXT: func.return %n
func.func @main(%x: tensor<?x4xf32>, %c: tensor<i1>) -> tensor<?x4xf32> {
  %a = dl.exp %x : tensor<?x4xf32>
  %p = tensor.extract %c[] : tensor<i1>
  %b = dl.relu %a : tensor<?x4xf32>
  %y = scf.if %p -> (tensor<?x4xf32>) {
    %n = dl.neg %b : tensor<?x4xf32>
    scf.yield %n : tensor<?x4xf32>
  } else {
    scf.yield %b : tensor<?x4xf32>
  }
  func.return %y : tensor<?x4xf32>
}

// -----

// Weights, constants and arithmetic on sizes are cloned into the segments that use them; sizes that
// the host needs from a run are asked behind its call.
// CHECK-LABEL: func.func @sizes(
// CHECK-NEXT: %c0 = arith.constant 0 : index
// CHECK-NEXT: %c1 = arith.constant 1 : index
// CHECK-NEXT: %a = func.call @sizes_segment_0(%x) : (tensor<?xf32>) -> tensor<?xf32>
// CHECK-NEXT: %n = dl.dim %a, 0 : tensor<?xf32>
// CHECK-NEXT: %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %a) -> (tensor<?xf32>) {
// CHECK-NEXT:   %t = func.call @sizes_segment_1(%s) : (tensor<?xf32>) -> tensor<?xf32>
// CHECK-NEXT:   scf.yield %t : tensor<?xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %z = func.call @sizes_segment_2(%r, %a) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
// CHECK-NEXT: func.return %z
// CHECK-LABEL: func.func private @sizes_segment_0(
// CHECK-NEXT: %a = dl.exp %x
// CHECK-LABEL: func.func private @sizes_segment_1(
// CHECK-NEXT: %w = dl.param "w" : tensor<1xf32>
// CHECK-NEXT: %t = dl.add %s, %w
// CHECK-LABEL: func.func private @sizes_segment_2(%r: tensor<?xf32>, %a: tensor<?xf32>)
// CHECK-NEXT: %n = dl.dim %a, 0
// CHECK-NEXT: %z = dl.reshape %r [%n]
func.func @sizes(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %w = dl.param "w" : tensor<1xf32>
  %a = dl.exp %x : tensor<?xf32>
  %n = dl.dim %a, 0 : tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %a) -> (tensor<?xf32>) {
    %t = dl.add %s, %w : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    scf.yield %t : tensor<?xf32>
  }
  %z = dl.reshape %r [%n] : tensor<?xf32> -> tensor<?xf32>
  func.return %z : tensor<?xf32>
}

// -----

// A function that is called is divided as well, and names that are taken are left out.
// CHECK-LABEL: func.func @main(
// CHECK-NEXT: %a = func.call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: %b = func.call @main_segment_1(%a) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: func.return %b
// CHECK-LABEL: func.func @f(
// CHECK-SAME: attributes {dlir.host}
// CHECK-NEXT: func.call @f_segment_0(%x)
// CHECK-LABEL: func.func @main_segment_0(
// CHECK-NEXT: dl.abs
// CHECK-LABEL: func.func private @main_segment_1(
// CHECK-NEXT: dl.neg
// CHECK-LABEL: func.func private @f_segment_0(
// CHECK-NEXT: dl.relu
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = func.call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = dl.neg %a : tensor<4xf32>
  func.return %b : tensor<4xf32>
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.relu %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
func.func @main_segment_0(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.abs %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
