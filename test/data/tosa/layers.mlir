// Layers in TOSA, which mlir-opt brings to linalg: see test/numeric/test_linalg.py.
func.func @f(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) -> tensor<1x4x4x4xf32> {
  %0 = tosa.conv2d %x, %w, %b {pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>} : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x8x8x4xf32>
  %1 = tosa.clamp %0 {min_int = 0 : i64, max_int = 6 : i64, min_fp = 0.0 : f32, max_fp = 6.0 : f32} : (tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %2 = tosa.max_pool2d %1 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>} : (tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32>
  return %2 : tensor<1x4x4x4xf32>
}
func.func @g(%x: tensor<2x5xf32>, %y: tensor<1x5xf32>, %i: tensor<1x3xi32>, %t: tensor<1x7x4xf32>) -> (tensor<2x5xf32>, tensor<2x1xf32>, tensor<2xi32>, tensor<1x3x4xf32>, tensor<5x2xf32>, tensor<4x5xf32>, tensor<10xf32>, tensor<2x5xf32>,tensor<2x5xf32>,tensor<2x5xf32>, tensor<6x10xf32>) {
  %0 = tosa.add %x, %y : (tensor<2x5xf32>, tensor<1x5xf32>) -> tensor<2x5xf32>
  %1 = tosa.reduce_sum %0 {axis = 1 : i32} : (tensor<2x5xf32>) -> tensor<2x1xf32>
  %2 = tosa.argmax %0 {axis = 1 : i32} : (tensor<2x5xf32>) -> tensor<2xi32>
  %3 = tosa.gather %t, %i : (tensor<1x7x4xf32>, tensor<1x3xi32>) -> tensor<1x3x4xf32>
  %p = "tosa.const"() {value = dense<[1, 0]> : tensor<2xi32>} : () -> tensor<2xi32>
  %4 = tosa.transpose %x, %p : (tensor<2x5xf32>, tensor<2xi32>) -> tensor<5x2xf32>
  %5 = tosa.concat %x, %0 {axis = 0 : i32} : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<4x5xf32>
  %6 = tosa.reshape %x {new_shape = array<i64: 10>} : (tensor<2x5xf32>) -> tensor<10xf32>
  %7 = tosa.reverse %x {axis = 1 : i32} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %8 = tosa.sigmoid %x : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %9 = tosa.rsqrt %x : (tensor<2x5xf32>) -> tensor<2x5xf32>
  %10 = tosa.tile %x {multiples = array<i64: 3, 2>} : (tensor<2x5xf32>) -> tensor<6x10xf32>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10 : tensor<2x5xf32>, tensor<2x1xf32>, tensor<2xi32>, tensor<1x3x4xf32>, tensor<5x2xf32>, tensor<4x5xf32>, tensor<10xf32>, tensor<2x5xf32>,tensor<2x5xf32>,tensor<2x5xf32>, tensor<6x10xf32>
}
func.func @h(%x: tensor<1x9x9x4xf32>, %w: tensor<3x3x4x2xf32>, %b: tensor<8xf32>, %m: tensor<2x4x6xf32>, %n: tensor<2x6x3xf32>) -> (tensor<1x5x5x8xf32>, tensor<2x4x3xf32>, tensor<1x4x4x4xf32>) {
  %0 = tosa.depthwise_conv2d %x, %w, %b {pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>, dilation = array<i64: 1, 1>} : (tensor<1x9x9x4xf32>, tensor<3x3x4x2xf32>, tensor<8xf32>) -> tensor<1x5x5x8xf32>
  %1 = tosa.matmul %m, %n : (tensor<2x4x6xf32>, tensor<2x6x3xf32>) -> tensor<2x4x3xf32>
  %2 = tosa.avg_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, acc_type = f32} : (tensor<1x9x9x4xf32>) -> tensor<1x4x4x4xf32>
  return %0, %1, %2 : tensor<1x5x5x8xf32>, tensor<2x4x3xf32>, tensor<1x4x4x4xf32>
}
func.func @q(%x: tensor<1x6x6x3xi8>, %w: tensor<4x3x3x3xi8>, %b: tensor<4xi32>) -> tensor<1x4x4x4xi8> {
  %0 = tosa.conv2d %x, %w, %b {pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>, quantization_info = #tosa.conv_quant<input_zp = 3, weight_zp = 0>} : (tensor<1x6x6x3xi8>, tensor<4x3x3x3xi8>, tensor<4xi32>) -> tensor<1x4x4x4xi32>
  %1 = tosa.rescale %0 {double_round = true, input_zp = 0 : i32, multiplier = array<i32: 1689596, 1289596, 2689596, 1189596>, output_zp = -5 : i32, per_channel = true, scale32 = true, shift = array<i8: 31, 30, 31, 32>} : (tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi8>
  return %1 : tensor<1x4x4x4xi8>
}
