// RUN: dlir-opt %s --convert-stablehlo-to-dl | filecheck %s

// Broadcasts that dl ops make by themselves are left out.

// CHECK-LABEL: func.func @broadcast_into_add
// CHECK-NEXT: dl.add %x, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: func.return
func.func @broadcast_into_add(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  %0 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<4xf32>) -> tensor<1x4xf32>
  %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x4xf32>) -> tensor<2x4xf32>
  %2 = stablehlo.add %x, %1 : tensor<2x4xf32>
  func.return %2 : tensor<2x4xf32>
}

// The dimensions of the operand go where dims says.

// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT: [[T:%.*]] = dl.transpose %x {perm = [1, 0]} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT: [[R:%.*]] = dl.reshape [[T]] : tensor<3x2xf32> -> tensor<3x1x2xf32>
// CHECK-NEXT: dl.broadcast [[R]] : tensor<3x1x2xf32> -> tensor<3x4x2xf32>
func.func @broadcast(%x: tensor<2x3xf32>) -> tensor<3x4x2xf32> {
  %0 = stablehlo.broadcast_in_dim %x, dims = [2, 0] : (tensor<2x3xf32>) -> tensor<3x4x2xf32>
  func.return %0 : tensor<3x4x2xf32>
}

// Softmax, as JAX takes it apart, looks as dl-raise-composites expects it.

// CHECK-LABEL: func.func @softmax
// CHECK-NEXT: [[M:%.*]] = dl.reduce_max %x {axes = [1], keepdims} : tensor<2x4xf32> -> tensor<2x1xf32>
// CHECK-NEXT: [[D:%.*]] = dl.sub %x, [[M]]
// CHECK-NEXT: [[E:%.*]] = dl.exp [[D]]
// CHECK-NEXT: [[S:%.*]] = dl.reduce_sum [[E]] {axes = [1], keepdims} : tensor<2x4xf32> -> tensor<2x1xf32>
// CHECK-NEXT: dl.div [[E]], [[S]]
func.func @softmax(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1]
      : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
  %1 = stablehlo.broadcast_in_dim %low, dims = [] : (tensor<f32>) -> tensor<2xf32>
  %2 = stablehlo.maximum %1, %0 : tensor<2xf32>
  %3 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<2xf32>) -> tensor<2x1xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1] : (tensor<2x1xf32>) -> tensor<2x4xf32>
  %5 = stablehlo.subtract %x, %4 : tensor<2x4xf32>
  %6 = stablehlo.exponential %5 : tensor<2x4xf32>
  %7 = stablehlo.reduce(%6 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
  %8 = stablehlo.broadcast_in_dim %7, dims = [0] : (tensor<2xf32>) -> tensor<2x4xf32>
  %9 = stablehlo.divide %6, %8 : tensor<2x4xf32>
  func.return %9 : tensor<2x4xf32>
}

// A constant of equal items is one item.

// CHECK-LABEL: func.func @splat
// CHECK-NEXT: [[C:%.*]] = dl.constant dense<2.000000e+00> : tensor<f32>
// CHECK-NEXT: dl.mul %x, [[C]]
func.func @splat(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %c = stablehlo.constant dense<2.0> : tensor<64x64xf32>
  %0 = stablehlo.multiply %x, %c : tensor<64x64xf32>
  func.return %0 : tensor<64x64xf32>
}

// Products: a right operand that has its inner dimension last stays as it is.

// CHECK-LABEL: func.func @dot_general
// CHECK-NEXT: dl.matmul %x, %y acc f32 {transpose_rhs} : (tensor<2x3x4xf32>, tensor<2x5x4xf32>) -> tensor<2x3x5xf32>
func.func @dot_general(%x: tensor<2x3x4xf32>, %y: tensor<2x5x4xf32>) -> tensor<2x3x5xf32> {
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<2x3x4xf32>, tensor<2x5x4xf32>) -> tensor<2x3x5xf32>
  func.return %0 : tensor<2x3x5xf32>
}

// Several free and inner dimensions become one each.

