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
  // expected-error@+1 {{'stablehlo.reduce' is not supported with 'stablehlo.custom_call' in its region}}
  %y = "stablehlo.reduce"(%x, %v) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.custom_call @join(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
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

func.func @spatial(%x: tensor<1x3xf32>, %w: tensor<4x3xf32>) -> tensor<1x4xf32> {
  // expected-error@+1 {{'stablehlo.convolution' is not supported with 0 spatial dimensions}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, f]x[o, i]->[b, f], window = {}
      {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  func.return %y : tensor<1x4xf32>
}
