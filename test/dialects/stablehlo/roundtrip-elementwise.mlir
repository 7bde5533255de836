// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @abs(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.abs %x : tensor<2xf32>
  %y = stablehlo.abs %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @cbrt(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.cbrt %x : tensor<2xf32>
  %y = stablehlo.cbrt %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @ceil(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.ceil %x : tensor<2xf32>
  %y = stablehlo.ceil %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @cosine(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.cosine %x : tensor<2xf32>
  %y = stablehlo.cosine %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @count_leading_zeros(%x: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %y = stablehlo.count_leading_zeros %x : tensor<2xi32>
  %y = stablehlo.count_leading_zeros %x : tensor<2xi32>
  func.return %y : tensor<2xi32>
}

func.func @exponential(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.exponential %x : tensor<2xf32>
  %y = stablehlo.exponential %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @exponential_minus_one(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.exponential_minus_one %x : tensor<2xf32>
  %y = stablehlo.exponential_minus_one %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @floor(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.floor %x : tensor<2xf32>
  %y = stablehlo.floor %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @log(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.log %x : tensor<2xf32>
  %y = stablehlo.log %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @log_plus_one(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.log_plus_one %x : tensor<2xf32>
  %y = stablehlo.log_plus_one %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @logistic(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.logistic %x : tensor<2xf32>
  %y = stablehlo.logistic %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @negate(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.negate %x : tensor<2xf32>
  %y = stablehlo.negate %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @not(%x: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %y = stablehlo.not %x : tensor<2xi32>
  %y = stablehlo.not %x : tensor<2xi32>
  func.return %y : tensor<2xi32>
}

func.func @popcnt(%x: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %y = stablehlo.popcnt %x : tensor<2xi32>
  %y = stablehlo.popcnt %x : tensor<2xi32>
  func.return %y : tensor<2xi32>
}

func.func @round_nearest_afz(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.round_nearest_afz %x : tensor<2xf32>
  %y = stablehlo.round_nearest_afz %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @round_nearest_even(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.round_nearest_even %x : tensor<2xf32>
  %y = stablehlo.round_nearest_even %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @rsqrt(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.rsqrt %x : tensor<2xf32>
  %y = stablehlo.rsqrt %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @sign(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.sign %x : tensor<2xf32>
  %y = stablehlo.sign %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @sine(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.sine %x : tensor<2xf32>
  %y = stablehlo.sine %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @sqrt(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.sqrt %x : tensor<2xf32>
  %y = stablehlo.sqrt %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @tan(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.tan %x : tensor<2xf32>
  %y = stablehlo.tan %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @tanh(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.tanh %x : tensor<2xf32>
  %y = stablehlo.tanh %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @add(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.add %x, %y : tensor<2xf32>
  %z = stablehlo.add %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @and(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.and %x, %y : tensor<2xi32>
  %z = stablehlo.and %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @atan2(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.atan2 %x, %y : tensor<2xf32>
  %z = stablehlo.atan2 %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @divide(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.divide %x, %y : tensor<2xf32>
  %z = stablehlo.divide %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @maximum(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.maximum %x, %y : tensor<2xf32>
  %z = stablehlo.maximum %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @minimum(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.minimum %x, %y : tensor<2xf32>
  %z = stablehlo.minimum %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @multiply(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.multiply %x, %y : tensor<2xf32>
  %z = stablehlo.multiply %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @or(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.or %x, %y : tensor<2xi32>
  %z = stablehlo.or %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @power(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.power %x, %y : tensor<2xf32>
  %z = stablehlo.power %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @remainder(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.remainder %x, %y : tensor<2xf32>
  %z = stablehlo.remainder %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @shift_left(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.shift_left %x, %y : tensor<2xi32>
  %z = stablehlo.shift_left %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @shift_right_arithmetic(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.shift_right_arithmetic %x, %y : tensor<2xi32>
  %z = stablehlo.shift_right_arithmetic %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @shift_right_logical(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.shift_right_logical %x, %y : tensor<2xi32>
  %z = stablehlo.shift_right_logical %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @subtract(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.subtract %x, %y : tensor<2xf32>
  %z = stablehlo.subtract %x, %y : tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @xor(%x: tensor<2xi32>, %y: tensor<2xi32>) -> tensor<2xi32> {
  // CHECK: %z = stablehlo.xor %x, %y : tensor<2xi32>
  %z = stablehlo.xor %x, %y : tensor<2xi32>
  func.return %z : tensor<2xi32>
}

func.func @convert(%x: tensor<2xi32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.convert %x : (tensor<2xi32>) -> tensor<2xf32>
  %y = stablehlo.convert %x : (tensor<2xi32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @bitcast_convert(%x: tensor<2xf32>) -> tensor<2xi32> {
  // CHECK: %y = stablehlo.bitcast_convert %x : (tensor<2xf32>) -> tensor<2xi32>
  %y = stablehlo.bitcast_convert %x : (tensor<2xf32>) -> tensor<2xi32>
  func.return %y : tensor<2xi32>
}

func.func @is_finite(%x: tensor<2xf32>) -> tensor<2xi1> {
  // CHECK: %y = stablehlo.is_finite %x : (tensor<2xf32>) -> tensor<2xi1>
  %y = stablehlo.is_finite %x : (tensor<2xf32>) -> tensor<2xi1>
  func.return %y : tensor<2xi1>
}

func.func @reduce_precision(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.reduce_precision %x, format = e5m10 : tensor<2xf32>
  %y = stablehlo.reduce_precision %x, format = e5m10 : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @complex(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xcomplex<f32>> {
  // CHECK: %z = stablehlo.complex %x, %y : tensor<2xcomplex<f32>>
  %z = stablehlo.complex %x, %y : tensor<2xcomplex<f32>>
  func.return %z : tensor<2xcomplex<f32>>
}

func.func @real(%x: tensor<2xcomplex<f32>>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.real %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  %y = stablehlo.real %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @imag(%x: tensor<2xcomplex<f32>>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.imag %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  %y = stablehlo.imag %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @uniform_quantize(%x: tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>> {
  // CHECK: %y = stablehlo.uniform_quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  %y = stablehlo.uniform_quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>
  func.return %y : tensor<2x!quant.uniform<i8:f32, 0.5>>
}

func.func @uniform_dequantize(%x: tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.uniform_dequantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32>
  %y = stablehlo.uniform_dequantize %x : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @compare(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xi1> {
  // CHECK: %z = stablehlo.compare LT, %x, %y, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  %z = stablehlo.compare LT, %x, %y, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  func.return %z : tensor<2xi1>
}

func.func @select(%c: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %z = stablehlo.select %c, %x, %y : tensor<2xi1>, tensor<2xf32>
  %z = stablehlo.select %c, %x, %y : tensor<2xi1>, tensor<2xf32>
  func.return %z : tensor<2xf32>
}

func.func @clamp(%low: tensor<f32>, %x: tensor<2xf32>, %high: tensor<f32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.clamp %low, %x, %high : (tensor<f32>, tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %y = stablehlo.clamp %low, %x, %high : (tensor<f32>, tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}
