// A transformer block as torch-mlir writes it: layer norms, attention over two heads, gelu.
#map = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#map1 = affine_map<(d0, d1, d2) -> (d0, d1, 0)>
#map2 = affine_map<(d0, d1, d2) -> (d2)>
#map3 = affine_map<(d0, d1) -> (d1, d0)>
#map4 = affine_map<(d0, d1) -> (d0, d1)>
#map5 = affine_map<(d0, d1) -> (d1)>
#map6 = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
#map7 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map8 = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
module attributes {torch.debug_module_name = "Block"} {
  func.func @forward(%arg0: tensor<2x6x8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>, %arg3: tensor<8x8xf32>, %arg4: tensor<8xf32>, %arg5: tensor<8x8xf32>, %arg6: tensor<8xf32>, %arg7: tensor<8x8xf32>, %arg8: tensor<8xf32>, %arg9: tensor<8x8xf32>, %arg10: tensor<8xf32>, %arg11: tensor<8xf32>, %arg12: tensor<8xf32>, %arg13: tensor<16x8xf32>, %arg14: tensor<16xf32>, %arg15: tensor<8x16xf32>, %arg16: tensor<8xf32>) -> tensor<2x6x8xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 0xFF800000 : f32
    %cst_1 = arith.constant 8.000000e+00 : f32
    %cst_2 = arith.constant 9.99999974E-6 : f32
    %cst_3 = arith.constant 5.000000e-01 : f32
    %cst_4 = arith.constant 1.41421354 : f32
    %cst_5 = arith.constant 1.000000e+00 : f32
    %cst_6 = arith.constant 5.000000e-01 : f32
    %0 = tensor.empty() : tensor<2x6x1xf32>
    %1 = linalg.fill ins(%cst : f32) outs(%0 : tensor<2x6x1xf32>) -> tensor<2x6x1xf32>
    %2 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0 : tensor<2x6x8xf32>) outs(%1 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %3 = arith.addf %in, %out : f32
      linalg.yield %3 : f32
    } -> tensor<2x6x1xf32>
    %4 = tensor.empty() : tensor<2x6x1xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%2 : tensor<2x6x1xf32>) outs(%4 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %6 = arith.divf %in, %cst_1 : f32
      linalg.yield %6 : f32
    } -> tensor<2x6x1xf32>
    %7 = tensor.empty() : tensor<2x6x8xf32>
    %8 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %5 : tensor<2x6x8xf32>, tensor<2x6x1xf32>) outs(%7 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %9 = arith.subf %in, %in_1 : f32
      linalg.yield %9 : f32
    } -> tensor<2x6x8xf32>
    %10 = tensor.empty() : tensor<2x6x8xf32>
    %11 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %8 : tensor<2x6x8xf32>, tensor<2x6x8xf32>) outs(%10 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %12 = arith.mulf %in, %in_1 : f32
      linalg.yield %12 : f32
    } -> tensor<2x6x8xf32>
    %13 = tensor.empty() : tensor<2x6x1xf32>
    %14 = linalg.fill ins(%cst : f32) outs(%13 : tensor<2x6x1xf32>) -> tensor<2x6x1xf32>
    %15 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%11 : tensor<2x6x8xf32>) outs(%14 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %16 = arith.addf %in, %out : f32
      linalg.yield %16 : f32
    } -> tensor<2x6x1xf32>
    %17 = tensor.empty() : tensor<2x6x1xf32>
    %18 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%15 : tensor<2x6x1xf32>) outs(%17 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %19 = arith.divf %in, %cst_1 : f32
      linalg.yield %19 : f32
    } -> tensor<2x6x1xf32>
    %20 = tensor.empty() : tensor<2x6x1xf32>
    %21 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%18 : tensor<2x6x1xf32>) outs(%20 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %22 = arith.addf %in, %cst_2 : f32
      linalg.yield %22 : f32
    } -> tensor<2x6x1xf32>
    %23 = tensor.empty() : tensor<2x6x1xf32>
    %24 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%21 : tensor<2x6x1xf32>) outs(%23 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %25 = math.rsqrt %in : f32
      linalg.yield %25 : f32
    } -> tensor<2x6x1xf32>
    %26 = tensor.empty() : tensor<2x6x8xf32>
    %27 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%8, %24 : tensor<2x6x8xf32>, tensor<2x6x1xf32>) outs(%26 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %28 = arith.mulf %in, %in_1 : f32
      linalg.yield %28 : f32
    } -> tensor<2x6x8xf32>
    %29 = tensor.empty() : tensor<2x6x8xf32>
    %30 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%27, %arg1 : tensor<2x6x8xf32>, tensor<8xf32>) outs(%29 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %31 = arith.mulf %in, %in_1 : f32
      linalg.yield %31 : f32
    } -> tensor<2x6x8xf32>
    %32 = tensor.empty() : tensor<2x6x8xf32>
    %33 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%30, %arg2 : tensor<2x6x8xf32>, tensor<8xf32>) outs(%32 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %34 = arith.addf %in, %in_1 : f32
      linalg.yield %34 : f32
    } -> tensor<2x6x8xf32>
    %35 = tensor.collapse_shape %33 [[0, 1], [2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
    %36 = tensor.empty() : tensor<8x8xf32>
    %37 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg3 : tensor<8x8xf32>) outs(%36 : tensor<8x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<8x8xf32>
    %38 = tensor.empty() : tensor<12x8xf32>
    %39 = linalg.fill ins(%cst : f32) outs(%38 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %40 = linalg.matmul ins(%35, %37 : tensor<12x8xf32>, tensor<8x8xf32>) outs(%39 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %41 = tensor.empty() : tensor<12x8xf32>
    %42 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%40, %arg4 : tensor<12x8xf32>, tensor<8xf32>) outs(%41 : tensor<12x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %43 = arith.addf %in, %in_1 : f32
      linalg.yield %43 : f32
    } -> tensor<12x8xf32>
    %44 = tensor.expand_shape %42 [[0, 1], [2]] output_shape [2, 6, 8] : tensor<12x8xf32> into tensor<2x6x8xf32>
    %45 = tensor.expand_shape %44 [[0], [1], [2, 3]] output_shape [2, 6, 2, 4] : tensor<2x6x8xf32> into tensor<2x6x2x4xf32>
    %46 = tensor.empty() : tensor<2x2x6x4xf32>
    %47 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%45 : tensor<2x6x2x4xf32>) outs(%46 : tensor<2x2x6x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<2x2x6x4xf32>
    %48 = tensor.collapse_shape %47 [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
    %49 = tensor.collapse_shape %33 [[0, 1], [2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
    %50 = tensor.empty() : tensor<8x8xf32>
    %51 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg5 : tensor<8x8xf32>) outs(%50 : tensor<8x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<8x8xf32>
    %52 = tensor.empty() : tensor<12x8xf32>
    %53 = linalg.fill ins(%cst : f32) outs(%52 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %54 = linalg.matmul ins(%49, %51 : tensor<12x8xf32>, tensor<8x8xf32>) outs(%53 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %55 = tensor.empty() : tensor<12x8xf32>
    %56 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%54, %arg6 : tensor<12x8xf32>, tensor<8xf32>) outs(%55 : tensor<12x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %57 = arith.addf %in, %in_1 : f32
      linalg.yield %57 : f32
    } -> tensor<12x8xf32>
    %58 = tensor.expand_shape %56 [[0, 1], [2]] output_shape [2, 6, 8] : tensor<12x8xf32> into tensor<2x6x8xf32>
    %59 = tensor.expand_shape %58 [[0], [1], [2, 3]] output_shape [2, 6, 2, 4] : tensor<2x6x8xf32> into tensor<2x6x2x4xf32>
    %60 = tensor.empty() : tensor<2x2x6x4xf32>
    %61 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%59 : tensor<2x6x2x4xf32>) outs(%60 : tensor<2x2x6x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<2x2x6x4xf32>
    %62 = tensor.collapse_shape %61 [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
    %63 = tensor.collapse_shape %33 [[0, 1], [2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
    %64 = tensor.empty() : tensor<8x8xf32>
    %65 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg7 : tensor<8x8xf32>) outs(%64 : tensor<8x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<8x8xf32>
    %66 = tensor.empty() : tensor<12x8xf32>
    %67 = linalg.fill ins(%cst : f32) outs(%66 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %68 = linalg.matmul ins(%63, %65 : tensor<12x8xf32>, tensor<8x8xf32>) outs(%67 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %69 = tensor.empty() : tensor<12x8xf32>
    %70 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%68, %arg8 : tensor<12x8xf32>, tensor<8xf32>) outs(%69 : tensor<12x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %71 = arith.addf %in, %in_1 : f32
      linalg.yield %71 : f32
    } -> tensor<12x8xf32>
    %72 = tensor.expand_shape %70 [[0, 1], [2]] output_shape [2, 6, 8] : tensor<12x8xf32> into tensor<2x6x8xf32>
    %73 = tensor.expand_shape %72 [[0], [1], [2, 3]] output_shape [2, 6, 2, 4] : tensor<2x6x8xf32> into tensor<2x6x2x4xf32>
    %74 = tensor.empty() : tensor<2x2x6x4xf32>
    %75 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%73 : tensor<2x6x2x4xf32>) outs(%74 : tensor<2x2x6x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<2x2x6x4xf32>
    %76 = tensor.collapse_shape %75 [[0, 1], [2], [3]] : tensor<2x2x6x4xf32> into tensor<4x6x4xf32>
    %77 = tensor.empty() : tensor<4x4x6xf32>
    %78 = linalg.generic {indexing_maps = [#map8, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%62 : tensor<4x6x4xf32>) outs(%77 : tensor<4x4x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<4x4x6xf32>
    %79 = tensor.empty() : tensor<4x6x6xf32>
    %80 = linalg.fill ins(%cst : f32) outs(%79 : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
    %81 = linalg.batch_matmul ins(%48, %78 : tensor<4x6x4xf32>, tensor<4x4x6xf32>) outs(%80 : tensor<4x6x6xf32>) -> tensor<4x6x6xf32>
    %82 = tensor.empty() : tensor<4x6x6xf32>
    %83 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%81 : tensor<4x6x6xf32>) outs(%82 : tensor<4x6x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %84 = arith.mulf %in, %cst_3 : f32
      linalg.yield %84 : f32
    } -> tensor<4x6x6xf32>
    %85 = tensor.empty() : tensor<4x6x1xf32>
    %86 = linalg.fill ins(%cst_0 : f32) outs(%85 : tensor<4x6x1xf32>) -> tensor<4x6x1xf32>
    %87 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%83 : tensor<4x6x6xf32>) outs(%86 : tensor<4x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %88 = arith.maximumf %in, %out : f32
      linalg.yield %88 : f32
    } -> tensor<4x6x1xf32>
    %89 = tensor.empty() : tensor<4x6x6xf32>
    %90 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%83, %87 : tensor<4x6x6xf32>, tensor<4x6x1xf32>) outs(%89 : tensor<4x6x6xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %91 = arith.subf %in, %in_1 : f32
      linalg.yield %91 : f32
    } -> tensor<4x6x6xf32>
    %92 = tensor.empty() : tensor<4x6x6xf32>
    %93 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%90 : tensor<4x6x6xf32>) outs(%92 : tensor<4x6x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %94 = math.exp %in : f32
      linalg.yield %94 : f32
    } -> tensor<4x6x6xf32>
    %95 = tensor.empty() : tensor<4x6x1xf32>
    %96 = linalg.fill ins(%cst : f32) outs(%95 : tensor<4x6x1xf32>) -> tensor<4x6x1xf32>
    %97 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%93 : tensor<4x6x6xf32>) outs(%96 : tensor<4x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %98 = arith.addf %in, %out : f32
      linalg.yield %98 : f32
    } -> tensor<4x6x1xf32>
    %99 = tensor.empty() : tensor<4x6x6xf32>
    %100 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%93, %97 : tensor<4x6x6xf32>, tensor<4x6x1xf32>) outs(%99 : tensor<4x6x6xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %101 = arith.divf %in, %in_1 : f32
      linalg.yield %101 : f32
    } -> tensor<4x6x6xf32>
    %102 = tensor.empty() : tensor<4x6x4xf32>
    %103 = linalg.fill ins(%cst : f32) outs(%102 : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
    %104 = linalg.batch_matmul ins(%100, %76 : tensor<4x6x6xf32>, tensor<4x6x4xf32>) outs(%103 : tensor<4x6x4xf32>) -> tensor<4x6x4xf32>
    %105 = tensor.expand_shape %104 [[0, 1], [2], [3]] output_shape [2, 2, 6, 4] : tensor<4x6x4xf32> into tensor<2x2x6x4xf32>
    %106 = tensor.empty() : tensor<2x6x2x4xf32>
    %107 = linalg.generic {indexing_maps = [#map6, #map7], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%105 : tensor<2x2x6x4xf32>) outs(%106 : tensor<2x6x2x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<2x6x2x4xf32>
    %108 = tensor.collapse_shape %107 [[0], [1], [2, 3]] : tensor<2x6x2x4xf32> into tensor<2x6x8xf32>
    %109 = tensor.collapse_shape %108 [[0, 1], [2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
    %110 = tensor.empty() : tensor<8x8xf32>
    %111 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg9 : tensor<8x8xf32>) outs(%110 : tensor<8x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<8x8xf32>
    %112 = tensor.empty() : tensor<12x8xf32>
    %113 = linalg.fill ins(%cst : f32) outs(%112 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %114 = linalg.matmul ins(%109, %111 : tensor<12x8xf32>, tensor<8x8xf32>) outs(%113 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %115 = tensor.empty() : tensor<12x8xf32>
    %116 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%114, %arg10 : tensor<12x8xf32>, tensor<8xf32>) outs(%115 : tensor<12x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %117 = arith.addf %in, %in_1 : f32
      linalg.yield %117 : f32
    } -> tensor<12x8xf32>
    %118 = tensor.expand_shape %116 [[0, 1], [2]] output_shape [2, 6, 8] : tensor<12x8xf32> into tensor<2x6x8xf32>
    %119 = tensor.empty() : tensor<2x6x8xf32>
    %120 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%arg0, %118 : tensor<2x6x8xf32>, tensor<2x6x8xf32>) outs(%119 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %121 = arith.addf %in, %in_1 : f32
      linalg.yield %121 : f32
    } -> tensor<2x6x8xf32>
    %122 = tensor.empty() : tensor<2x6x1xf32>
    %123 = linalg.fill ins(%cst : f32) outs(%122 : tensor<2x6x1xf32>) -> tensor<2x6x1xf32>
    %124 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%120 : tensor<2x6x8xf32>) outs(%123 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %125 = arith.addf %in, %out : f32
      linalg.yield %125 : f32
    } -> tensor<2x6x1xf32>
    %126 = tensor.empty() : tensor<2x6x1xf32>
    %127 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%124 : tensor<2x6x1xf32>) outs(%126 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %128 = arith.divf %in, %cst_1 : f32
      linalg.yield %128 : f32
    } -> tensor<2x6x1xf32>
    %129 = tensor.empty() : tensor<2x6x8xf32>
    %130 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%120, %127 : tensor<2x6x8xf32>, tensor<2x6x1xf32>) outs(%129 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %131 = arith.subf %in, %in_1 : f32
      linalg.yield %131 : f32
    } -> tensor<2x6x8xf32>
    %132 = tensor.empty() : tensor<2x6x8xf32>
    %133 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130, %130 : tensor<2x6x8xf32>, tensor<2x6x8xf32>) outs(%132 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %134 = arith.mulf %in, %in_1 : f32
      linalg.yield %134 : f32
    } -> tensor<2x6x8xf32>
    %135 = tensor.empty() : tensor<2x6x1xf32>
    %136 = linalg.fill ins(%cst : f32) outs(%135 : tensor<2x6x1xf32>) -> tensor<2x6x1xf32>
    %137 = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel", "reduction"]} ins(%133 : tensor<2x6x8xf32>) outs(%136 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %138 = arith.addf %in, %out : f32
      linalg.yield %138 : f32
    } -> tensor<2x6x1xf32>
    %139 = tensor.empty() : tensor<2x6x1xf32>
    %140 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%137 : tensor<2x6x1xf32>) outs(%139 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %141 = arith.divf %in, %cst_1 : f32
      linalg.yield %141 : f32
    } -> tensor<2x6x1xf32>
    %142 = tensor.empty() : tensor<2x6x1xf32>
    %143 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%140 : tensor<2x6x1xf32>) outs(%142 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %144 = arith.addf %in, %cst_2 : f32
      linalg.yield %144 : f32
    } -> tensor<2x6x1xf32>
    %145 = tensor.empty() : tensor<2x6x1xf32>
    %146 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%143 : tensor<2x6x1xf32>) outs(%145 : tensor<2x6x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %147 = math.rsqrt %in : f32
      linalg.yield %147 : f32
    } -> tensor<2x6x1xf32>
    %148 = tensor.empty() : tensor<2x6x8xf32>
    %149 = linalg.generic {indexing_maps = [#map, #map1, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%130, %146 : tensor<2x6x8xf32>, tensor<2x6x1xf32>) outs(%148 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %150 = arith.mulf %in, %in_1 : f32
      linalg.yield %150 : f32
    } -> tensor<2x6x8xf32>
    %151 = tensor.empty() : tensor<2x6x8xf32>
    %152 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%149, %arg11 : tensor<2x6x8xf32>, tensor<8xf32>) outs(%151 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %153 = arith.mulf %in, %in_1 : f32
      linalg.yield %153 : f32
    } -> tensor<2x6x8xf32>
    %154 = tensor.empty() : tensor<2x6x8xf32>
    %155 = linalg.generic {indexing_maps = [#map, #map2, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%152, %arg12 : tensor<2x6x8xf32>, tensor<8xf32>) outs(%154 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %156 = arith.addf %in, %in_1 : f32
      linalg.yield %156 : f32
    } -> tensor<2x6x8xf32>
    %157 = tensor.collapse_shape %155 [[0, 1], [2]] : tensor<2x6x8xf32> into tensor<12x8xf32>
    %158 = tensor.empty() : tensor<8x16xf32>
    %159 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg13 : tensor<16x8xf32>) outs(%158 : tensor<8x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<8x16xf32>
    %160 = tensor.empty() : tensor<12x16xf32>
    %161 = linalg.fill ins(%cst : f32) outs(%160 : tensor<12x16xf32>) -> tensor<12x16xf32>
    %162 = linalg.matmul ins(%157, %159 : tensor<12x8xf32>, tensor<8x16xf32>) outs(%161 : tensor<12x16xf32>) -> tensor<12x16xf32>
    %163 = tensor.empty() : tensor<12x16xf32>
    %164 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%162, %arg14 : tensor<12x16xf32>, tensor<16xf32>) outs(%163 : tensor<12x16xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %165 = arith.addf %in, %in_1 : f32
      linalg.yield %165 : f32
    } -> tensor<12x16xf32>
    %166 = tensor.expand_shape %164 [[0, 1], [2]] output_shape [2, 6, 16] : tensor<12x16xf32> into tensor<2x6x16xf32>
    %167 = tensor.empty() : tensor<2x6x16xf32>
    %168 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%166 : tensor<2x6x16xf32>) outs(%167 : tensor<2x6x16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %169 = arith.divf %in, %cst_4 : f32
      %170 = math.erf %169 : f32
      %171 = arith.addf %170, %cst_5 : f32
      %172 = arith.mulf %171, %cst_6 : f32
      %173 = arith.mulf %in, %172 : f32
      linalg.yield %173 : f32
    } -> tensor<2x6x16xf32>
    %174 = tensor.collapse_shape %168 [[0, 1], [2]] : tensor<2x6x16xf32> into tensor<12x16xf32>
    %175 = tensor.empty() : tensor<16x8xf32>
    %176 = linalg.generic {indexing_maps = [#map3, #map4], iterator_types = ["parallel", "parallel"]} ins(%arg15 : tensor<8x16xf32>) outs(%175 : tensor<16x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      linalg.yield %in : f32
    } -> tensor<16x8xf32>
    %177 = tensor.empty() : tensor<12x8xf32>
    %178 = linalg.fill ins(%cst : f32) outs(%177 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %179 = linalg.matmul ins(%174, %176 : tensor<12x16xf32>, tensor<16x8xf32>) outs(%178 : tensor<12x8xf32>) -> tensor<12x8xf32>
    %180 = tensor.empty() : tensor<12x8xf32>
    %181 = linalg.generic {indexing_maps = [#map4, #map5, #map4], iterator_types = ["parallel", "parallel"]} ins(%179, %arg16 : tensor<12x8xf32>, tensor<8xf32>) outs(%180 : tensor<12x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %182 = arith.addf %in, %in_1 : f32
      linalg.yield %182 : f32
    } -> tensor<12x8xf32>
    %183 = tensor.expand_shape %181 [[0, 1], [2]] output_shape [2, 6, 8] : tensor<12x8xf32> into tensor<2x6x8xf32>
    %184 = tensor.empty() : tensor<2x6x8xf32>
    %185 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel"]} ins(%120, %183 : tensor<2x6x8xf32>, tensor<2x6x8xf32>) outs(%184 : tensor<2x6x8xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %186 = arith.addf %in, %in_1 : f32
      linalg.yield %186 : f32
    } -> tensor<2x6x8xf32>
    return %185 : tensor<2x6x8xf32>
  }
}
