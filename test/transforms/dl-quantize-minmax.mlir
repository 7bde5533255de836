// RUN: dlir-opt %s --split-input-file --dl-quantize-minmax='calibration=%S/inputs/calibration.npz' | filecheck %s
// RUN: not dlir-opt %s --split-input-file --pass-pipeline='builtin.module(dl-quantize-minmax{calibration=missing.npz})' 2>&1 | filecheck %s --check-prefix=MISSING

// MISSING: error: cannot read the calibration 'missing.npz': No such file or directory

// Between the layers int8, behind the last one float; a bias becomes i32. Weights that are constants
// of the text are quantised there, one scale per output channel.
// CHECK-LABEL: @main(%x: tensor<?x4xf32>)
// CHECK:      %[[SX:.*]] = dl.constant dense<1.000000e-01> : tensor<f32>
// CHECK-NEXT: %[[X:.*]] = dl.quantize %x, %[[SX]] : (tensor<?x4xf32>, tensor<f32>) -> tensor<?x4xi8>
// CHECK-NEXT: %w = dl.constant
// CHECK-NEXT: %[[SW:.*]] = dl.constant dense<[1.000000e-02, 2.000000e-02]> : tensor<2xf32>
// CHECK-NEXT: %[[W:.*]] = dl.quantize %w, %[[SW]] {axis = 1}
// CHECK-NEXT: %[[A:.*]] = dl.matmul %[[X]], %[[W]] acc i32 : (tensor<?x4xi8>, tensor<4x2xi8>) -> tensor<?x2xi32>
// CHECK-NEXT: %[[B:.*]] = dl.constant dense<[500, -125]> : tensor<2xi32>
// CHECK-NEXT: %[[T:.*]] = dl.add %[[A]], %[[B]]
// CHECK-NEXT: %[[M:.*]] = dl.constant dense<1114607086> : tensor<2xi32>
// CHECK-NEXT: %[[S:.*]] = dl.constant dense<[5, 4]> : tensor<2xi32>
// CHECK-NEXT: %[[Q:.*]] = dl.requantize %[[T]], %[[M]], %[[S]] {axis = 1}
// CHECK-NEXT: %[[R:.*]] = dl.relu %[[Q]] : tensor<?x2xi8>
// CHECK:      %[[V:.*]] = dl.quantize %v, {{.*}} {axis = 0}
// CHECK-NEXT: %[[P:.*]] = dl.matmul %[[R]], %[[V]] acc i32 {transpose_rhs}
// CHECK-NEXT: %[[SP:.*]] = dl.constant dense<[0.000616535428, 0.00123307086]> : tensor<2xf32>
// CHECK-NEXT: %[[F:.*]] = dl.dequantize %[[P]], %[[SP]] {axis = 1} : (tensor<?x2xi32>, tensor<2xf32>) -> tensor<?x2xf32>
// CHECK-NEXT: dl.exp %[[F]] : tensor<?x2xf32>
// CHECK-NEXT: func.return
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = dl.constant dense<[[1.27, 0.0], [0.0, -2.54], [0.635, 1.0], [0.1, 0.2]]> : tensor<4x2xf32>
  %b = dl.constant dense<[0.5, -0.25]> : tensor<2xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %1 = dl.add %0, %b : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %2 = dl.relu %1 : tensor<?x2xf32>
  %v = dl.constant dense<[[1.27, 0.5], [-1.27, 2.54]]> : tensor<2x2xf32>
  %3 = dl.matmul %2, %v acc f32 {transpose_rhs} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %4 = dl.exp %3 : tensor<?x2xf32>
  func.return %4 : tensor<?x2xf32>
}

// -----

