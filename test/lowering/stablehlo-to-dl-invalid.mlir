// RUN: dlir-opt %s --convert-stablehlo-to-dl --split-input-file --verify-diagnostics

func.func @custom_call(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.custom_call' is not supported with target "my_kernel" [stablehlo-unsupported]}}
  %0 = stablehlo.custom_call @my_kernel(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

// All faults are reported, and what follows from them is not.

func.func @several(%x: tensor<8xcomplex<f32>>, %s: tensor<2xui64>) -> tensor<8xf32> {
  // expected-error@+1 {{'stablehlo.fft' is not supported with complex numbers, which dl has not}}
  %0 = stablehlo.fft %x, type = FFT, length = [8]
      : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>
  // expected-error@+1 {{'stablehlo.real' is not supported with complex numbers, which dl has not}}
  %1 = stablehlo.real %0 : (tensor<8xcomplex<f32>>) -> tensor<8xf32>
  %2 = stablehlo.tanh %1 : tensor<8xf32>
  // expected-error@+1 {{'stablehlo.rng_bit_generator' is not supported with random numbers of the hardware's generator}}
  %t, %y = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY
      : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)
  func.return %2 : tensor<8xf32>
}

// -----

func.func @reducer(%x: tensor<2x3xf32>, %v: tensor<f32>) -> tensor<2xf32> {
  // expected-error@+1 {{'stablehlo.reduce' is not supported with a region that is no reduction known}}
  %y = "stablehlo.reduce"(%x, %v) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.subtract %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

// -----

// A region that looks like an argmax, but takes the last of equal values.

func.func @last_of_equals(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>) -> (tensor<2xf32>, tensor<2xi32>) {
  %v = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %z = stablehlo.constant dense<0> : tensor<i32>
  // expected-error@+1 {{'stablehlo.reduce' is not supported with a region that is no reduction known}}
  %y:2 = "stablehlo.reduce"(%x, %i, %v, %z) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %k: tensor<i32>, %b: tensor<f32>, %l: tensor<i32>):
    %c = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %d = stablehlo.select %c, %a, %b : tensor<i1>, tensor<f32>
    %e = stablehlo.select %c, %k, %l : tensor<i1>, tensor<i32>
    stablehlo.return %d, %e : tensor<f32>, tensor<i32>
  }) : (tensor<2x3xf32>, tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
  func.return %y#0, %y#1 : tensor<2xf32>, tensor<2xi32>
}

// -----

func.func @recursion(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'func.call' calls @recursion, which is being computed [stablehlo-call]}}
  %0 = func.call @recursion(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @undefined(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.composite' calls @nothing, which has no body [stablehlo-call]}}
  %0 = stablehlo.composite "my.op" %x {decomposition = @nothing} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @padding(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<5xf32> {
  // expected-error@+1 {{'stablehlo.reduce_window' is not supported with padding with an initial value that counts}}
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>,
      padding = dense<[[1, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  func.return %y : tensor<5xf32>
}

// -----

func.func @spatial(%x: tensor<1x3x4x4x4xf32>, %w: tensor<4x3x1x1x1xf32>) -> tensor<1x4x4x4x4xf32> {
  // expected-error@+1 {{'stablehlo.convolution' is not supported with 3 spatial dimensions}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0, 1, 2]x[o, i, 0, 1, 2]->[b, f, 0, 1, 2],
      window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x3x4x4x4xf32>, tensor<4x3x1x1x1xf32>) -> tensor<1x4x4x4x4xf32>
  func.return %y : tensor<1x4x4x4x4xf32>
}