// CHECK-LABEL: func.func @dot_general_many
// CHECK-NEXT: [[X:%.*]] = dl.reshape %x : tensor<2x3x4x5xf32> -> tensor<6x20xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.reshape %y : tensor<4x5x6xf32> -> tensor<20x6xf32>
// CHECK-NEXT: [[Z:%.*]] = dl.matmul [[X]], [[Y]] acc f32
// CHECK-NEXT: dl.reshape [[Z]] : tensor<6x6xf32> -> tensor<2x3x6xf32>
func.func @dot_general_many(%x: tensor<2x3x4x5xf32>, %y: tensor<4x5x6xf32>) -> tensor<2x3x6xf32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [2, 3] x [0, 1]
      : (tensor<2x3x4x5xf32>, tensor<4x5x6xf32>) -> tensor<2x3x6xf32>
  func.return %0 : tensor<2x3x6xf32>
}

// Integers are summed in the result's type.

// CHECK-LABEL: func.func @dot_general_i8
// CHECK-NEXT: dl.matmul %x, %y acc i32 : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
func.func @dot_general_i8(%x: tensor<3x4xi8>, %y: tensor<4x5xi8>) -> tensor<3x5xi32> {
  %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0]
      : (tensor<3x4xi8>, tensor<4x5xi8>) -> tensor<3x5xi32>
  func.return %0 : tensor<3x5xi32>
}

// Convolutions: the layout of the image stays, the kernel becomes [out, in, height, width].

// CHECK-LABEL: func.func @convolution
// CHECK-NEXT: [[W:%.*]] = dl.transpose %w {perm = [3, 2, 0, 1]} : tensor<3x3x3x4xf32> -> tensor<4x3x3x3xf32>
// CHECK-NEXT: dl.conv2d %x, [[W]] acc f32 {strides = [2, 1], padding = [0, 1, 1, 1], layout = "nhwc"}
func.func @convolution(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x4x8x4xf32> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f],
      window = {stride = [2, 1], pad = [[0, 1], [1, 1]]}
      {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x4x8x4xf32>
  func.return %0 : tensor<1x4x8x4xf32>
}

// One dimension is two of which one has size 1; a reversed kernel is turned.

// CHECK-LABEL: func.func @convolution_1d
// CHECK-NEXT: [[X:%.*]] = dl.reshape %x : tensor<1x3x8xf32> -> tensor<1x3x1x8xf32>
// CHECK-NEXT: [[W:%.*]] = dl.reshape %w : tensor<4x3x3xf32> -> tensor<4x3x1x3xf32>
// CHECK-NEXT: [[R:%.*]] = dl.slice [[W]] {offsets = [0, 0, 0, 2], strides = [1, 1, 1, -1]}
// CHECK-NEXT: [[Y:%.*]] = dl.conv2d [[X]], [[R]] acc f32
// CHECK-NEXT: dl.reshape [[Y]] : tensor<1x4x1x6xf32> -> tensor<1x4x6xf32>
func.func @convolution_1d(%x: tensor<1x3x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<1x4x6xf32> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0],
      window = {reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x3x8xf32>, tensor<4x3x3xf32>) -> tensor<1x4x6xf32>
  func.return %0 : tensor<1x4x6xf32>
}

// An embedding is one gather along an axis.

// CHECK-LABEL: func.func @embedding
// CHECK:      [[I:%.*]] = dl.min
// CHECK-NEXT: dl.gather %x, [[I]] {axis = 0} : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
// CHECK-NEXT: func.return
func.func @embedding(%x: tensor<9x4xf32>, %i: tensor<3x1xi32>) -> tensor<3x4xf32> {
  %y = "stablehlo.gather"(%x, %i) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
                                          start_index_map = [0], index_vector_dim = 1>,
    slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x1xi32>) -> tensor<3x4xf32>
  func.return %y : tensor<3x4xf32>
}

// Places in two dimensions are places in the flattened operand.

