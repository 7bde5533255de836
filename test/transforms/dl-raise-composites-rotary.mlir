// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// Llama's: halves of rows by slices, the second one negated.

// CHECK-LABEL: @rotate_half
// CHECK: [[Y:%.*]] = dl.rotary_embedding %x, %cos, %sin : (tensor<1x2x?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<1x2x?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @rotate_half(%x: tensor<1x2x?x8xf32>, %cos: tensor<?x8xf32>, %sin: tensor<?x8xf32>)
    -> tensor<1x2x?x8xf32> {
  %n = dl.dim %x, 2 : tensor<1x2x?x8xf32>
  %0 = dl.mul %x, %cos : (tensor<1x2x?x8xf32>, tensor<?x8xf32>) -> tensor<1x2x?x8xf32>
  %1 = dl.slice %x [%n] {offsets = [0, 0, 0, 0], strides = [1, 1, 1, 1]}
    : tensor<1x2x?x8xf32> -> tensor<1x2x?x4xf32>
  %2 = dl.slice %x [%n] {offsets = [0, 0, 0, 4], strides = [1, 1, 1, 1]}
    : tensor<1x2x?x8xf32> -> tensor<1x2x?x4xf32>
  %3 = dl.neg %2 : tensor<1x2x?x4xf32>
  %4 = dl.concat %3, %1 {axis = 3}
    : (tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32>) -> tensor<1x2x?x8xf32>
  %5 = dl.mul %4, %sin : (tensor<1x2x?x8xf32>, tensor<?x8xf32>) -> tensor<1x2x?x8xf32>
  %6 = dl.add %0, %5 : tensor<1x2x?x8xf32>
  func.return %6 : tensor<1x2x?x8xf32>
}

// Real and imaginary parts, by a split; one angle per pair becomes one per number.

// CHECK-LABEL: @pairs
// CHECK-NEXT: [[C:%.*]] = dl.concat %cos, %cos {axis = 1}
// CHECK-NEXT: [[S:%.*]] = dl.concat %sin, %sin {axis = 1}
// CHECK-NEXT: [[Y:%.*]] = dl.rotary_embedding %x, [[C]], [[S]] : (tensor<2x5x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>) -> tensor<2x5x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @pairs(%x: tensor<2x5x8xf32>, %cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>)
    -> tensor<2x5x8xf32> {
  %a, %b = dl.split %x {axis = 2, sizes = [4, 4]}
    : tensor<2x5x8xf32> -> (tensor<2x5x4xf32>, tensor<2x5x4xf32>)
  %0 = dl.mul %a, %cos : (tensor<2x5x4xf32>, tensor<5x4xf32>) -> tensor<2x5x4xf32>
  %1 = dl.mul %b, %sin : (tensor<2x5x4xf32>, tensor<5x4xf32>) -> tensor<2x5x4xf32>
  %2 = dl.sub %0, %1 : tensor<2x5x4xf32>
  %3 = dl.mul %a, %sin : (tensor<2x5x4xf32>, tensor<5x4xf32>) -> tensor<2x5x4xf32>
  %4 = dl.mul %b, %cos : (tensor<2x5x4xf32>, tensor<5x4xf32>) -> tensor<2x5x4xf32>
  %5 = dl.add %3, %4 : tensor<2x5x4xf32>
  %6 = dl.concat %2, %5 {axis = 2} : (tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x5x8xf32>
  func.return %6 : tensor<2x5x8xf32>
}

// The first half negated turns the other way; halves that overlap are none.

// CHECK-LABEL: @no_rotary
// CHECK-NOT: dl.rotary_embedding
// CHECK: func.return
func.func @no_rotary(%x: tensor<5x8xf32>, %cos: tensor<5x8xf32>, %sin: tensor<5x8xf32>)
    -> (tensor<5x8xf32>, tensor<5x8xf32>) {
  %a, %b = dl.split %x {axis = 1, sizes = [4, 4]}
    : tensor<5x8xf32> -> (tensor<5x4xf32>, tensor<5x4xf32>)
  %0 = dl.mul %x, %cos : tensor<5x8xf32>
  %1 = dl.neg %a : tensor<5x4xf32>
  %2 = dl.concat %b, %1 {axis = 1} : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x8xf32>
  %3 = dl.mul %2, %sin : tensor<5x8xf32>
  %4 = dl.add %0, %3 : tensor<5x8xf32>
  %5 = dl.slice %x {offsets = [0, 2], strides = [1, 1]} : tensor<5x8xf32> -> tensor<5x4xf32>
  %6 = dl.slice %x {offsets = [0, 0], strides = [1, 1]} : tensor<5x8xf32> -> tensor<5x4xf32>
  %7 = dl.neg %5 : tensor<5x4xf32>
  %8 = dl.concat %7, %6 {axis = 1} : (tensor<5x4xf32>, tensor<5x4xf32>) -> tensor<5x8xf32>
  %9 = dl.mul %8, %sin : tensor<5x8xf32>
  %10 = dl.mul %x, %cos : tensor<5x8xf32>
  %11 = dl.add %10, %9 : tensor<5x8xf32>
  func.return %4, %11 : tensor<5x8xf32>, tensor<5x8xf32>
}
