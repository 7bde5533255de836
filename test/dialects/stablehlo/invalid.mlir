// RUN: dlir-opt %s --split-input-file --verify-diagnostics

// Elementwise

func.func @element_type(%x: tensor<2xi32>) {
  // expected-error@+1 {{expected elements of type float or complex, got i32 [stablehlo-element-type]}}
  %y = stablehlo.exponential %x : tensor<2xi32>
  func.return
}

// -----

func.func @operands_of_two_shapes(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error@+1 {{expected operands of one shape, got [2] and [3] [stablehlo-shape]}}
  %z = stablehlo.add %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @operands_of_two_types(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error@+1 {{expected elements of type f32, got f16 [stablehlo-element-type]}}
  %z = stablehlo.add %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  func.return
}

// -----

func.func @no_tensor(%x: f32) {
  // expected-error@+1 {{expected a ranked tensor, got f32 [stablehlo-tensor]}}
  %y = stablehlo.abs %x : f32
  func.return
}

// -----

func.func @compare_result(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a result of i1, got tensor<2xi32> [stablehlo-element-type]}}
  %y = stablehlo.compare LT, %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi32>
  func.return
}

// -----

func.func @compare_direction(%x: tensor<2xf32>) {
  // expected-error@+1 {{Expected `EQ`, `NE`, `GE`, `GT`, `LE`, or `LT`}}
  %y = stablehlo.compare UP, %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  func.return
}

// -----

func.func @select_condition(%c: tensor<3xi1>, %x: tensor<2xf32>) {
  // expected-error@+1 {{expected a condition of shape [2] or [], got tensor<3xi1> [stablehlo-shape]}}
  %y = stablehlo.select %c, %x, %x : tensor<3xi1>, tensor<2xf32>
  func.return
}

// -----

func.func @clamp_bounds(%x: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{expected bounds of shape [2] or [], got tensor<3xf32> [stablehlo-shape]}}
  %y = stablehlo.clamp %b, %x, %b : (tensor<3xf32>, tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @bitcast(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a result with the bits of tensor<2xf32>, got tensor<2xi16> [stablehlo-shape]}}
  %y = stablehlo.bitcast_convert %x : (tensor<2xf32>) -> tensor<2xi16>
  func.return
}

// -----

func.func @format(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a format like e8m10}}
  %y = stablehlo.reduce_precision %x, format = f16 : tensor<2xf32>
  func.return
}

// -----

// Movement

func.func @constant() {
  // expected-error@+1 {{expected dense<...> : type}}
  %y = stablehlo.constant 1 : i32
  func.return
}

// -----

func.func @constant_type() {
  // expected-error@+1 {{expected a result of type tensor<2xi32>, got tensor<3xi32> [stablehlo-shape]}}
  %y = "stablehlo.constant"() <{value = dense<1> : tensor<2xi32>}> : () -> tensor<3xi32>
  func.return
}

// -----

func.func @iota() {
  // expected-error@+1 {{expected an axis that differ, from 0 to 1, got [2] [stablehlo-axes]}}
  %y = stablehlo.iota dim = 2 : tensor<2x3xi32>
  func.return
}

// -----

func.func @reshape(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a shape of 6 elements, got [5] [stablehlo-shape]}}
  %y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected axes that differ, from 0 to 1, got [1, 1] [stablehlo-axes]}}
  %y = stablehlo.transpose %x, dims = [1, 1] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @transpose_result(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected a result of shape [3, 2], got tensor<2x3xf32> [stablehlo-shape]}}
  %y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @broadcast_sizes(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected sizes of 1 or of the result, got [3] for [2, 4] [stablehlo-shape]}}
  %y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @broadcast_dims(%x: tensor<3xf32>) {
  // expected-error@+1 {{expected 1 dims, one per dimension of the operand, got 2 [stablehlo-property]}}
  %y = stablehlo.broadcast_in_dim %x, dims = [0, 1] : (tensor<3xf32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @concatenate(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error@+1 {{expected operands of one shape, got [?, 3] and [?, 4] [stablehlo-shape]}}
  %z = stablehlo.concatenate %x, %y, dim = 0 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  func.return
}

// -----

func.func @slice(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= start <= limit <= size and strides >= 1 for [4] [stablehlo-slice]}}
  %y = stablehlo.slice %x [2:5] : (tensor<4xf32>) -> tensor<3xf32>
  func.return
}