// CHECK-LABEL: func.func @points
// CHECK:      [[F:%.*]] = dl.reshape %x : tensor<9x4xf32> -> tensor<36xf32>
// CHECK-NEXT: dl.gather [[F]], %{{.*}} {axis = 0} : (tensor<36xf32>, tensor<3xi64>) -> tensor<3xf32>
func.func @points(%x: tensor<9x4xf32>, %i: tensor<3x2xi32>) -> tensor<3xf32> {
  %y = "stablehlo.gather"(%x, %i) <{
    dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1],
                                          index_vector_dim = 1>,
    slice_sizes = array<i64: 1, 1>}> : (tensor<9x4xf32>, tensor<3x2xi32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

// Pooling, and a window of three of windows of two.

// CHECK-LABEL: func.func @max_pool
// CHECK-NEXT: dl.max_pool2d %x {kernel = [2, 2], strides = [2, 2], layout = "nhwc"}
func.func @max_pool(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32> {
  %v = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 2, 2, 1>,
      window_strides = array<i64: 1, 2, 2, 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.maximum %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<1x8x8x3xf32>, tensor<f32>) -> tensor<1x4x4x3xf32>
  func.return %y : tensor<1x4x4x3xf32>
}

// CHECK-LABEL: func.func @window_of_three
// CHECK-NEXT: [[A:%.*]] = dl.slice %x {offsets = [0], strides = [1]} : tensor<8xf32> -> tensor<6xf32>
// CHECK-NEXT: [[B:%.*]] = dl.slice %x {offsets = [0], strides = [1]} : tensor<8xf32> -> tensor<7xf32>
// CHECK-NEXT: [[C:%.*]] = dl.slice %x {offsets = [1], strides = [1]} : tensor<8xf32> -> tensor<7xf32>
// CHECK-NEXT: [[D:%.*]] = dl.add [[B]], [[C]]
// CHECK-NEXT: [[E:%.*]] = dl.slice [[D]] {offsets = [1], strides = [1]} : tensor<7xf32> -> tensor<6xf32>
// CHECK-NEXT: dl.add [[A]], [[E]]
func.func @window_of_three(%x: tensor<8xf32>) -> tensor<6xf32> {
  %v = stablehlo.constant dense<0.0> : tensor<f32>
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<6xf32>
  func.return %y : tensor<6xf32>
}

// Control flow: conditions leave their tensors.

// CHECK-LABEL: func.func @while
// CHECK:      [[W:%.*]] = scf.while (%i = %n) : (tensor<i32>) -> tensor<i32> {
// CHECK:        [[C:%.*]] = dl.compare lt, %i, %{{.*}}
// CHECK-NEXT:   [[B:%.*]] = tensor.extract [[C]][] : tensor<i1>
// CHECK-NEXT:   scf.condition([[B]]) %i : tensor<i32>
// CHECK-NEXT: } do {
// CHECK:        scf.yield %{{.*}} : tensor<i32>
func.func @while(%n: tensor<i32>) -> tensor<i32> {
  %ten = stablehlo.constant dense<10> : tensor<i32>
  %r = stablehlo.while(%i = %n) : tensor<i32>
  cond {
    %c = stablehlo.compare LT, %i, %ten, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %i : tensor<i32>
    stablehlo.return %j : tensor<i32>
  }
  func.return %r : tensor<i32>
}

// Calls and composites are inlined; private functions disappear.

// CHECK-LABEL: func.func @call
// CHECK-NEXT: [[T:%.*]] = dl.tanh %x
// CHECK-NEXT: dl.erf [[T]]
// CHECK-NOT: func.func private
func.func @call(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = func.call @helper(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %1 = stablehlo.composite "chlo.erf" %0 {decomposition = @erf, version = 1 : i32}
      : (tensor<3xf32>) -> tensor<3xf32>
  func.return %1 : tensor<3xf32>
}
func.func private @helper(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.composite "my.tanh" %x {decomposition = @tanh} : (tensor<3xf32>) -> tensor<3xf32>
  func.return %0 : tensor<3xf32>
}
func.func private @tanh(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.tanh %x : tensor<3xf32>
  func.return %0 : tensor<3xf32>
}
func.func private @erf(%x: tensor<3xf32>) -> tensor<3xf32> {
  func.return %x : tensor<3xf32>
}

// Sizes that are computed become index arithmetic.

// CHECK-LABEL: func.func @dynamic
// CHECK-NEXT: [[N:%.*]] = dl.dim %x, 0 : tensor<?x4xf32>
// CHECK-NEXT: [[F:%.*]] = arith.constant 4 : index
// CHECK-NEXT: [[M:%.*]] = arith.muli [[N]], [[F]] : index
// CHECK-NEXT: dl.reshape %x {{\[}}[[M]]] : tensor<?x4xf32> -> tensor<?xf32>
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
  %four = stablehlo.constant dense<4> : tensor<i32>
  %m = stablehlo.multiply %n, %four : tensor<i32>
  %s = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
  %y = stablehlo.dynamic_reshape %x, %s : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

// What means nothing on one device disappears.

// CHECK-LABEL: func.func @sharding
// CHECK-NEXT: func.return %x
func.func @sharding(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {mhlo.sharding = "{replicated}"}
      : (tensor<4xf32>) -> tensor<4xf32>
  %1 = stablehlo.optimization_barrier %0 : tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// What dl has an op for becomes that op: sorting with the places, extremes, running sums, scatters.

// CHECK-LABEL: func.func @argsort
// CHECK-NEXT: [[V:%.*]], [[I:%.*]] = dl.sort %x {axis = 1, descending}
// CHECK-NEXT: [[C:%.*]] = dl.cast [[I]] : tensor<3x5xi64> -> tensor<3x5xi32>
// CHECK-NEXT: func.return [[V]], [[C]]
func.func @argsort(%x: tensor<3x5xf32>) -> (tensor<3x5xf32>, tensor<3x5xi32>) {
  %i = stablehlo.iota dim = 1 : tensor<3x5xi32>
  %y:2 = "stablehlo.sort"(%x, %i) <{dimension = 1 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %j: tensor<i32>, %k: tensor<i32>):
    %c = stablehlo.compare GT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<3x5xf32>, tensor<3x5xi32>) -> (tensor<3x5xf32>, tensor<3x5xi32>)
  func.return %y#0, %y#1 : tensor<3x5xf32>, tensor<3x5xi32>
}

// A comparator that takes -0.0 for 0.0 and every NaN for one, as JAX writes it; other tensors follow.

// CHECK-LABEL: func.func @sort_of_two
// CHECK-NEXT: [[V:%.*]], [[I:%.*]] = dl.sort %x {axis = 0}
// CHECK-NEXT: dl.gather_elements %z, [[I]] {axis = 0}
func.func @sort_of_two(%x: tensor<5xf32>, %z: tensor<5xi8>) -> (tensor<5xf32>, tensor<5xi8>) {
  %nan = stablehlo.constant dense<0x7FC00000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %y:2 = "stablehlo.sort"(%x, %z) <{dimension = 0 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %j: tensor<i8>, %k: tensor<i8>):
    %1 = stablehlo.compare EQ, %a, %zero, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %2 = stablehlo.select %1, %zero, %a : tensor<i1>, tensor<f32>
    %3 = stablehlo.compare NE, %a, %a, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %4 = stablehlo.select %3, %nan, %2 : tensor<i1>, tensor<f32>
    %5 = stablehlo.compare EQ, %b, %zero, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %6 = stablehlo.select %5, %zero, %b : tensor<i1>, tensor<f32>
    %7 = stablehlo.compare NE, %b, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %8 = stablehlo.select %7, %nan, %6 : tensor<i1>, tensor<f32>
    %9 = stablehlo.compare LT, %4, %8, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %9 : tensor<i1>
  }) : (tensor<5xf32>, tensor<5xi8>) -> (tensor<5xf32>, tensor<5xi8>)
  func.return %y#0, %y#1 : tensor<5xf32>, tensor<5xi8>
}

