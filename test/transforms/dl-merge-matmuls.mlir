// RUN: dlir-opt %s --dl-merge-matmuls | filecheck %s

// Three products with biases; the weights move before the first one.

// CHECK-LABEL: @queries_keys_and_values
// CHECK: [[W:%.*]] = dl.concat %qw, %kw, %vw {axis = 1} : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x24xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]] acc f32 : (tensor<?x?x8xf32>, tensor<8x24xf32>) -> tensor<?x?x24xf32>
// CHECK-NEXT: [[B:%.*]] = dl.concat %qb, %kb, %vb {axis = 0} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<24xf32>
// CHECK-NEXT: [[S:%.*]] = dl.add [[Y]], [[B]]
// CHECK-NEXT: [[H:%.*]] = dl.reshape [[S]] [%m, %n] : tensor<?x?x24xf32> -> tensor<?x?x6x4xf32>
// CHECK-NEXT: %q, %k, %v = dl.split [[H]] {axis = 2, sizes = [2, 2, 2]}
// CHECK-NEXT: func.return %q, %k, %v
func.func @queries_keys_and_values(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qb = dl.param "qb" : tensor<8xf32>
  %q1 = dl.add %q0, %qb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<8x8xf32>
  %k0 = dl.matmul %x, %kw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %kb = dl.param "kb" : tensor<8xf32>
  %k1 = dl.add %kb, %k0 : (tensor<8xf32>, tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %k = dl.reshape %k1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %vw = dl.param "vw" : tensor<8x8xf32>
  %v0 = dl.matmul %x, %vw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %vb = dl.param "vb" : tensor<8xf32>
  %v1 = dl.add %v0, %vb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %v = dl.reshape %v1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  func.return %q, %k, %v : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>
}

// Transposed weights of several widths.

// CHECK-LABEL: @fewer_heads_for_keys
// CHECK: [[W:%.*]] = dl.concat %qw, %kw {axis = 0} : (tensor<8x8xf32>, tensor<4x8xf32>) -> tensor<12x8xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.matmul %x, [[W]] acc f32 {transpose_rhs}
// CHECK-NEXT: [[H:%.*]] = dl.reshape [[Y]] [%m, %n] : tensor<?x?x12xf32> -> tensor<?x?x3x4xf32>
// CHECK-NEXT: %q, %k = dl.split [[H]] {axis = 2, sizes = [2, 1]}
func.func @fewer_heads_for_keys(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 {transpose_rhs} : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q0 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<4x8xf32>
  %k0 = dl.matmul %x, %kw acc f32 {transpose_rhs} : (tensor<?x?x8xf32>, tensor<4x8xf32>) -> tensor<?x?x4xf32>
  %k = dl.reshape %k0 [%m, %n] : tensor<?x?x4xf32> -> tensor<?x?x1x4xf32>
  func.return %q, %k : tensor<?x?x2x4xf32>, tensor<?x?x1x4xf32>
}

// Heads of several sizes.

// CHECK-LABEL: @no_heads_of_one_size
// CHECK-NOT: dl.split
func.func @no_heads_of_one_size(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x4x2xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qb = dl.param "qb" : tensor<8xf32>
  %q1 = dl.add %q0, %qb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<8x8xf32>
  %k0 = dl.matmul %x, %kw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %kb = dl.param "kb" : tensor<8xf32>
  %k1 = dl.add %k0, %kb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %k = dl.reshape %k1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x4x2xf32>
  func.return %q, %k : tensor<?x?x2x4xf32>, tensor<?x?x4x2xf32>
}

// CHECK-LABEL: @no_bias_on_one_side
// CHECK-NOT: dl.split
func.func @no_bias_on_one_side(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qb = dl.param "qb" : tensor<8xf32>
  %q1 = dl.add %q0, %qb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<8x8xf32>
  %k0 = dl.matmul %x, %kw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %k = dl.reshape %k0 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  func.return %q, %k : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>
}

// CHECK-LABEL: @no_common_operand
// CHECK-NOT: dl.split
func.func @no_common_operand(%x: tensor<?x?x8xf32>, %z: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qb = dl.param "qb" : tensor<8xf32>
  %q1 = dl.add %q0, %qb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<8x8xf32>
  %k0 = dl.matmul %z, %kw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %kb = dl.param "kb" : tensor<8xf32>
  %k1 = dl.add %k0, %kb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %k = dl.reshape %k1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  func.return %q, %k : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>
}

// CHECK-LABEL: @no_product_that_is_used_elsewhere
// CHECK-NOT: dl.split
func.func @no_product_that_is_used_elsewhere(%x: tensor<?x?x8xf32>) -> (tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x8xf32>) {
  %m = dl.dim %x, 0 : tensor<?x?x8xf32>
  %n = dl.dim %x, 1 : tensor<?x?x8xf32>
  %qw = dl.param "qw" : tensor<8x8xf32>
  %q0 = dl.matmul %x, %qw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %qb = dl.param "qb" : tensor<8xf32>
  %q1 = dl.add %q0, %qb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %q = dl.reshape %q1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  %kw = dl.param "kw" : tensor<8x8xf32>
  %k0 = dl.matmul %x, %kw acc f32 : (tensor<?x?x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  %kb = dl.param "kb" : tensor<8xf32>
  %k1 = dl.add %k0, %kb : (tensor<?x?x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  %k = dl.reshape %k1 [%m, %n] : tensor<?x?x8xf32> -> tensor<?x?x2x4xf32>
  func.return %q, %k, %k1 : tensor<?x?x2x4xf32>, tensor<?x?x2x4xf32>, tensor<?x?x8xf32>
}