// -----

func.func @pad(%x: tensor<4xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{expected paddings that leave no negative size [stablehlo-shape]}}
  %y = stablehlo.pad %x, %v, low = [-3], high = [-2], interior = [0]
      : (tensor<4xf32>, tensor<f32>) -> tensor<0xf32>
  func.return
}

// -----

func.func @dynamic_slice(%x: tensor<4xf32>, %i: tensor<i32>) {
  // expected-error@+1 {{expected sizes within [4], got [5] [stablehlo-slice]}}
  %y = stablehlo.dynamic_slice %x, %i, sizes = [5] : (tensor<4xf32>, tensor<i32>) -> tensor<5xf32>
  func.return
}

// -----

func.func @gather_index(%x: tensor<9x4xf32>, %i: tensor<3x2xi32>) {
  // expected-error@+1 {{expected indices of 1 parts, got 2 [stablehlo-axes]}}
  %y = "stablehlo.gather"(%x, %i) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
                                          start_index_map = [0], index_vector_dim = 1>,
    slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x2xi32>) -> tensor<3x4xf32>
  func.return
}

// -----

func.func @gather_field(%x: tensor<9x4xf32>, %i: tensor<3x2xi32>) {
  // expected-error@+2 {{expected one of offset_dims, collapsed_slice_dims}}
  %y = "stablehlo.gather"(%x, %i) <{
    dimension_numbers = #stablehlo.gather<offset = [1]>,
    slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x2xi32>) -> tensor<3x4xf32>
  func.return
}

// -----

// Contraction

func.func @dot_general(%x: tensor<3x4xf32>, %y: tensor<5x6xf32>) {
  // expected-error@+1 {{dimension 1 of lhs has size 4, 0 of rhs has 5 [stablehlo-shape]}}
  %z = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0]
      : (tensor<3x4xf32>, tensor<5x6xf32>) -> tensor<3x6xf32>
  func.return
}

// -----

func.func @dot_general_dimensions(%x: tensor<3x4xf32>, %y: tensor<4x6xf32>) {
  // expected-error@+1 {{expected as many contracting dimensions of both, got [0, 1] and [0] [stablehlo-axes]}}
  %z = stablehlo.dot_general %x, %y, contracting_dims = [0, 1] x [0]
      : (tensor<3x4xf32>, tensor<4x6xf32>) -> tensor<6xf32>
  func.return
}

// -----

func.func @convolution_labels(%x: tensor<1x8x3xf32>, %w: tensor<3x3x4xf32>) {
  // expected-error@+1 {{expected b, f, 0 in some order, got ['b', '0', '0'] [stablehlo-axes]}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 0]x[0, i, o]->[b, 0, f], window = {}
      {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x8x3xf32>, tensor<3x3x4xf32>) -> tensor<1x6x4xf32>
  func.return
}

// -----

func.func @convolution_features(%x: tensor<1x8x3xf32>, %w: tensor<3x2x4xf32>) {
  // expected-error@+1 {{lhs has 3 features, rhs expects 2 in 1 groups [stablehlo-shape]}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
      {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x8x3xf32>, tensor<3x2x4xf32>) -> tensor<1x6x4xf32>
  func.return
}

// -----

func.func @convolution_window(%x: tensor<1x8x3xf32>, %w: tensor<3x3x4xf32>) {
  // expected-error@+2 {{expected one of stride, pad, lhs_dilate, rhs_dilate, reverse}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f],
      window = {step = [1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x8x3xf32>, tensor<3x3x4xf32>) -> tensor<1x6x4xf32>
  func.return
}

// -----

// Regions

func.func @reduce_inner(%x: tensor<2x3xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{expected a commutative op of two operands after 'applies', got stablehlo.subtract}}
  %y = stablehlo.reduce(%x init: %v) applies stablehlo.subtract across dimensions = [1]
      : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @reduce_region(%x: tensor<2x3xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{expected a region with arguments (tensor<f32>, tensor<f32>), got (tensor<f32>) [stablehlo-region]}}
  %y = "stablehlo.reduce"(%x, %v) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>):
    stablehlo.return %a : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @reduce_window(%x: tensor<4xf32>, %v: tensor<f32>) {
  // expected-error@+1 {{expected a result of shape [3], got tensor<4xf32> [stablehlo-shape]}}
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @sort_axis(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected an axis of [4], got 1 [stablehlo-axes]}}
  %y = "stablehlo.sort"(%x) <{dimension = 1 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @scatter_updates(%x: tensor<9x4xf32>, %i: tensor<3x1xi32>, %u: tensor<2x4xf32>) {
  // expected-error@+1 {{expected updates of shape [3, 4], got [2, 4] [stablehlo-shape]}}
  %y = "stablehlo.scatter"(%x, %i, %u) <{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    stablehlo.return %b : tensor<f32>
  }) : (tensor<9x4xf32>, tensor<3x1xi32>, tensor<2x4xf32>) -> tensor<9x4xf32>
  func.return
}