// CHECK-LABEL: func.func @top_k
// CHECK-NEXT: [[V:%.*]], [[I:%.*]] = dl.topk %x {axis = 1, k = 2}
// CHECK-NEXT: dl.cast [[I]]
func.func @top_k(%x: tensor<3x5xf32>) -> (tensor<3x2xf32>, tensor<3x2xi32>) {
  %v, %i = chlo.top_k(%x, k = 2) : tensor<3x5xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)
  func.return %v, %i : tensor<3x2xf32>, tensor<3x2xi32>
}

// CHECK-LABEL: func.func @argmax
// CHECK-NEXT: [[I:%.*]] = dl.argmax %x {axis = 1} : tensor<3x5xf32> -> tensor<3xi64>
// CHECK-NEXT: dl.cast [[I]]
// CHECK-NEXT: func.return
func.func @argmax(%x: tensor<3x5xf32>) -> tensor<3xi32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %i = stablehlo.iota dim = 1 : tensor<3x5xi32>
  %y:2 = stablehlo.reduce(%x init: %low), (%i init: %zero) across dimensions = [1]
      : (tensor<3x5xf32>, tensor<3x5xi32>, tensor<f32>, tensor<i32>) -> (tensor<3xf32>, tensor<3xi32>)
   reducer(%a: tensor<f32>, %b: tensor<f32>) (%j: tensor<i32>, %k: tensor<i32>) {
    %2 = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %3 = stablehlo.compare NE, %a, %a, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %4 = stablehlo.or %2, %3 : tensor<i1>
    %5 = stablehlo.compare EQ, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %6 = stablehlo.compare LT, %j, %k, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %7 = stablehlo.and %5, %6 : tensor<i1>
    %8 = stablehlo.or %4, %7 : tensor<i1>
    %9 = stablehlo.select %4, %a, %b : tensor<i1>, tensor<f32>
    %10 = stablehlo.select %8, %j, %k : tensor<i1>, tensor<i32>
    stablehlo.return %9, %10 : tensor<f32>, tensor<i32>
  }
  func.return %y#1 : tensor<3xi32>
}

