module @jit_functions attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<4x6xf32>) -> (tensor<4x6xf32> {jax.result_info = "result[0]"}, tensor<4x6xf32> {jax.result_info = "result[1]"}, tensor<4x6xf32> {jax.result_info = "result[2]"}, tensor<4x6xf32> {jax.result_info = "result[3]"}, tensor<4x6xf32> {jax.result_info = "result[4]"}, tensor<4x6xf32> {jax.result_info = "result[5]"}, tensor<4x6xf32> {jax.result_info = "result[6]"}, tensor<4x6xf32> {jax.result_info = "result[7]"}, tensor<4x6xf32> {jax.result_info = "result[8]"}, tensor<4x6xf32> {jax.result_info = "result[9]"}, tensor<4x6xf32> {jax.result_info = "result[10]"}, tensor<4x6xf32> {jax.result_info = "result[11]"}, tensor<4x6xf32> {jax.result_info = "result[12]"}, tensor<4x6xf32> {jax.result_info = "result[13]"}, tensor<4x6xf32> {jax.result_info = "result[14]"}) {
    %0 = chlo.erf %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %1 = chlo.erfc %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %cst = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %3 = stablehlo.divide %arg0, %2 : tensor<4x6xf32>
    %4 = chlo.erf_inv %3 : tensor<4x6xf32> -> tensor<4x6xf32>
    %cst_0 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %5 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %6 = stablehlo.divide %arg0, %5 : tensor<4x6xf32>
    %7 = chlo.asin %6 : tensor<4x6xf32> -> tensor<4x6xf32>
    %8 = stablehlo.multiply %arg0, %arg0 : tensor<4x6xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %9 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %10 = stablehlo.add %9, %8 : tensor<4x6xf32>
    %11 = call @arccosh(%10) : (tensor<4x6xf32>) -> tensor<4x6xf32>
    %12 = chlo.sinh %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %cst_2 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %13 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %14 = stablehlo.divide %arg0, %13 : tensor<4x6xf32>
    %15 = chlo.atanh %14 : tensor<4x6xf32> -> tensor<4x6xf32>
    %16 = chlo.square %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %cst_3 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %17 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %18 = stablehlo.multiply %17, %arg0 : tensor<4x6xf32>
    %19 = stablehlo.negate %arg0 : tensor<4x6xf32>
    %cst_4 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %20 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %21 = stablehlo.multiply %19, %20 : tensor<4x6xf32>
    %22 = chlo.erfc %21 : tensor<4x6xf32> -> tensor<4x6xf32>
    %23 = stablehlo.multiply %18, %22 : tensor<4x6xf32>
    %cst_5 = stablehlo.constant dense<4.000000e+00> : tensor<f32>
    %24 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %25 = stablehlo.multiply %arg0, %24 : tensor<4x6xf32>
    %26 = chlo.erfc %25 : tensor<4x6xf32> -> tensor<4x6xf32>
    %27 = chlo.atan %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %28 = chlo.cosh %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %29 = chlo.asinh %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    %cst_6 = stablehlo.constant dense<8.000000e+00> : tensor<f32>
    %30 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<4x6xf32>
    %31 = stablehlo.divide %arg0, %30 : tensor<4x6xf32>
    %32 = chlo.acos %31 : tensor<4x6xf32> -> tensor<4x6xf32>
    %33 = stablehlo.tan %arg0 : tensor<4x6xf32>
    return %0, %1, %4, %7, %11, %12, %15, %16, %23, %26, %27, %28, %29, %32, %33 : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>
  }
  func.func private @arccosh(%arg0: tensor<4x6xf32>) -> tensor<4x6xf32> {
    %0 = chlo.acosh %arg0 : tensor<4x6xf32> -> tensor<4x6xf32>
    return %0 : tensor<4x6xf32>
  }
}
