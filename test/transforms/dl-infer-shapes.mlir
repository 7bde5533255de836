// RUN: dlir-opt %s --split-input-file --dl-infer-shapes | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-infer-shapes --dl-infer-shapes | filecheck %s

// Through calls of calls, there and back.

// CHECK-LABEL: func.func @main(%x: tensor<2x4xf32>) -> tensor<8xf32>
// CHECK: func.call @outer(%x) : (tensor<2x4xf32>) -> tensor<8xf32>
// CHECK: func.func private @outer(%x: tensor<2x4xf32>) -> tensor<8xf32>
// CHECK: func.call @inner(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: dl.reshape {{.*}} : tensor<2x4xf32> -> tensor<8xf32>
// CHECK: func.func private @inner(%x: tensor<2x4xf32>) -> tensor<2x4xf32>
func.func @main(%x: tensor<2x4xf32>) -> tensor<?xf32> {
  %y = func.call @outer(%x) : (tensor<2x4xf32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}
func.func private @outer(%x: tensor<2x4xf32>) -> tensor<?xf32> {
  %n = dl.dim %x, 0 : tensor<2x4xf32>
  %c4 = arith.constant 4 : index
  %m = arith.muli %n, %c4 : index
  %a = func.call @inner(%x) : (tensor<2x4xf32>) -> tensor<?x4xf32>
  %y = dl.reshape %a [%m] : tensor<?x4xf32> -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}
func.func private @inner(%x: tensor<2x4xf32>) -> tensor<?x4xf32> {
  %n = dl.dim %x, 0 : tensor<2x4xf32>
  %y = dl.broadcast %x [%n] : tensor<2x4xf32> -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

// -----

// Calls that agree in one size only; a public function may be called by anybody.

// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = dl.slice {{.*}} -> tensor<2x4xf32>
// CHECK: [[B:%.*]] = tensor.cast [[A]] : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK: func.call @private([[B]]) : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: func.call @private({{.*}}) : (tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: func.call @public({{.*}}) : (tensor<?x?xf32>) -> tensor<?x?xf32>
// CHECK: func.func private @private(%x: tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: func.func @public(%x: tensor<?x?xf32>) -> tensor<?x?xf32>
func.func @main(%x: tensor<5x4xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  %four = arith.constant 4 : index
  %a = dl.slice %x [%two, %four] {offsets = [0, 0], strides = [1, 1]}
    : tensor<5x4xf32> -> tensor<?x?xf32>
  %b = dl.slice %x [%three, %four] {offsets = [0, 0], strides = [1, 1]}
    : tensor<5x4xf32> -> tensor<?x?xf32>
  %0 = func.call @private(%a) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %1 = func.call @private(%b) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  %2 = func.call @public(%a) : (tensor<?x?xf32>) -> tensor<?x?xf32>
  func.return %0, %1, %2 : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}
func.func private @private(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = dl.exp %x : tensor<?x?xf32>
  func.return %y : tensor<?x?xf32>
}
func.func @public(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = dl.exp %x : tensor<?x?xf32>
  func.return %y : tensor<?x?xf32>
}

// -----

// Branches agree in the second size; behind them it is known.

// CHECK-LABEL: func.func @main
// CHECK-SAME: -> tensor<?x4xf32>
// CHECK: [[Y:%.*]] = scf.if %c -> (tensor<?x4xf32>) {
// CHECK: tensor.cast {{.*}} : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK: } else {
// CHECK: tensor.cast {{.*}} : tensor<3x4xf32> to tensor<?x4xf32>
// CHECK: dl.neg [[Y]] : tensor<?x4xf32>
func.func @main(%x: tensor<5x4xf32>, %c: i1) -> tensor<?x?xf32> {
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  %four = arith.constant 4 : index
  %y = scf.if %c -> (tensor<?x?xf32>) {
    %a = dl.slice %x [%two, %four] {offsets = [0, 0], strides = [1, 1]}
      : tensor<5x4xf32> -> tensor<?x?xf32>
    scf.yield %a : tensor<?x?xf32>
  } else {
    %b = dl.slice %x [%three, %four] {offsets = [0, 0], strides = [1, 1]}
      : tensor<5x4xf32> -> tensor<?x?xf32>
    scf.yield %b : tensor<?x?xf32>
  }
  %z = dl.neg %y : tensor<?x?xf32>
  func.return %z : tensor<?x?xf32>
}

// -----

// What a loop carries: the first value keeps its shape, the second one grows.

// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<2x4xf32>, tensor<?x4xf32>)
// CHECK: [[S:%.*]] = tensor.cast {{.*}} : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK: scf.for {{.*}} iter_args([[A:%.*]] = {{.*}}, [[B:%.*]] = [[S]]) -> (tensor<2x4xf32>, tensor<?x4xf32>)
// CHECK: dl.exp [[A]] : tensor<2x4xf32>
// CHECK: dl.concat [[B]]
func.func @main(%x: tensor<2x4xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %four = arith.constant 4 : index
  %x0 = dl.broadcast %x [%two, %four] : tensor<2x4xf32> -> tensor<?x?xf32>
  %y, %z = scf.for %i = %zero to %four step %one iter_args(%a = %x0, %b = %x0)
      -> (tensor<?x?xf32>, tensor<?x?xf32>) {
    %c = dl.exp %a : tensor<?x?xf32>
    %d = dl.concat %b, %b {axis = 0} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
    scf.yield %c, %d : tensor<?x?xf32>, tensor<?x?xf32>
  }
  func.return %y, %z : tensor<?x?xf32>, tensor<?x?xf32>
}