// A region like that of argmax, but with the last of equal values, is a tree of regions.

// CHECK-LABEL: func.func @last_of_equals
// CHECK-NOT: dl.argmax
// CHECK: dl.compare gt
// CHECK: dl.concat
func.func @last_of_equals(%x: tensor<3xf32>, %i: tensor<3xi32>) -> (tensor<f32>, tensor<i32>) {
  %v = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %z = stablehlo.constant dense<0> : tensor<i32>
  %y:2 = "stablehlo.reduce"(%x, %i, %v, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>, %k: tensor<i32>, %b: tensor<f32>, %l: tensor<i32>):
    %c = stablehlo.compare GT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %d = stablehlo.select %c, %a, %b : tensor<i1>, tensor<f32>
    %e = stablehlo.select %c, %k, %l : tensor<i1>, tensor<i32>
    stablehlo.return %d, %e : tensor<f32>, tensor<i32>
  }) : (tensor<3xf32>, tensor<3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
  func.return %y#0, %y#1 : tensor<f32>, tensor<i32>
}

// CHECK-LABEL: func.func @running_sum
// CHECK-NEXT: dl.cumsum %x {axis = 0, reverse}
func.func @running_sum(%x: tensor<8xf32>) -> tensor<8xf32> {
  %v = stablehlo.constant dense<0.0> : tensor<f32>
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 8>,
      padding = dense<[[0, 7]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  func.return %y : tensor<8xf32>
}

// Rows outside go to one more row, which is cut off.

// CHECK-LABEL: func.func @scatter
// CHECK:      [[P:%.*]] = dl.select
// CHECK:      [[X:%.*]] = dl.pad %x {low = [0, 0], high = [1, 0], value = 0.0} : tensor<9x4xf32> -> tensor<10x4xf32>
// CHECK:      [[Y:%.*]] = dl.scatter_nd [[X]], %{{.*}}, %u {reduction = "max"}
// CHECK-NEXT: dl.slice [[Y]] {offsets = [0, 0], strides = [1, 1]} : tensor<10x4xf32> -> tensor<9x4xf32>
func.func @scatter(%x: tensor<9x4xf32>, %i: tensor<3x1xi32>, %u: tensor<3x4xf32>) -> tensor<9x4xf32> {
  %y = "stablehlo.scatter"(%x, %i, %u) <{
    scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
      inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.maximum %b, %a : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<9x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<9x4xf32>
  func.return %y : tensor<9x4xf32>
}

// Bits: a logical shift of signed integers is one of unsigned ones.

// CHECK-LABEL: func.func @bits
// CHECK-NEXT: [[X:%.*]] = dl.bitcast %x : tensor<4xi32> -> tensor<4xui32>
// CHECK-NEXT: [[N:%.*]] = dl.bitcast %n : tensor<4xi32> -> tensor<4xui32>
// CHECK-NEXT: [[S:%.*]] = dl.shift_right [[X]], [[N]] : tensor<4xui32>
// CHECK-NEXT: [[Y:%.*]] = dl.bitcast [[S]] : tensor<4xui32> -> tensor<4xi32>
// CHECK-NEXT: dl.bitcast [[Y]] : tensor<4xi32> -> tensor<4xf32>
func.func @bits(%x: tensor<4xi32>, %n: tensor<4xi32>) -> tensor<4xf32> {
  %0 = stablehlo.shift_right_logical %x, %n : tensor<4xi32>
  %1 = stablehlo.bitcast_convert %0 : (tensor<4xi32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// Operands of chlo broadcast as those of dl do, but for written dimensions.

// CHECK-LABEL: func.func @chlo
// CHECK-NEXT: [[R:%.*]] = dl.reshape %y : tensor<2xf32> -> tensor<2x1xf32>
// CHECK-NEXT: [[S:%.*]] = dl.add %x, [[R]] : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: dl.asinh [[S]]
func.func @chlo(%x: tensor<2x4xf32>, %y: tensor<2xf32>) -> tensor<2x4xf32> {
  %0 = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0>}
      : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  %1 = chlo.asinh %0 : tensor<2x4xf32> -> tensor<2x4xf32>
  func.return %1 : tensor<2x4xf32>
}
