// RUN: dlir-opt %s --dl-simplify | filecheck %s
// RUN: dlir-opt %s --canonicalize | filecheck %s

// CHECK-LABEL: @same_shape
// CHECK-NEXT: func.return %x
func.func @same_shape(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = dl.reshape %x : tensor<?x4xf32> -> tensor<2x?xf32>
  %1 = dl.reshape %0 : tensor<2x?xf32> -> tensor<?x4xf32>
  func.return %1 : tensor<?x4xf32>
}

// Two unknown sizes may be exchanged.
// CHECK-LABEL: @unknown_shape
// CHECK: dl.reshape %x [%n, %m]
// CHECK: func.return %0, %x
func.func @unknown_shape(%x: tensor<?x?xf32>, %n: index, %m: index) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = dl.reshape %x [%n, %m] : tensor<?x?xf32> -> tensor<?x?xf32>
  %a = dl.dim %x, 0 : tensor<?x?xf32>
  %b = dl.dim %x, 1 : tensor<?x?xf32>
  %1 = dl.reshape %x [%a, %b] : tensor<?x?xf32> -> tensor<?x?xf32>
  func.return %0, %1 : tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: @reshape_of_reshape
// CHECK-NEXT: dl.reshape %x [%n, %m] : tensor<?x4x5xf32> -> tensor<?x?xf32>
// CHECK-NEXT: func.return
func.func @reshape_of_reshape(%x: tensor<?x4x5xf32>, %n: index, %m: index) -> tensor<?x?xf32> {
  %0 = dl.reshape %x : tensor<?x4x5xf32> -> tensor<?xf32>
  %1 = dl.reshape %0 [%n, %m] : tensor<?xf32> -> tensor<?x?xf32>
  func.return %1 : tensor<?x?xf32>
}

// CHECK-LABEL: @transposes
// CHECK-NEXT: dl.transpose %x {perm = [2, 0, 1]} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT: func.return %x, %0
func.func @transposes(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<4x2x3xf32>) {
  %0 = dl.transpose %x {perm = [1, 2, 0]} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %1 = dl.transpose %0 {perm = [2, 0, 1]} : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
  %2 = dl.transpose %0 {perm = [1, 2, 0]} : tensor<3x4x2xf32> -> tensor<4x2x3xf32>
  func.return %1, %2 : tensor<2x3x4xf32>, tensor<4x2x3xf32>
}

// CHECK-LABEL: @moves_only_ones
// CHECK-NEXT: dl.reshape %x : tensor<?x1x3x1xf32> -> tensor<1x?x1x3xf32>
func.func @moves_only_ones(%x: tensor<?x1x3x1xf32>) -> tensor<1x?x1x3xf32> {
  %0 = dl.transpose %x {perm = [1, 0, 3, 2]} : tensor<?x1x3x1xf32> -> tensor<1x?x1x3xf32>
  func.return %0 : tensor<1x?x1x3xf32>
}

// CHECK-LABEL: @broadcasts
// CHECK-NEXT: dl.broadcast %x [%n] : tensor<1x4xf32> -> tensor<?x3x4xf32>
// CHECK-NEXT: func.return %x, %0
func.func @broadcasts(%x: tensor<1x4xf32>, %n: index) -> (tensor<1x4xf32>, tensor<?x3x4xf32>) {
  %0 = dl.broadcast %x : tensor<1x4xf32> -> tensor<1x4xf32>
  %1 = dl.broadcast %0 : tensor<1x4xf32> -> tensor<3x4xf32>
  %2 = dl.broadcast %1 [%n] : tensor<3x4xf32> -> tensor<?x3x4xf32>
  func.return %0, %2 : tensor<1x4xf32>, tensor<?x3x4xf32>
}

// CHECK-LABEL: @slices
// CHECK-NEXT: dl.slice %x {offsets = [0, 7], strides = [1, -4]} : tensor<2x9xf32> -> tensor<2x2xf32>
// CHECK-NEXT: func.return %x, %0
func.func @slices(%x: tensor<2x9xf32>) -> (tensor<2x9xf32>, tensor<2x2xf32>) {
  %0 = dl.slice %x {offsets = [0, 0], strides = [1, 1]} : tensor<2x9xf32> -> tensor<2x9xf32>
  %1 = dl.slice %0 {offsets = [0, 1], strides = [1, 2]} : tensor<2x9xf32> -> tensor<2x4xf32>
  %2 = dl.slice %1 {offsets = [0, 3], strides = [1, -2]} : tensor<2x4xf32> -> tensor<2x2xf32>
  func.return %0, %2 : tensor<2x9xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: @pads
// CHECK-NEXT: dl.pad %x {low = [1], high = [5], value = 0.0} : tensor<?xf32> -> tensor<?xf32>
// CHECK-NEXT: func.return %0
func.func @pads(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = dl.pad %x {low = [1], high = [2], value = 0.0} : tensor<?xf32> -> tensor<?xf32>
  %1 = dl.pad %0 {low = [0], high = [0], value = 1.0} : tensor<?xf32> -> tensor<?xf32>
  %2 = dl.pad %1 {low = [0], high = [3], value = 0.0} : tensor<?xf32> -> tensor<?xf32>
  func.return %2 : tensor<?xf32>
}

// CHECK-LABEL: @split_and_joined
// CHECK-NEXT: func.return %x, %x, %x
func.func @split_and_joined(%x: tensor<?x5xf32>) -> (tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x5xf32>) {
  %0, %1 = dl.split %x {axis = 1, sizes = [2, 3]} : tensor<?x5xf32> -> (tensor<?x2xf32>, tensor<?x3xf32>)
  %2 = dl.concat %0, %1 {axis = 1} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x5xf32>
  %3 = dl.split %x {axis = 1, sizes = [5]} : tensor<?x5xf32> -> tensor<?x5xf32>
  %4 = dl.concat %x {axis = 0} : tensor<?x5xf32> -> tensor<?x5xf32>
  func.return %2, %3, %4 : tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x5xf32>
}

// CHECK-LABEL: @split_and_exchanged
// CHECK: dl.concat
func.func @split_and_exchanged(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0, %1 = dl.split %x {axis = 0, sizes = [2, 2]} : tensor<4xf32> -> (tensor<2xf32>, tensor<2xf32>)
  %2 = dl.concat %1, %0 {axis = 0} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  func.return %2 : tensor<4xf32>
}

// CHECK-LABEL: @concats
// CHECK-NEXT: dl.concat %x, %y, %x {axis = 0} : (tensor<2xf32>, tensor<3xf32>, tensor<2xf32>) -> tensor<7xf32>
func.func @concats(%x: tensor<2xf32>, %y: tensor<3xf32>, %e: tensor<0xf32>) -> tensor<7xf32> {
  %0 = dl.concat %x, %e, %y {axis = 0} : (tensor<2xf32>, tensor<0xf32>, tensor<3xf32>) -> tensor<5xf32>
  %1 = dl.concat %0, %x {axis = 0} : (tensor<5xf32>, tensor<2xf32>) -> tensor<7xf32>
  func.return %1 : tensor<7xf32>
}