// -----

// Control flow

func.func @if_condition(%c: tensor<i32>, %x: tensor<2xf32>) {
  // expected-error@+1 {{expected a condition of type tensor<i1>, got tensor<i32> [stablehlo-element-type]}}
  %y = "stablehlo.if"(%c) ({
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @case_result(%i: tensor<i32>, %x: tensor<2xf32>) {
  // expected-error@+1 {{expected a region that returns (tensor<3xf32>), got (tensor<2xf32>) [stablehlo-region]}}
  %y = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<3xf32>
  func.return
}

// -----

func.func @while_condition(%x: tensor<2xf32>) {
  // expected-error@+1 {{expected a condition that returns one tensor<i1> [stablehlo-region]}}
  %y = stablehlo.while(%i = %x) : tensor<2xf32>
  cond {
    stablehlo.return %i : tensor<2xf32>
  } do {
    stablehlo.return %i : tensor<2xf32>
  }
  func.return
}

// -----

func.func @dynamic_sizes(%x: tensor<4xf32>, %n: tensor<3xi32>) {
  // expected-error@+1 {{expected 2 sizes of the result, got tensor<3xi32> [stablehlo-shape]}}
  %y = stablehlo.dynamic_reshape %x, %n : (tensor<4xf32>, tensor<3xi32>) -> tensor<?x2xf32>
  func.return
}

// -----

func.func @keys(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{expected one of dims}}
  %y = stablehlo.transpose %x, perm = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @generator_state(%s: tensor<3xui64>) {
  // expected-error@+1 {{expected a state of type tensor<2xui64>, got tensor<3xui64> [stablehlo-shape]}}
  %t, %y = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY
      : (tensor<3xui64>) -> (tensor<3xui64>, tensor<4xui32>)
  func.return
}

// -----

func.func @generator_next_state(%s: tensor<3xui64>) {
  // expected-error@+1 {{expected a next state of type tensor<3xui64>, got tensor<2xui64> [stablehlo-shape]}}
  %t, %y = stablehlo.rng_bit_generator %s, algorithm = PHILOX
      : (tensor<3xui64>) -> (tensor<2xui64>, tensor<4xui32>)
  func.return
}

// -----

func.func @square(%x: tensor<2x3x4xf32>) {
  // expected-error@+1 {{expected square matrices, got [2, 3, 4] [stablehlo-shape]}}
  %y = stablehlo.cholesky %x, lower = true : tensor<2x3x4xf32>
  func.return
}

// -----

func.func @right_side(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) {
  // expected-error@+1 {{expected b of the batch and size of [3, 3], got [3, 2] [stablehlo-shape]}}
  %y = "stablehlo.triangular_solve"(%a, %b) <{left_side = false, lower = true,
    transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}>
    : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @half_of_a_transform(%x: tensor<8xf32>) {
  // expected-error@+1 {{expected a result of shape [5], got tensor<8xcomplex<f32>> [stablehlo-shape]}}
  %y = stablehlo.fft %x, type = RFFT, length = [8] : (tensor<8xf32>) -> tensor<8xcomplex<f32>>
  func.return
}

// -----

func.func @transform_of_reals(%x: tensor<8xf32>) {
  // expected-error@+1 {{expected complex numbers for FFT, got tensor<8xf32> [stablehlo-element-type]}}
  %y = stablehlo.fft %x, type = FFT, length = [8] : (tensor<8xf32>) -> tensor<8xcomplex<f32>>
  func.return
}
