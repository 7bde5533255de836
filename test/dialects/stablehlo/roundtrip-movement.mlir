// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @constant() -> tensor<2xf32> {
  // CHECK: %y = stablehlo.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %y = stablehlo.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @iota() -> tensor<2x3xi32> {
  // CHECK: %y = stablehlo.iota dim = 1 : tensor<2x3xi32>
  %y = stablehlo.iota dim = 1 : tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

func.func @dynamic_iota(%n: tensor<1xi32>) -> tensor<?xi32> {
  // CHECK: %y = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>
  %y = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>
  func.return %y : tensor<?xi32>
}

func.func @reshape(%x: tensor<2x3xf32>) -> tensor<6xf32> {
  // CHECK: %y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  %y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  func.return %y : tensor<6xf32>
}

func.func @dynamic_reshape(%x: tensor<?x4xf32>, %n: tensor<1xi32>) -> tensor<?xf32> {
  // CHECK: %y = stablehlo.dynamic_reshape %x, %n : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>
  %y = stablehlo.dynamic_reshape %x, %n : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

func.func @transpose(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  // CHECK: %y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}

func.func @reverse(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK: %y = stablehlo.reverse %x, dims = [1] : tensor<2x3xf32>
  %y = stablehlo.reverse %x, dims = [1] : tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

func.func @broadcast_in_dim(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  // CHECK: %y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

func.func @dynamic_broadcast_in_dim(%x: tensor<3xf32>, %n: tensor<2xi32>) -> tensor<?x3xf32> {
  // CHECK: %y = stablehlo.dynamic_broadcast_in_dim %x, %n, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<?x3xf32>
  %y = stablehlo.dynamic_broadcast_in_dim %x, %n, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<?x3xf32>
  func.return %y : tensor<?x3xf32>
}

func.func @broadcast(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  // CHECK: %y = stablehlo.broadcast %x, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>
  %y = stablehlo.broadcast %x, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

func.func @concatenate(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<5xf32> {
  // CHECK: %z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  %z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  func.return %z : tensor<5xf32>
}

func.func @slice(%x: tensor<3x4xf32>) -> tensor<1x2xf32> {
  // CHECK: %y = stablehlo.slice %x [1:2, 0:4:2] : (tensor<3x4xf32>) -> tensor<1x2xf32>
  %y = stablehlo.slice %x [1:2, 0:4:2] : (tensor<3x4xf32>) -> tensor<1x2xf32>
  func.return %y : tensor<1x2xf32>
}

func.func @real_dynamic_slice(%x: tensor<?xf32>, %limit: tensor<1xi32>) -> tensor<?xf32> {
  %one = stablehlo.constant dense<1> : tensor<1xi32>
  // CHECK: %y = stablehlo.real_dynamic_slice %x, %one, %limit, %one : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  %y = stablehlo.real_dynamic_slice %x, %one, %limit, %one : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

func.func @dynamic_slice(%x: tensor<3x4xf32>, %i: tensor<i32>, %j: tensor<i32>) -> tensor<1x4xf32> {
  // CHECK: %y = stablehlo.dynamic_slice %x, %i, %j, sizes = [1, 4] : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<1x4xf32>
  %y = stablehlo.dynamic_slice %x, %i, %j, sizes = [1, 4] : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<1x4xf32>
  func.return %y : tensor<1x4xf32>
}

func.func @dynamic_update_slice(%x: tensor<3x4xf32>, %y: tensor<1x4xf32>, %i: tensor<i32>, %j: tensor<i32>) -> tensor<3x4xf32> {
  // CHECK: %z = stablehlo.dynamic_update_slice %x, %y, %i, %j : (tensor<3x4xf32>, tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<3x4xf32>
  %z = stablehlo.dynamic_update_slice %x, %y, %i, %j : (tensor<3x4xf32>, tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<3x4xf32>
  func.return %z : tensor<3x4xf32>
}

func.func @pad(%x: tensor<3xf32>, %v: tensor<f32>) -> tensor<7xf32> {
  // CHECK: %y = stablehlo.pad %x, %v, low = [1], high = [-1], interior = [2] : (tensor<3xf32>, tensor<f32>) -> tensor<7xf32>
  %y = stablehlo.pad %x, %v, low = [1], high = [-1], interior = [2] : (tensor<3xf32>, tensor<f32>) -> tensor<7xf32>
  func.return %y : tensor<7xf32>
}

func.func @dynamic_pad(%x: tensor<?xf32>) -> tensor<?xf32> {
  %v = stablehlo.constant dense<0.000000e+00> : tensor<f32>
  %one = stablehlo.constant dense<1> : tensor<1xi32>
  %none = stablehlo.constant dense<0> : tensor<1xi32>
  // CHECK: %y = stablehlo.dynamic_pad %x, %v, %one, %one, %none : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  %y = stablehlo.dynamic_pad %x, %v, %one, %one, %none : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

func.func @gather(%x: tensor<9x4xf32>, %i: tensor<3x1xi32>) -> tensor<3x4xf32> {
  // CHECK: %y = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x1xi32>) -> tensor<3x4xf32>
  %y = "stablehlo.gather"(%x, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x1xi32>) -> tensor<3x4xf32>
  func.return %y : tensor<3x4xf32>
}

func.func @dynamic_gather(%x: tensor<?xf32>, %i: tensor<1xi32>, %n: tensor<1xi32>) -> tensor<?xf32> {
  // CHECK: %y = "stablehlo.dynamic_gather"(%x, %i, %n) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], start_index_map = [0]>}> : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  %y = "stablehlo.dynamic_gather"(%x, %i, %n) <{dimension_numbers = #stablehlo.gather<offset_dims = [0], start_index_map = [0]>}> : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

func.func @torch_index_select(%x: tensor<9x4xf32>, %i: tensor<3xi32>) -> tensor<3x4xf32> {
  // CHECK: %y = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 0 : i64, dim = 0 : i64}> : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  %y = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 0 : i64, dim = 0 : i64}> : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  func.return %y : tensor<3x4xf32>
}

func.func @get_dimension_size(%x: tensor<?x4xf32>) -> tensor<i32> {
  // CHECK: %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
  func.return %n : tensor<i32>
}

func.func @set_dimension_size(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>> {
  // CHECK: %y = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>
  %y = stablehlo.set_dimension_size %x, %n, dim = 0 : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>
  func.return %y : tensor<?xf32, #stablehlo.bounds<4>>
}
