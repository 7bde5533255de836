// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @reduce(%x: tensor<2x3xf32>, %v: tensor<f32>) -> tensor<2xf32> {
  // CHECK: %y = stablehlo.reduce(%x init: %v) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  %y = stablehlo.reduce(%x init: %v) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @reduce_window(%x: tensor<3x4xf32>, %v: tensor<f32>) -> tensor<3x2xf32> {
  // CHECK: %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 2>, window_strides = array<i64: 1, 2>}> ({
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 2>, window_strides = array<i64: 1, 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}

func.func @map(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %y = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  %y = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>):
    %b = stablehlo.abs %a : tensor<f32>
    stablehlo.return %b : tensor<f32>
  }) : (tensor<3xf32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @sort(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %y = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
  %y = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.compare LT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<3xf32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @scatter(%x: tensor<9x4xf32>, %i: tensor<3x1xi32>, %u: tensor<3x4xf32>) -> tensor<9x4xf32> {
  // CHECK: %y = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  %y = "stablehlo.scatter"(%x, %i, %u) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1], inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<9x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<9x4xf32>
  func.return %y : tensor<9x4xf32>
}

func.func @select_and_scatter(%x: tensor<4xf32>, %s: tensor<2xf32>) -> tensor<4xf32> {
  %v = stablehlo.constant dense<0.000000e+00> : tensor<f32>
  // CHECK: %y = "stablehlo.select_and_scatter"(%x, %s, %v) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  %y = "stablehlo.select_and_scatter"(%x, %s, %v) <{window_dimensions = array<i64: 2>, window_strides = array<i64: 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.compare GE, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }, {
  ^bb0(%d: tensor<f32>, %e: tensor<f32>):
    %f = stablehlo.add %d, %e : tensor<f32>
    stablehlo.return %f : tensor<f32>
  }) : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
