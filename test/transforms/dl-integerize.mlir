// RUN: dlir-opt %s --split-input-file --dl-integerize | filecheck %s

// A layer of weights with a scale per column: the sums of the columns times the zero point of x, and
// the bias in steps of the sums, are known before a call. The bound is the least code.
// CHECK-LABEL: @layer
// CHECK:      %[[P:.*]] = dl.matmul %x, %w acc i32 : (tensor<2x8xui8>, tensor<8x4xi8>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[Z:.*]] = dl.constant dense<-5> : tensor<i32>
// CHECK-NEXT: %[[ONES:.*]] = dl.constant dense<1> : tensor<1x8xi8>
// CHECK-NEXT: %[[COLUMNS:.*]] = dl.matmul %[[ONES]], %w acc i32 : (tensor<1x8xi8>, tensor<8x4xi8>) -> tensor<1x4xi32>
// CHECK-NEXT: %[[OFFSET:.*]] = dl.mul %[[COLUMNS]], %[[Z]]
// CHECK:      %[[BIAS:.*]] = dl.constant dense<[100, 50, -100, 0]> : tensor<4xi32>
// CHECK-NEXT: %[[EARLY:.*]] = dl.add %[[OFFSET]], %[[BIAS]]
// CHECK-NEXT: %[[SUM:.*]] = dl.add %[[P]], %[[EARLY]]
// CHECK:      dl.requantize %[[SUM]], %{{.*}}, %{{.*}} {axis = 1} : (tensor<2x4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4xui8>
// CHECK-NEXT: func.return
func.func @layer(%x: tensor<2x8xui8>) -> tensor<2x4xui8> {
  %w = dl.param "w" : tensor<8x4xi8>
  %sx = dl.constant dense<0.5> : tensor<f32>
  %zx = dl.constant dense<5> : tensor<ui8>
  %sw = dl.constant dense<[0.01, 0.02, 0.01, 0.04]> : tensor<4xf32>
  %b = dl.constant dense<[0.5, 0.5, -0.5, 0.0]> : tensor<4xf32>
  %sy = dl.constant dense<0.25> : tensor<f32>
  %0 = dl.dequantize %x, %sx, %zx : (tensor<2x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x8xf32>
  %1 = dl.dequantize %w, %sw {axis = 1} : (tensor<8x4xi8>, tensor<4xf32>) -> tensor<8x4xf32>
  %2 = dl.matmul %0, %1 acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  %3 = dl.add %2, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  %4 = dl.relu %3 : tensor<2x4xf32>
  %y = dl.quantize %4, %sy : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xui8>
  func.return %y : tensor<2x4xui8>
}

// -----

// Outside an image are zeros, for which the zero point stands; the copy gets a whole group of
// channels. A value that is read as a float is
// dequantised by the product of the scales. Weights in f32 are quantised before a call.
// CHECK-LABEL: @convolution
// CHECK:      %[[W:.*]] = dl.quantize %w, %{{.*}} {axis = 0}
// CHECK:      %[[PAD:.*]] = dl.pad %x {low = [0, 0, 1, 1], high = [0, 2, 1, 1], value = -3} : tensor<1x2x4x4xi8> -> tensor<1x4x6x6xi8>
// CHECK:      %[[FILTER:.*]] = dl.pad %[[W]] {low = [0, 0, 0, 0], high = [0, 2, 0, 0], value = 0} : tensor<3x2x3x3xi8> -> tensor<3x4x3x3xi8>
// CHECK:      %[[P:.*]] = dl.conv2d %[[PAD]], %[[FILTER]] acc i32 : (tensor<1x4x6x6xi8>, tensor<3x4x3x3xi8>) -> tensor<1x3x4x4xi32>
// CHECK:      %[[SUM:.*]] = dl.add %[[P]], %{{.*}} : (tensor<1x3x4x4xi32>, tensor<3x1x1xi32>) -> tensor<1x3x4x4xi32>
// CHECK:      %[[S:.*]] = dl.constant dense<[1.000000e-03, 2.000000e-03, 3.000000e-03]>
// CHECK-NEXT: %[[Y:.*]] = dl.dequantize %[[SUM]], %[[S]] {axis = 1}
// CHECK-NEXT: dl.tanh %[[Y]]
func.func @convolution(%x: tensor<1x2x4x4xi8>) -> tensor<1x3x4x4xf32> {
  %w = dl.param "w" : tensor<3x2x3x3xf32>
  %sw = dl.constant dense<[0.01, 0.02, 0.03]> : tensor<3xf32>
  %sx = dl.constant dense<0.1> : tensor<f32>
  %zx = dl.constant dense<-3> : tensor<i8>
  %0 = dl.quantize %w, %sw {axis = 0} : (tensor<3x2x3x3xf32>, tensor<3xf32>) -> tensor<3x2x3x3xi8>
  %1 = dl.dequantize %0, %sw {axis = 0} : (tensor<3x2x3x3xi8>, tensor<3xf32>) -> tensor<3x2x3x3xf32>
  %2 = dl.dequantize %x, %sx, %zx : (tensor<1x2x4x4xi8>, tensor<f32>, tensor<i8>) -> tensor<1x2x4x4xf32>
  %3 = dl.conv2d %2, %1 acc f32 {padding = [1, 1, 1, 1]} : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x4x4xf32>
  %y = dl.tanh %3 : tensor<1x3x4x4xf32>
  func.return %y : tensor<1x3x4x4xf32>
}

// -----

// Addends come to one scale by integer factors, and are requantised once; what moves elements, and
// pools, works on integers; operands of a concat are requantised to its scale.
// CHECK-LABEL: @residual
// CHECK:      %[[A:.*]] = dl.mul %{{.*}}, %{{.*}} : (tensor<1x2x4x4xi32>, tensor<i32>)
// CHECK:      %[[B:.*]] = dl.mul %{{.*}}, %{{.*}} : (tensor<1x2x4x4xi32>, tensor<i32>)
// CHECK:      %[[T:.*]] = dl.add %[[A]], %[[B]]
// CHECK:      %[[R:.*]] = dl.requantize {{.*}} -> tensor<1x2x4x4xui8>
// CHECK:      %[[M:.*]] = dl.max_pool2d %[[R]] {{.*}} -> tensor<1x2x2x2xui8>
// CHECK:      %[[C:.*]] = dl.requantize {{.*}} -> tensor<1x2x2x2xui8>
// CHECK:      dl.concat %[[M]], %[[C]] {axis = 1} : (tensor<1x2x2x2xui8>, tensor<1x2x2x2xui8>) -> tensor<1x4x2x2xui8>
// CHECK-NOT:  f32
func.func @residual(%a: tensor<1x2x4x4xui8>, %b: tensor<1x2x4x4xi8>, %c: tensor<1x2x2x2xi8>) -> tensor<1x4x2x2xui8> {
  %s = dl.constant dense<0.5> : tensor<f32>
  %t = dl.constant dense<0.25> : tensor<f32>
  %z = dl.constant dense<7> : tensor<ui8>
  %0 = dl.dequantize %a, %s, %z : (tensor<1x2x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x2x4x4xf32>
  %1 = dl.dequantize %b, %t : (tensor<1x2x4x4xi8>, tensor<f32>) -> tensor<1x2x4x4xf32>
  %2 = dl.add %0, %1 : tensor<1x2x4x4xf32>
  %3 = dl.quantize %2, %s, %z : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x2x4x4xui8>
  %4 = dl.dequantize %3, %s, %z : (tensor<1x2x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x2x4x4xf32>
  %5 = dl.max_pool2d %4 {kernel = [2, 2], strides = [2, 2]} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
  %6 = dl.dequantize %c, %t : (tensor<1x2x2x2xi8>, tensor<f32>) -> tensor<1x2x2x2xf32>
  %7 = dl.concat %5, %6 {axis = 1} : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x4x2x2xf32>
  %8 = dl.quantize %7, %s, %z : (tensor<1x4x2x2xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x4x2x2xui8>
  func.return %8 : tensor<1x4x2x2xui8>
}

// -----

// Scales that are found at run time are multiplied then.
// CHECK-LABEL: @dynamic
// CHECK:      %[[P:.*]] = dl.matmul %x, %w acc i32
// CHECK:      %[[Z:.*]] = dl.cast %z : tensor<ui8> -> tensor<i32>
// CHECK:      %[[S:.*]] = dl.mul %s, %{{.*}} : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK:      dl.dequantize %{{.*}}, %{{.*}} {axis = 1} : (tensor<2x4xi32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: func.return
func.func @dynamic(%x: tensor<2x8xui8>, %s: tensor<f32>, %z: tensor<ui8>) -> tensor<2x4xf32> {
  %w = dl.param "w" : tensor<8x4xi8>
  %sw = dl.constant dense<[0.01, 0.02, 0.01, 0.04]> : tensor<4xf32>
  %0 = dl.dequantize %x, %s, %z : (tensor<2x8xui8>, tensor<f32>, tensor<ui8>) -> tensor<2x8xf32>
  %1 = dl.dequantize %w, %sw {axis = 1} : (tensor<8x4xi8>, tensor<4xf32>) -> tensor<8x4xf32>
  %2 = dl.matmul %0, %1 acc f32 : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  func.return %2 : tensor<2x4xf32>
}

// -----

// One operand in codes, scales along the summed axis, other accumulators: nothing changes.
// CHECK-LABEL: @floats
// CHECK-COUNT-3: dl.matmul {{.*}} acc f{{32|64}}
func.func @floats(%x: tensor<4x4xi8>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %s = dl.constant dense<0.5> : tensor<f32>
  %v = dl.constant dense<[0.1, 0.2, 0.3, 0.4]> : tensor<4xf32>
  %0 = dl.dequantize %x, %s : (tensor<4x4xi8>, tensor<f32>) -> tensor<4x4xf32>
  %1 = dl.dequantize %x, %v {axis = 1} : (tensor<4x4xi8>, tensor<4xf32>) -> tensor<4x4xf32>
  %2 = dl.matmul %0, %y acc f32 : tensor<4x4xf32>
  %3 = dl.matmul %1, %0 acc f32 : tensor<4x4xf32>
  %4 = dl.matmul %0, %0 acc f64 : tensor<4x4xf32>
  func.return %2, %3, %4 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
