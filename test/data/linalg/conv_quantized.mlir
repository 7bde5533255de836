// int8 with zero points, then the requantising body that TOSA's rescale leaves behind.
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
func.func @conv(%x: tensor<1x6x6x3xi8>, %w: tensor<3x3x3x4xi8>, %b: tensor<4xi32>) -> tensor<1x4x4x4xi8> {
  %zx = arith.constant -5 : i32
  %zw = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x4x4x4xi32>
  %bias = linalg.broadcast ins(%b : tensor<4xi32>) outs(%e : tensor<1x4x4x4xi32>) dimensions = [0, 1, 2]
  %y = linalg.conv_2d_nhwc_hwcf_q {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %w, %zx, %zw : tensor<1x6x6x3xi8>, tensor<3x3x3x4xi8>, i32, i32) outs(%bias : tensor<1x4x4x4xi32>) -> tensor<1x4x4x4xi32>
  %e8 = tensor.empty() : tensor<1x4x4x4xi8>
  %q = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%y : tensor<1x4x4x4xi32>) outs(%e8 : tensor<1x4x4x4xi8>) {
  ^bb0(%in: i32, %out: i8):
    %m = arith.constant 1431655 : i64
    %half = arith.constant 1073741824 : i64
    %s = arith.constant 31 : i64
    %low = arith.constant -128 : i32
    %high = arith.constant 127 : i32
    %0 = arith.extsi %in : i32 to i64
    %1 = arith.muli %0, %m : i64
    %2 = arith.addi %1, %half : i64
    %3 = arith.shrsi %2, %s : i64
    %4 = arith.trunci %3 : i64 to i32
    %5 = arith.maxsi %4, %low : i32
    %6 = arith.minsi %5, %high : i32
    %7 = arith.trunci %6 : i32 to i8
    linalg.yield %7 : i8
  } -> tensor<1x4x4x4xi8>
  return %q : tensor<1x4x4x4xi8>
}
