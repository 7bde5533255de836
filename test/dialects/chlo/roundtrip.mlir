// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @acos(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.acos %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.acos %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @acosh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.acosh %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.acosh %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @asin(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.asin %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.asin %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @asinh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.asinh %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.asinh %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @atan(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.atan %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.atan %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @atanh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.atanh %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.atanh %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @bessel_i1e(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.bessel_i1e %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.bessel_i1e %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @conj(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.conj %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.conj %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @cosh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.cosh %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.cosh %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @digamma(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.digamma %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.digamma %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @erf(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.erf %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.erf %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @erf_inv(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.erf_inv %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.erf_inv %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @erfc(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.erfc %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.erfc %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @lgamma(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.lgamma %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.lgamma %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @sinh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.sinh %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.sinh %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @square(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.square %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.square %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @tan(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = chlo.tan %x : tensor<2xf32> -> tensor<2xf32>
  %y = chlo.tan %x : tensor<2xf32> -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @is_inf(%x: tensor<2xf32>) -> tensor<2xi1> {
  // CHECK: %y = chlo.is_inf %x : tensor<2xf32> -> tensor<2xi1>
  %y = chlo.is_inf %x : tensor<2xf32> -> tensor<2xi1>
  func.return %y : tensor<2xi1>
}

func.func @is_neg_inf(%x: tensor<2xf32>) -> tensor<2xi1> {
  // CHECK: %y = chlo.is_neg_inf %x : tensor<2xf32> -> tensor<2xi1>
  %y = chlo.is_neg_inf %x : tensor<2xf32> -> tensor<2xi1>
  func.return %y : tensor<2xi1>
}

func.func @is_pos_inf(%x: tensor<2xf32>) -> tensor<2xi1> {
  // CHECK: %y = chlo.is_pos_inf %x : tensor<2xf32> -> tensor<2xi1>
  %y = chlo.is_pos_inf %x : tensor<2xf32> -> tensor<2xi1>
  func.return %y : tensor<2xi1>
}

func.func @next_after(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = chlo.next_after %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %z = chlo.next_after %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @polygamma(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = chlo.polygamma %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %z = chlo.polygamma %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @zeta(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = chlo.zeta %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %z = chlo.zeta %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @broadcast_add(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_add %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_add %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_and(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_and %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_and %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_atan2(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_atan2 %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_atan2 %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_divide(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_divide %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_divide %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_maximum(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_maximum %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_maximum %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_minimum(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_minimum %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_minimum %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_multiply(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_multiply %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_multiply %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_or(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_or %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_or %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_power(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_power %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_power %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_remainder(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_remainder %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_remainder %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_shift_left(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_shift_left %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_shift_left %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_shift_right_arithmetic(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_shift_right_arithmetic %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_shift_right_arithmetic %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_shift_right_logical(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_shift_right_logical %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_shift_right_logical %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_subtract(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_subtract %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_subtract %x, %y : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @broadcast_xor(%x: tensor<2x4xi32>, %y: tensor<4xi32>) -> tensor<2x4xi32> {
  // CHECK: %z = chlo.broadcast_xor %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  %z = chlo.broadcast_xor %x, %y : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return %z : tensor<2x4xi32>
}

func.func @broadcast_compare(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<2x4xi1> {
  // CHECK: %z = chlo.broadcast_compare %x, %y {comparison_direction = #stablehlo<comparison_direction LT>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
  %z = chlo.broadcast_compare %x, %y {comparison_direction = #stablehlo<comparison_direction LT>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
  func.return %z : tensor<2x4xi1>
}

func.func @broadcast_select(%c: tensor<2x4xi1>, %x: tensor<4xf32>, %y: tensor<f32>) -> tensor<2x4xf32> {
  // CHECK: %z = chlo.broadcast_select %c, %x, %y : (tensor<2x4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<2x4xf32>
  %z = chlo.broadcast_select %c, %x, %y : (tensor<2x4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<2x4xf32>
  func.return %z : tensor<2x4xf32>
}

func.func @constant_like(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: %y = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

func.func @top_k(%x: tensor<3x5xf32>) -> (tensor<3x2xf32>, tensor<3x2xi32>) {
  // CHECK: %v, %i = chlo.top_k(%x, k = 2) : tensor<3x5xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)
  %v, %i = chlo.top_k(%x, k = 2) : tensor<3x5xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)
  func.return %v, %i : tensor<3x2xf32>, tensor<3x2xi32>
}
