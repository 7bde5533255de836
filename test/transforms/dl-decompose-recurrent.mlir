// RUN: dlir-opt %s --dl-decompose='ops=rnn,gru,lstm' | filecheck %s

// One product for the inputs of both steps; then, per step, the rows of the step and one product,
// whose columns are the gates.

// CHECK-LABEL: @lstm
// CHECK: %[[B:.*]] = dl.add %b, %rb : tensor<16xf32>
// CHECK: %[[X:.*]] = dl.reshape %x : tensor<2x3x5xf32> -> tensor<6x5xf32>
// CHECK: %[[P:.*]] = dl.matmul %[[X]], %w acc f32 {transpose_rhs}
// CHECK: %[[I:.*]] = dl.add %[[P]], %[[B]] : (tensor<6x16xf32>, tensor<16xf32>) -> tensor<6x16xf32>
// CHECK: %[[R:.*]] = dl.matmul %h, %r acc f32 {transpose_rhs} : (tensor<3x4xf32>, tensor<16x4xf32>) -> tensor<3x16xf32>
// CHECK: %[[T:.*]] = dl.slice %[[I]] {offsets = [0, 0], strides = [1, 1]} : tensor<6x16xf32> -> tensor<3x16xf32>
// CHECK: %[[G:.*]] = dl.add %[[R]], %[[T]] : tensor<3x16xf32>
// CHECK: %[[N:.*]] = dl.slice %[[G]] {offsets = [0, 12], strides = [1, 1]} : tensor<3x16xf32> -> tensor<3x4xf32>
// CHECK: %[[S:.*]] = dl.slice %[[G]] {offsets = [0, 0], strides = [1, 1]} : tensor<3x16xf32> -> tensor<3x12xf32>
// CHECK: dl.sigmoid %[[S]] : tensor<3x12xf32>
// CHECK: %[[C:.*]] = dl.add {{.*}} : tensor<3x4xf32>
// CHECK-NEXT: %[[D:.*]] = dl.tanh %[[C]]
// CHECK-NEXT: %[[H:.*]] = dl.mul {{.*}}, %[[D]]
// CHECK-NEXT: dl.matmul %[[H]], %r
// CHECK: dl.slice %[[I]] {offsets = [3, 0], strides = [1, 1]}
// CHECK-NOT: dl.matmul
// CHECK: %[[Y:.*]] = dl.concat %[[H]], %hn {axis = 0}
// CHECK: dl.reshape %[[Y]] : tensor<6x4xf32> -> tensor<2x3x4xf32>
func.func @lstm(%x: tensor<2x3x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<3x4xf32>)
    -> (tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %h
      : (tensor<2x3x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<3x4xf32>, tensor<3x4xf32>)
      -> (tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>)
  func.return %y, %hn, %cn : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>
}

// Backwards, with a batch that is known at run time only.

// CHECK-LABEL: @gru
// CHECK: dl.reshape %x : tensor<2x?x5xf32> -> tensor<?x5xf32>
// CHECK: %[[I:.*]] = dl.reshape {{.*}} : tensor<?x12xf32> -> tensor<2x?x12xf32>
// CHECK: %[[N:.*]] = dl.dim %[[I]], 1
// CHECK: dl.slice %[[I]] [%[[N]]] {offsets = [1, 0, 0], strides = [1, 1, 1]} : tensor<2x?x12xf32> -> tensor<1x?x12xf32>
// CHECK: %[[R:.*]] = dl.matmul %h, %r acc f32 {transpose_rhs} : (tensor<?x4xf32>, tensor<12x4xf32>) -> tensor<?x12xf32>
// CHECK-NEXT: dl.add %[[R]], %rb
// CHECK: dl.slice %[[I]] [{{.*}}] {offsets = [0, 0, 0]
// CHECK: dl.concat %hn, {{.*}} {axis = 0} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
func.func @gru(%x: tensor<2x?x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<?x4xf32>)
    -> (tensor<2x?x4xf32>, tensor<?x4xf32>) {
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h {linear_before_reset, reverse}
      : (tensor<2x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>)
      -> (tensor<2x?x4xf32>, tensor<?x4xf32>)
  func.return %y, %hn : tensor<2x?x4xf32>, tensor<?x4xf32>
}

// The reset gate comes before the product: its own product per step.

// CHECK-LABEL: @reset_before
// CHECK: %[[ZR:.*]] = dl.slice %r {offsets = [0, 0], strides = [1, 1]} : tensor<12x4xf32> -> tensor<8x4xf32>
// CHECK: %[[N:.*]] = dl.slice %r {offsets = [8, 0], strides = [1, 1]} : tensor<12x4xf32> -> tensor<4x4xf32>
// CHECK: dl.matmul %h, %[[ZR]]
// CHECK: %[[RH:.*]] = dl.mul {{.*}}, %h
// CHECK-NEXT: dl.matmul %[[RH]], %[[N]]
func.func @reset_before(%x: tensor<1x3x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %h: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %y, %hn = dl.gru %x, %w, %r, %b, %b, %h
      : (tensor<1x3x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<3x4xf32>)
      -> (tensor<1x3x4xf32>, tensor<3x4xf32>)
  func.return %hn : tensor<3x4xf32>
}

// CHECK-LABEL: @half_types_are_computed_in_f32
// CHECK: dl.cast %x : tensor<2x3x5xbf16> -> tensor<2x3x5xf32>
// CHECK: dl.tanh {{.*}} : tensor<3x4xf32>
// CHECK: dl.cast {{.*}} : tensor<2x3x4xf32> -> tensor<2x3x4xbf16>
// CHECK-NEXT: dl.cast {{.*}} : tensor<3x4xf32> -> tensor<3x4xbf16>
// CHECK-NEXT: func.return
func.func @half_types_are_computed_in_f32(%x: tensor<2x3x5xbf16>, %w: tensor<4x5xbf16>, %r: tensor<4x4xbf16>, %b: tensor<4xbf16>, %h: tensor<3x4xbf16>) -> (tensor<2x3x4xbf16>, tensor<3x4xbf16>) {
  %y, %hn = dl.rnn %x, %w, %r, %b, %b, %h
      : (tensor<2x3x5xbf16>, tensor<4x5xbf16>, tensor<4x4xbf16>, tensor<4xbf16>, tensor<4xbf16>, tensor<3x4xbf16>)
      -> (tensor<2x3x4xbf16>, tensor<3x4xbf16>)
  func.return %y, %hn : tensor<2x3x4xbf16>, tensor<3x4xbf16>
}
