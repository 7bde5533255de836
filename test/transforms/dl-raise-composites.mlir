// RUN: dlir-opt %s --dl-raise-composites | filecheck %s

// The order in which PyTorch's exporter writes gelu.

// CHECK-LABEL: @gelu
// CHECK-NEXT: [[Y:%.*]] = dl.gelu %x : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @gelu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = dl.constant dense<1.41421354> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.div %x, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.erf %0 : tensor<?x8xf32>
  %2 = dl.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.mul %x, %2 : tensor<?x8xf32>
  %y = dl.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// Constants on the left, a product for the quotient.

// CHECK-LABEL: @gelu_in_other_orders
// CHECK-NEXT: [[Y:%.*]] = dl.gelu %x : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @gelu_in_other_orders(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = dl.constant dense<0.707106769> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.mul %root, %x : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = dl.erf %0 : tensor<?x8xf32>
  %2 = dl.add %one, %1 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %3 = dl.mul %half, %2 : (tensor<f32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = dl.mul %3, %x : tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// The tanh form of GPT-2.

// CHECK-LABEL: @gelu_tanh
// CHECK-NEXT: [[Y:%.*]] = dl.gelu %x {approximate = "tanh"} : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @gelu_tanh(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %three = dl.constant dense<3.0> : tensor<f32>
  %c = dl.constant dense<0.044715> : tensor<f32>
  %r = dl.constant dense<0.797884583> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.mul %x, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.pow %x, %three : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %2 = dl.mul %1, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.add %x, %2 : tensor<?x8xf32>
  %4 = dl.mul %3, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %5 = dl.tanh %4 : tensor<?x8xf32>
  %6 = dl.add %5, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %y = dl.mul %0, %6 : tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// x taken out of the sum.

// CHECK-LABEL: @gelu_tanh_factored
// CHECK-NEXT: [[Y:%.*]] = dl.gelu %x {approximate = "tanh"} : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @gelu_tanh_factored(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = dl.constant dense<0.044715> : tensor<f32>
  %r = dl.constant dense<0.797884583> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.mul %x, %r : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.mul %x, %x : tensor<?x8xf32>
  %2 = dl.mul %1, %c : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.add %2, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %4 = dl.mul %0, %3 : tensor<?x8xf32>
  %5 = dl.tanh %4 : tensor<?x8xf32>
  %6 = dl.add %5, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %7 = dl.mul %x, %6 : tensor<?x8xf32>
  %y = dl.mul %7, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// Another number is another function.

// CHECK-LABEL: @no_gelu_of_another_number
// CHECK-NOT: dl.gelu
func.func @no_gelu_of_another_number(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = dl.constant dense<1.5> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.div %x, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.erf %0 : tensor<?x8xf32>
  %2 = dl.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.mul %x, %2 : tensor<?x8xf32>
  %y = dl.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// x stands for one value.

// CHECK-LABEL: @no_gelu_of_another_value
// CHECK-NOT: dl.gelu
func.func @no_gelu_of_another_value(%x: tensor<?x8xf32>, %z: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = dl.constant dense<1.41421354> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.div %x, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.erf %0 : tensor<?x8xf32>
  %2 = dl.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.mul %z, %2 : tensor<?x8xf32>
  %y = dl.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// What is used elsewhere stays, and so does what it is made for.

// CHECK-LABEL: @no_gelu_whose_parts_are_used
// CHECK-NOT: dl.gelu
func.func @no_gelu_whose_parts_are_used(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %root = dl.constant dense<1.41421354> : tensor<f32>
  %one = dl.constant dense<1.0> : tensor<f32>
  %half = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.div %x, %root : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %1 = dl.erf %0 : tensor<?x8xf32>
  %2 = dl.add %1, %one : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %3 = dl.mul %x, %2 : tensor<?x8xf32>
  %y = dl.mul %3, %half : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  func.return %y, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: @softmax
// CHECK-NEXT: [[Y:%.*]] = dl.softmax %x {axis = 1} : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @softmax(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %m = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %e = dl.exp %d : tensor<?x8xf32>
  %s = dl.reduce_sum %e {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %y = dl.div %e, %s : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// CHECK-LABEL: @softmax_by_product
// CHECK-NEXT: [[Y:%.*]] = dl.softmax %x {axis = 0} : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @softmax_by_product(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %m = dl.reduce_max %x {axes = [0], keepdims} : tensor<?x8xf32> -> tensor<1x8xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  %e = dl.exp %d : tensor<?x8xf32>
  %s = dl.reduce_sum %e {axes = [0], keepdims} : tensor<?x8xf32> -> tensor<1x8xf32>
  %l = dl.reciprocal %s : tensor<1x8xf32>
  %y = dl.mul %l, %e : (tensor<1x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// CHECK-LABEL: @log_softmax
// CHECK-NEXT: [[Y:%.*]] = dl.log_softmax %x {axis = 1} : tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @log_softmax(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %m = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %e = dl.exp %d : tensor<?x8xf32>
  %s = dl.reduce_sum %e {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %l = dl.log %s : tensor<?x1xf32>
  %y = dl.sub %d, %l : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// The maximum over other axes than the sum.

// CHECK-LABEL: @no_softmax_over_two_axes
// CHECK-NOT: dl.softmax
func.func @no_softmax_over_two_axes(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %m = dl.reduce_max %x {axes = [0], keepdims} : tensor<?x8xf32> -> tensor<1x8xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  %e = dl.exp %d : tensor<?x8xf32>
  %s = dl.reduce_sum %e {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %y = dl.div %e, %s : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// Without the maximum the exponentials overflow.

// CHECK-LABEL: @no_softmax_without_maximum
// CHECK-NOT: dl.softmax
func.func @no_softmax_without_maximum(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %e = dl.exp %x : tensor<?x8xf32>
  %s = dl.reduce_sum %e {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %y = dl.div %e, %s : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// CHECK-LABEL: @layer_norm
// CHECK-NEXT: [[Y:%.*]] = dl.layer_norm %x, %w, %b {axis = 1, epsilon = 9.999999960041972e-13} : (tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @layer_norm(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.pow %d, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.sqrt %a : tensor<?x1xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %t = dl.mul %n, %w : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %y = dl.add %t, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// The difference computed twice, a reciprocal root, constants on the left.

// CHECK-LABEL: @layer_norm_in_other_orders
// CHECK-NEXT: [[Y:%.*]] = dl.layer_norm %x, %w, %b {axis = 1, epsilon = 9.999999960041972e-13}
// CHECK-NEXT: func.return [[Y]]
func.func @layer_norm_in_other_orders(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %d2 = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.mul %d2, %d2 : tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.rsqrt %a : tensor<?x1xf32>
  %n = dl.mul %r, %d : (tensor<?x1xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %t = dl.mul %w, %n : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = dl.add %b, %t : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// CHECK-LABEL: @layer_norm_without_bias
// CHECK-NEXT: [[Y:%.*]] = dl.layer_norm %x, %w {axis = 1,
// CHECK-NEXT: func.return [[Y]]
func.func @layer_norm_without_bias(%x: tensor<?x8xf32>, %w: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.pow %d, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.sqrt %a : tensor<?x1xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %t = dl.mul %n, %w : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  func.return %t : tensor<?x8xf32>
}

// CHECK-LABEL: @layer_norm_without_scale
// CHECK-NEXT: [[W:%.*]] = dl.constant dense<1.000000e+00> : tensor<8xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.layer_norm %x, [[W]] {axis = 1,
// CHECK-NEXT: func.return [[Y]]
func.func @layer_norm_without_scale(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.pow %d, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.sqrt %a : tensor<?x1xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  func.return %n : tensor<?x8xf32>
}

// The normalised axes are the last ones.

// CHECK-LABEL: @no_layer_norm_over_the_first_axis
// CHECK-NOT: dl.layer_norm
func.func @no_layer_norm_over_the_first_axis(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [0], keepdims} : tensor<?x8xf32> -> tensor<1x8xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  %q = dl.pow %d, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [0], keepdims} : tensor<?x8xf32> -> tensor<1x8xf32>
  %a = dl.add %v, %eps : (tensor<1x8xf32>, tensor<f32>) -> tensor<1x8xf32>
  %r = dl.sqrt %a : tensor<1x8xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<1x8xf32>) -> tensor<?x8xf32>
  %t = dl.mul %n, %w : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %y = dl.add %t, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// The mean of the squares is not the variance.

// CHECK-LABEL: @no_layer_norm_without_centre
// CHECK-NOT: dl.layer_norm
func.func @no_layer_norm_without_centre(%x: tensor<?x8xf32>, %w: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.mul %x, %x : tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.sqrt %a : tensor<?x1xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %t = dl.mul %w, %n : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = dl.add %b, %t : (tensor<8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// A scale of another shape stays outside.

// CHECK-LABEL: @one_scale_for_all
// CHECK-NEXT: [[W:%.*]] = dl.constant
// CHECK-NEXT: [[N:%.*]] = dl.layer_norm %x, [[W]]
// CHECK-NEXT: dl.mul [[N]], %w
func.func @one_scale_for_all(%x: tensor<?x8xf32>, %w: tensor<1xf32>) -> tensor<?x8xf32> {
  %two = dl.constant dense<2.0> : tensor<f32>
  %eps = dl.constant dense<1.0e-12> : tensor<f32>
  %m = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %d = dl.sub %x, %m : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %q = dl.pow %d, %two : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  %v = dl.reduce_mean %q {axes = [1], keepdims} : tensor<?x8xf32> -> tensor<?x1xf32>
  %a = dl.add %v, %eps : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %r = dl.sqrt %a : tensor<?x1xf32>
  %n = dl.div %d, %r : (tensor<?x8xf32>, tensor<?x1xf32>) -> tensor<?x8xf32>
  %t = dl.mul %n, %w : (tensor<?x8xf32>, tensor<1xf32>) -> tensor<?x8xf32>
  func.return %t : tensor<?x8xf32>
}

// Keys split into heads and turned, scores divided, a mask added.

// CHECK-LABEL: @attention
// CHECK-NEXT: [[K:%.*]] = dl.transpose %k {perm = [0, 2, 1, 3]} : tensor<?x?x2x4xf32> -> tensor<?x2x?x4xf32>
// CHECK-NEXT: [[Y:%.*]] = dl.attention %q, [[K]], %v, %mask {scale = 0.5} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x1x1x?xf32>) -> tensor<?x2x?x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @attention(%q: tensor<?x2x?x4xf32>, %k: tensor<?x?x2x4xf32>, %v: tensor<?x2x?x4xf32>, %mask: tensor<?x1x1x?xf32>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %kt = dl.transpose %k {perm = [0, 2, 3, 1]} : tensor<?x?x2x4xf32> -> tensor<?x2x4x?xf32>
  %0 = dl.matmul %q, %kt acc f32 : (tensor<?x2x?x4xf32>, tensor<?x2x4x?xf32>) -> tensor<?x2x?x?xf32>
  %1 = dl.div %0, %c : (tensor<?x2x?x?xf32>, tensor<f32>) -> tensor<?x2x?x?xf32>
  %2 = dl.add %1, %mask : (tensor<?x2x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %2 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// Neither mask nor scale.

// CHECK-LABEL: @attention_plain
// CHECK-NEXT: [[Y:%.*]] = dl.attention %q, %k, %v : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @attention_plain(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %0 = dl.matmul %q, %k acc f32 {transpose_rhs} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %0 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// Queries and keys scaled, as scaled_dot_product_attention is exported.

// CHECK-LABEL: @attention_scaled_before
// CHECK-NEXT: [[Y:%.*]] = dl.attention %q, %k, %v {scale = 0.25} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @attention_scaled_before(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<0.5> : tensor<f32>
  %qc = dl.mul %q, %c : (tensor<?x2x?x4xf32>, tensor<f32>) -> tensor<?x2x?x4xf32>
  %kc = dl.mul %c, %k : (tensor<f32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  %0 = dl.matmul %qc, %kc acc f32 {transpose_rhs} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %0 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// A causal mask, as GPT-2 writes it.

// CHECK-LABEL: @attention_to_what_is_seen
// CHECK-NEXT: [[Y:%.*]] = dl.attention %q, %k, %v, %m {scale = 0.5, fill = -3.4028234663852886e+38} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>, tensor<1x1x?x?xi1>) -> tensor<?x2x?x4xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @attention_to_what_is_seen(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>, %m: tensor<1x1x?x?xi1>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %f = dl.constant dense<-3.40282347e+38> : tensor<f32>
  %0 = dl.matmul %q, %k acc f32 {transpose_rhs} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x?xf32>
  %1 = dl.div %0, %c : (tensor<?x2x?x?xf32>, tensor<f32>) -> tensor<?x2x?x?xf32>
  %2 = dl.select %m, %1, %f : (tensor<1x1x?x?xi1>, tensor<?x2x?x?xf32>, tensor<f32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %2 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// CHECK-LABEL: @attention_to_what_is_not_hidden
// CHECK-NEXT: [[M:%.*]] = dl.not %m : tensor<1x1x?x?xi1>
// CHECK-NEXT: [[Y:%.*]] = dl.attention %q, %k, %v, [[M]] {scale = 0.5, fill = -3.4028234663852886e+38}
// CHECK-NEXT: func.return [[Y]]
func.func @attention_to_what_is_not_hidden(%q: tensor<?x2x?x4xf32>, %k: tensor<?x2x?x4xf32>, %v: tensor<?x2x?x4xf32>, %m: tensor<1x1x?x?xi1>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %f = dl.constant dense<-3.40282347e+38> : tensor<f32>
  %0 = dl.matmul %q, %k acc f32 {transpose_rhs} : (tensor<?x2x?x4xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x?xf32>
  %1 = dl.div %0, %c : (tensor<?x2x?x?xf32>, tensor<f32>) -> tensor<?x2x?x?xf32>
  %2 = dl.select %m, %f, %1 : (tensor<1x1x?x?xi1>, tensor<f32>, tensor<?x2x?x?xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %2 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// Softmax over the queries.

// CHECK-LABEL: @no_attention_over_queries
// CHECK-NOT: dl.attention
func.func @no_attention_over_queries(%q: tensor<?x2x?x4xf32>, %k: tensor<?x?x2x4xf32>, %v: tensor<?x2x?x4xf32>, %mask: tensor<?x1x1x?xf32>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %kt = dl.transpose %k {perm = [0, 2, 3, 1]} : tensor<?x?x2x4xf32> -> tensor<?x2x4x?xf32>
  %0 = dl.matmul %q, %kt acc f32 : (tensor<?x2x?x4xf32>, tensor<?x2x4x?xf32>) -> tensor<?x2x?x?xf32>
  %1 = dl.div %0, %c : (tensor<?x2x?x?xf32>, tensor<f32>) -> tensor<?x2x?x?xf32>
  %2 = dl.add %1, %mask : (tensor<?x2x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %2 {axis = 2} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}

// A scale that is no number.

// CHECK-LABEL: @no_attention_by_a_tensor
// CHECK-NOT: dl.attention
func.func @no_attention_by_a_tensor(%q: tensor<?x2x?x4xf32>, %k: tensor<?x?x2x4xf32>, %v: tensor<?x2x?x4xf32>, %mask: tensor<?x1x1x?xf32>) -> tensor<?x2x?x4xf32> {
  %c = dl.constant dense<2.0> : tensor<f32>
  %kt = dl.transpose %k {perm = [0, 2, 3, 1]} : tensor<?x?x2x4xf32> -> tensor<?x2x4x?xf32>
  %0 = dl.matmul %q, %kt acc f32 : (tensor<?x2x?x4xf32>, tensor<?x2x4x?xf32>) -> tensor<?x2x?x?xf32>
  %2 = dl.mul %0, %mask : (tensor<?x2x?x?xf32>, tensor<?x1x1x?xf32>) -> tensor<?x2x?x?xf32>
  %3 = dl.softmax %2 {axis = 3} : tensor<?x2x?x?xf32>
  %y = dl.matmul %3, %v acc f32 : (tensor<?x2x?x?xf32>, tensor<?x2x?x4xf32>) -> tensor<?x2x?x4xf32>
  func.return %y : tensor<?x2x?x4xf32>
}
