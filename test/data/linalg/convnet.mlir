// A small convolutional network as torch-mlir writes it: padding, convolution from a broadcast
// bias, batch norm in place of its operand, relu, max pooling, global average, linear layer.
#map = affine_map<(d0, d1, d2, d3) -> (d1)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1) -> (d0, d1)>
#map4 = affine_map<(d0, d1) -> (d1)>
#map5 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
module attributes {torch.debug_module_name = "ConvNet"} {
  ml_program.global private mutable @global_seed(dense<0> : tensor<i64>) : tensor<i64>
  func.func @forward(%arg0: tensor<2x3x16x16xf32>, %arg1: tensor<8x3x3x3xf32>, %arg2: tensor<8xf32>, %arg3: tensor<8xf32>, %arg4: tensor<8xf32>, %arg5: tensor<8xf32>, %arg6: tensor<8xf32>, %arg7: tensor<8x3x3xf32>, %arg8: tensor<10x8xf32>, %arg9: tensor<10xf32>) -> tensor<2x10xf32> {
    %false = arith.constant false
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 1.000000e-05 : f64
    %cst_2 = arith.constant 1.600000e+01 : f32
    %padded = tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg10: index, %arg11: index, %arg12: index, %arg13: index):
      tensor.yield %cst : f32
    } : tensor<2x3x16x16xf32> to tensor<2x3x18x18xf32>
    %0 = tensor.empty() : tensor<2x8x16x16xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%arg2 : tensor<8xf32>) outs(%0 : tensor<2x8x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<2x8x16x16xf32>
    %2 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded, %arg1 : tensor<2x3x18x18xf32>, tensor<8x3x3x3xf32>) outs(%1 : tensor<2x8x16x16xf32>) -> tensor<2x8x16x16xf32>
    %3 = arith.cmpi eq, %false, %false : i1
    cf.assert %3, "training is not supported for now"
    %4 = linalg.generic {indexing_maps = [#map1, #map, #map, #map, #map, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %arg3, %arg4, %arg5, %arg6 : tensor<2x8x16x16xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) outs(%2 : tensor<2x8x16x16xf32>) {
    ^bb0(%in: f32, %in_3: f32, %in_4: f32, %in_5: f32, %in_6: f32, %out: f32):
      %17 = arith.truncf %cst_1 : f64 to f32
      %18 = math.absf %in_6 : f32
      %19 = arith.addf %18, %17 : f32
      %20 = math.rsqrt %19 : f32
      %21 = arith.subf %in, %in_5 : f32
      %22 = arith.mulf %21, %20 : f32
      %23 = arith.mulf %22, %in_3 : f32
      %24 = arith.addf %23, %in_4 : f32
      linalg.yield %24 : f32
    } -> tensor<2x8x16x16xf32>
    %5 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%4 : tensor<2x8x16x16xf32>) outs(%0 : tensor<2x8x16x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.cmpf ugt, %in, %cst : f32
      %18 = arith.select %17, %in, %cst : f32
      linalg.yield %18 : f32
    } -> tensor<2x8x16x16xf32>
    %6 = tensor.empty() : tensor<2x8x8x8xf32>
    %7 = linalg.fill ins(%cst_0 : f32) outs(%6 : tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
    %8 = tensor.empty() : tensor<2x2xf32>
    %9 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%5, %8 : tensor<2x8x16x16xf32>, tensor<2x2xf32>) outs(%7 : tensor<2x8x8x8xf32>) -> tensor<2x8x8x8xf32>
    %padded_7 = tensor.pad %9 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg10: index, %arg11: index, %arg12: index, %arg13: index):
      tensor.yield %cst : f32
    } : tensor<2x8x8x8xf32> to tensor<2x8x10x10xf32>
    %10 = tensor.empty() : tensor<2x8x4x4xf32>
    %11 = linalg.fill ins(%cst : f32) outs(%10 : tensor<2x8x4x4xf32>) -> tensor<2x8x4x4xf32>
    %12 = linalg.depthwise_conv_2d_nchw_chw {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%padded_7, %arg7 : tensor<2x8x10x10xf32>, tensor<8x3x3xf32>) outs(%11 : tensor<2x8x4x4xf32>) -> tensor<2x8x4x4xf32>
    %13 = tensor.empty() : tensor<2x8x1x1xf32>
    %14 = linalg.fill ins(%cst : f32) outs(%13 : tensor<2x8x1x1xf32>) -> tensor<2x8x1x1xf32>
    %15 = linalg.generic {indexing_maps = [#map1, #map5], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%12 : tensor<2x8x4x4xf32>) outs(%14 : tensor<2x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.addf %in, %out : f32
      linalg.yield %17 : f32
    } -> tensor<2x8x1x1xf32>
    %16 = linalg.generic {indexing_maps = [#map5, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%15 : tensor<2x8x1x1xf32>) outs(%13 : tensor<2x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %17 = arith.divf %in, %cst_2 : f32
      linalg.yield %17 : f32
    } -> tensor<2x8x1x1xf32>
    %collapsed = tensor.collapse_shape %16 [[0], [1, 2, 3]] : tensor<2x8x1x1xf32> into tensor<2x8xf32>
    %25 = tensor.empty() : tensor<8x10xf32>
    %transposed = linalg.transpose ins(%arg8 : tensor<10x8xf32>) outs(%25 : tensor<8x10xf32>) permutation = [1, 0]
    %26 = tensor.empty() : tensor<2x10xf32>
    %27 = linalg.fill ins(%cst : f32) outs(%26 : tensor<2x10xf32>) -> tensor<2x10xf32>
    %28 = linalg.matmul ins(%collapsed, %transposed : tensor<2x8xf32>, tensor<8x10xf32>) outs(%27 : tensor<2x10xf32>) -> tensor<2x10xf32>
    %29 = linalg.generic {indexing_maps = [#map2, #map4, #map2], iterator_types = ["parallel", "parallel"]} ins(%28, %arg9 : tensor<2x10xf32>, tensor<10xf32>) outs(%26 : tensor<2x10xf32>) {
    ^bb0(%in: f32, %in_8: f32, %out: f32):
      %30 = arith.addf %in, %in_8 : f32
      linalg.yield %30 : f32
    } -> tensor<2x10xf32>
    return %29 : tensor<2x10xf32>
  }
}