// A batch norm goes into the weight and the bias. Addends come to one scale by integer factors; a
// mean over the whole image is a sum and a requantisation.
// CHECK-LABEL: @main(%image: tensor<?x1x4x4xf32>)
// CHECK:      %[[F:.*]] = dl.constant dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}1.41421354]]]]>
// CHECK-NEXT: %[[WF:.*]] = dl.mul %w, %[[F]]
// CHECK:      dl.quantize %[[WF]], {{.*}} {axis = 0}
// CHECK-NOT:  dl.batch_norm
// CHECK:      %[[R:.*]] = dl.relu {{.*}} : tensor<?x2x4x4xi8>
// CHECK:      %[[C:.*]] = dl.requantize {{.*}} -> tensor<?x2x4x4xi8>
// CHECK-NEXT: %[[R32:.*]] = dl.cast %[[R]] : tensor<?x2x4x4xi8> -> tensor<?x2x4x4xi32>
// CHECK-NEXT: %[[C32:.*]] = dl.cast %[[C]]
// CHECK-NEXT: %[[FR:.*]] = dl.constant dense<16384> : tensor<i32>
// CHECK-NEXT: dl.mul %[[R32]], %[[FR]]
// CHECK:      dl.add {{.*}} : tensor<?x2x4x4xi32>
// CHECK:      dl.requantize {{.*}} -> tensor<?x2x4x4xi8>
// CHECK-NEXT: dl.max_pool2d {{.*}} -> tensor<?x2x2x2xi8>
// CHECK-NEXT: dl.concat {{.*}} -> tensor<?x4x2x2xi8>
// CHECK-NEXT: dl.cast
// CHECK-NEXT: dl.reduce_sum {{.*}} {axes = [2, 3], keepdims} : tensor<?x4x2x2xi32> -> tensor<?x4x1x1xi32>
// CHECK:      dl.requantize {{.*}} -> tensor<?x4x1x1xi8>
// CHECK:      dl.dequantize {{.*}} {axis = 1} : (tensor<?x2x1x1xi32>, tensor<2xf32>) -> tensor<?x2x1x1xf32>
func.func @main(%image: tensor<?x1x4x4xf32>) -> tensor<?x2x1x1xf32> {
  %w = dl.constant dense<[[[[1.27]]], [[[-0.5]]]]> : tensor<2x1x1x1xf32>
  %s = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = dl.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %0 = dl.conv2d %image, %w acc f32 : (tensor<?x1x4x4xf32>, tensor<2x1x1x1xf32>) -> tensor<?x2x4x4xf32>
  %1 = dl.batch_norm %0, %s, %b, %b, %s {epsilon = 0.0} : (tensor<?x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x4x4xf32>
  %2 = dl.relu %1 : tensor<?x2x4x4xf32>
  %v = dl.constant dense<[[[[0.3]], [[0.4]]], [[[0.1]], [[0.2]]]]> : tensor<2x2x1x1xf32>
  %3 = dl.conv2d %2, %v acc f32 : (tensor<?x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<?x2x4x4xf32>
  %4 = dl.add %2, %3 : tensor<?x2x4x4xf32>
  %5 = dl.max_pool2d %4 {kernel = [2, 2], strides = [2, 2]} : tensor<?x2x4x4xf32> -> tensor<?x2x2x2xf32>
  %6 = dl.concat %5, %5 {axis = 1} : (tensor<?x2x2x2xf32>, tensor<?x2x2x2xf32>) -> tensor<?x4x2x2xf32>
  %7 = dl.avg_pool2d %6 {kernel = [2, 2]} : tensor<?x4x2x2xf32> -> tensor<?x4x1x1xf32>
  %u = dl.constant dense<1.0> : tensor<2x4x1x1xf32>
  %8 = dl.conv2d %7, %u acc f32 : (tensor<?x4x1x1xf32>, tensor<2x4x1x1xf32>) -> tensor<?x2x1x1xf32>
  func.return %8 : tensor<?x2x1x1xf32>
}

// -----

// What reads a layer's result as a float reads it dequantised; what is not finite matters only where
// int8 is wanted; products of two unknowns stay float.
// CHECK-LABEL: @main(%x: tensor<2x4xf32>)
// CHECK:      dl.log %x
// CHECK:      %[[T:.*]] = dl.matmul %{{.*}}, %{{.*}} acc i32
// CHECK:      %[[Q:.*]] = dl.requantize %[[T]]
// CHECK:      %[[F:.*]] = dl.dequantize %[[Q]], %{{.*}} : (tensor<2x4xi8>, tensor<f32>) -> tensor<2x4xf32>
// CHECK:      dl.matmul %[[Q]], %{{.*}} acc i32
// CHECK:      %[[G:.*]] = dl.dequantize
// CHECK:      dl.matmul %[[F]], %[[G]] acc f32 {transpose_rhs}
func.func @main(%x: tensor<2x4xf32>) -> (tensor<2x2xf32>, tensor<2x4xf32>) {
  %l = dl.log %x : tensor<2x4xf32>
  %w = dl.constant dense<1.0> : tensor<4x4xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %1 = dl.matmul %0, %w acc f32 : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %2 = dl.matmul %0, %1 acc f32 {transpose_rhs} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x2xf32>
  func.return %2, %l : tensor<2x2xf32>, tensor<2x4xf32>
}
