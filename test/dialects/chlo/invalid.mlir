// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @erf(%x: tensor<2xi32>) {
  // expected-error@+1 {{expected elements of type float or complex, got i32 [stablehlo-element-type]}}
  %y = chlo.erf %x : tensor<2xi32> -> tensor<2xi32>
  func.return
}

// -----

func.func @result(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a result of shape [2], got tensor<3xf32> [stablehlo-shape]}}
  %y = chlo.erf %x : tensor<2xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @broadcast(%x: tensor<2x4xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{expected operands that broadcast to [2, 4], got tensor<3xf32> [stablehlo-shape]}}
  %z = chlo.broadcast_add %x, %y : (tensor<2x4xf32>, tensor<3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @broadcast_dimensions(%x: tensor<2x4xf32>, %y: tensor<2xf32>) {
  // expected-error@+1 {{expected 1 dimensions, got 2 [stablehlo-property]}}
  %z = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0, 1>}
      : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @top_k(%x: tensor<3x5xf32>) {
  // expected-error@+1 {{expected 0 <= k <= the last size of [3, 5], got 6 [stablehlo-property]}}
  %v, %i = chlo.top_k(%x, k = 6) : tensor<3x5xf32> -> (tensor<3x6xf32>, tensor<3x6xi32>)
  func.return
}

// -----

func.func @top_k_text(%x: tensor<3x5xf32>) {
  // expected-error@+1 {{Expected 'k'}}
  %v, %i = chlo.top_k(%x, n = 2) : tensor<3x5xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)
  func.return
}
