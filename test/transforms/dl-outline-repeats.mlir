// RUN: dlir-opt %s --split-input-file --dl-outline-repeats=min-ops=2 | filecheck %s
// RUN: dlir-opt %s --split-input-file --dl-outline-repeats | filecheck %s --check-prefix=LONG
// RUN: dlir-opt %s --split-input-file --dl-outline-repeats=min-ops=2 --inline | filecheck %s --check-prefix=BACK

// Three layers with a residual connection and a mask that all of them read; the constant is the same
// in each and goes into the function. What is before and after stays.

// CHECK: func.func private @main_repeat(%x: tensor<4xf32>, %w0: tensor<4xf32>, %mask: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: [[A:%.*]] = dl.mul %x, %w0
// CHECK-NEXT: [[C:%.*]] = dl.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: [[B:%.*]] = dl.div [[A]], [[C]]
// CHECK-NEXT: [[D:%.*]] = dl.sub [[B]], %mask
// CHECK-NEXT: [[E:%.*]] = dl.add [[D]], %x
// CHECK-NEXT: func.return [[E]] : tensor<4xf32>
// CHECK-LABEL: func.func @main
// CHECK: [[X:%.*]] = dl.exp
// CHECK: [[L0:%.*]] = func.call @main_repeat([[X]], %w0, %mask)
// CHECK: [[L1:%.*]] = func.call @main_repeat([[L0]], %w1, %mask)
// CHECK: [[L2:%.*]] = func.call @main_repeat([[L1]], %w2, %mask)
// CHECK-NEXT: [[Y:%.*]] = dl.log [[L2]]
// CHECK-NEXT: func.return [[Y]]

// LONG-NOT: func.call

// BACK-LABEL: func.func @main
// BACK-COUNT-3: dl.sub
// BACK: dl.log
// BACK: func.return
func.func @main(%input: tensor<4xf32>, %mask: tensor<4xf32>) -> tensor<4xf32> {
  %x = dl.exp %input : tensor<4xf32>
  %w0 = dl.param "w0" : tensor<4xf32>
  %two = dl.constant dense<2.0> : tensor<f32>
  %0 = dl.mul %x, %w0 : tensor<4xf32>
  %1 = dl.div %0, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = dl.sub %1, %mask : tensor<4xf32>
  %3 = dl.add %2, %x : tensor<4xf32>
  %w1 = dl.param "w1" : tensor<4xf32>
  %4 = dl.mul %3, %w1 : tensor<4xf32>
  %5 = dl.div %4, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = dl.sub %5, %mask : tensor<4xf32>
  %7 = dl.add %6, %3 : tensor<4xf32>
  %w2 = dl.param "w2" : tensor<4xf32>
  %also_two = dl.constant dense<2.0> : tensor<f32>
  %8 = dl.mul %7, %w2 : tensor<4xf32>
  %9 = dl.div %8, %also_two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %10 = dl.sub %9, %mask : tensor<4xf32>
  %11 = dl.add %10, %7 : tensor<4xf32>
  %y = dl.log %11 : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

// A value inside of a layer is read further down, so every call gives it; constants that differ are
// arguments.

// CHECK: func.func private @main_repeat({{.*}}) -> (tensor<4xf32>, tensor<4xf32>)
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]], [[B:%.*]] = func.call @main_repeat(%x, %two)
// CHECK: [[C:%.*]], [[D:%.*]] = func.call @main_repeat([[B]], %three)
// CHECK: func.return [[D]], [[A]]
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %two = dl.constant dense<2.0> : tensor<f32>
  %three = dl.constant dense<3.0> : tensor<f32>
  %0 = dl.mul %x, %two : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = dl.exp %0 : tensor<4xf32>
  %2 = dl.neg %1 : tensor<4xf32>
  %3 = dl.mul %2, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = dl.exp %3 : tensor<4xf32>
  %5 = dl.neg %4 : tensor<4xf32>
  func.return %5, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Ops that look alike but are connected in another way, or have other properties, are no repeat.

// CHECK-LABEL: func.func @main
// CHECK-NOT: func.call
// CHECK: func.return
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = dl.exp %x : tensor<4x4xf32>
  %1 = dl.sub %0, %x : tensor<4x4xf32>
  %2 = dl.softmax %1 {axis = 0} : tensor<4x4xf32>
  %3 = dl.exp %2 : tensor<4x4xf32>
  %4 = dl.sub %2, %3 : tensor<4x4xf32>
  %5 = dl.softmax %4 {axis = 1} : tensor<4x4xf32>
  func.return %5 : tensor<4x4xf32>
}
