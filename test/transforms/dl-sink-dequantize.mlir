// RUN: dlir-opt %s --split-input-file --dl-sink-dequantize | filecheck %s

// Packed rows with scales of blocks.
// CHECK-LABEL: @blocks
// CHECK: [[B:%.*]] = dl.gather %p, %i {axis = 0} : (tensor<100x32xui8>, tensor<?x3xi64>) -> tensor<?x3x32xui8>
// CHECK: [[Q:%.*]] = dl.unpack [[B]] : tensor<?x3x32xui8> -> tensor<?x3x64xi4>
// CHECK: [[S:%.*]] = dl.gather %s, %i {axis = 0} : (tensor<100x2xf32>, tensor<?x3xi64>) -> tensor<?x3x2xf32>
// CHECK: dl.dequantize [[Q]], [[S]] {axis = 2, block = 32}
func.func @blocks(%p: tensor<100x32xui8>, %s: tensor<100x2xf32>, %i: tensor<?x3xi64>) -> tensor<?x3x64xf32> {
  %q = dl.unpack %p : tensor<100x32xui8> -> tensor<100x64xi4>
  %w = dl.dequantize %q, %s {axis = 1, block = 32} : (tensor<100x64xi4>, tensor<100x2xf32>) -> tensor<100x64xf32>
  %y = dl.gather %w, %i {axis = 0} : (tensor<100x64xf32>, tensor<?x3xi64>) -> tensor<?x3x64xf32>
  func.return %y : tensor<?x3x64xf32>
}

// -----

// Rows are taken out of a table packed, with their scales and zero points.
// CHECK-LABEL: @table
// CHECK:      %[[P:.*]] = dl.gather %p, %i {axis = 0} : (tensor<9x4xui8>, tensor<?xi64>) -> tensor<?x4xui8>
// CHECK-NEXT: %[[Q:.*]] = dl.unpack %[[P]] : tensor<?x4xui8> -> tensor<?x8xui4>
// CHECK-NEXT: %[[S:.*]] = dl.gather %s, %i
// CHECK-NEXT: %[[Z:.*]] = dl.gather %z, %i
// CHECK-NEXT: dl.dequantize %[[Q]], %[[S]], %[[Z]] {axis = 1, block = 4}
func.func @table(%p: tensor<9x4xui8>, %s: tensor<9x2xf32>, %z: tensor<9x2xui4>, %i: tensor<?xi64>) -> tensor<?x8xf32> {
  %q = dl.unpack %p : tensor<9x4xui8> -> tensor<9x8xui4>
  %t = dl.dequantize %q, %s, %z {axis = 1, block = 4} : (tensor<9x8xui4>, tensor<9x2xf32>, tensor<9x2xui4>) -> tensor<9x8xf32>
  %y = dl.gather %t, %i {axis = 0} : (tensor<9x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  func.return %y : tensor<?x8xf32>
}

// -----

// A scale and a zero point for each row.
// CHECK-LABEL: @rows
// CHECK: [[Q:%.*]] = dl.gather %q, %i
// CHECK: [[R:%.*]] = dl.reshape %s : tensor<100xf32> -> tensor<100x1xf32>
// CHECK: [[S:%.*]] = dl.gather [[R]], %i {axis = 0} : (tensor<100x1xf32>, tensor<5xi32>) -> tensor<5x1xf32>
// CHECK: [[Z:%.*]] = dl.gather {{%.*}}, %i {axis = 0} : (tensor<100x1xui8>, tensor<5xi32>) -> tensor<5x1xui8>
// CHECK: dl.dequantize [[Q]], [[S]], [[Z]] {axis = 1, block = 64}
func.func @rows(%q: tensor<100x64xui8>, %s: tensor<100xf32>, %z: tensor<100xui8>, %i: tensor<5xi32>) -> tensor<5x64xf32> {
  %w = dl.dequantize %q, %s, %z {axis = 0} : (tensor<100x64xui8>, tensor<100xf32>, tensor<100xui8>) -> tensor<100x64xf32>
  %y = dl.gather %w, %i {axis = 0} : (tensor<100x64xf32>, tensor<5xi32>) -> tensor<5x64xf32>
  func.return %y : tensor<5x64xf32>
}

// -----

// What is quantised with one scale is moved as integers, from both sides.
// CHECK-LABEL: @moved
// CHECK-NEXT: %[[R:.*]] = dl.reshape %q : tensor<4x6xi8> -> tensor<24xi8>
// CHECK-NEXT: %[[D:.*]] = dl.dequantize %[[R]], %s
// CHECK-NEXT: %[[Q:.*]] = dl.quantize %x, %s
// CHECK-NEXT: %[[T:.*]] = dl.transpose %[[Q]] {perm = [1, 0]} : tensor<4x6xi8> -> tensor<6x4xi8>
// CHECK-NEXT: func.return %[[D]], %[[T]]
func.func @moved(%q: tensor<4x6xi8>, %x: tensor<4x6xf32>, %s: tensor<f32>) -> (tensor<24xf32>, tensor<6x4xi8>) {
  %0 = dl.dequantize %q, %s : (tensor<4x6xi8>, tensor<f32>) -> tensor<4x6xf32>
  %1 = dl.reshape %0 : tensor<4x6xf32> -> tensor<24xf32>
  %2 = dl.transpose %x {perm = [1, 0]} : tensor<4x6xf32> -> tensor<6x4xf32>
  %3 = dl.quantize %2, %s : (tensor<6x4xf32>, tensor<f32>) -> tensor<6x4xi8>
  func.return %1, %3 : tensor<24xf32>, tensor<6x4xi8>
}

// -----

// Scales of columns, or one alone, are those of the rows that are taken.
// CHECK-LABEL: @columns
// CHECK: [[Q:%.*]] = dl.gather %q, %i
// CHECK: dl.dequantize [[Q]], %s {axis = 1} : (tensor<5x64xi8>, tensor<64xf32>) -> tensor<5x64xf32>
// CHECK: [[Q:%.*]] = dl.gather %q, %i
// CHECK: dl.dequantize [[Q]], %t : (tensor<5x64xi8>, tensor<f32>) -> tensor<5x64xf32>
func.func @columns(%q: tensor<100x64xi8>, %s: tensor<64xf32>, %t: tensor<f32>, %i: tensor<5xi32>) -> (tensor<5x64xf32>, tensor<5x64xf32>) {
  %w = dl.dequantize %q, %s {axis = 1} : (tensor<100x64xi8>, tensor<64xf32>) -> tensor<100x64xf32>
  %y = dl.gather %w, %i {axis = 0} : (tensor<100x64xf32>, tensor<5xi32>) -> tensor<5x64xf32>
  %v = dl.dequantize %q, %t : (tensor<100x64xi8>, tensor<f32>) -> tensor<100x64xf32>
  %z = dl.gather %v, %i {axis = 0} : (tensor<100x64xf32>, tensor<5xi32>) -> tensor<5x64xf32>
  func.return %y, %z : tensor<5x64xf32>, tensor<5x64xf32>
}

// -----

// Columns, and rows with scales of blocks of rows, stay.
// CHECK-LABEL: @kept
// CHECK: [[W:%.*]] = dl.dequantize %q
// CHECK: dl.gather [[W]], %i {axis = 1}
// CHECK: [[V:%.*]] = dl.dequantize %q
// CHECK: dl.gather [[V]], %i {axis = 0}
func.func @kept(%q: tensor<64x64xi8>, %s: tensor<64xf32>, %t: tensor<2x64xf32>, %i: tensor<5xi32>) -> (tensor<64x5xf32>, tensor<5x64xf32>) {
  %w = dl.dequantize %q, %s {axis = 1} : (tensor<64x64xi8>, tensor<64xf32>) -> tensor<64x64xf32>
  %y = dl.gather %w, %i {axis = 1} : (tensor<64x64xf32>, tensor<5xi32>) -> tensor<64x5xf32>
  %v = dl.dequantize %q, %t {axis = 0, block = 32} : (tensor<64x64xi8>, tensor<2x64xf32>) -> tensor<64x64xf32>
  %z = dl.gather %v, %i {axis = 0} : (tensor<64x64xf32>, tensor<5xi32>) -> tensor<5x64xf32>
  func.return %y, %z : tensor<64x5xf32>, tensor<5x64xf32>
}

// -----

// Scales along an axis would have to move, too.
// CHECK-LABEL: @axis
// CHECK: dl.dequantize %q, %s {axis = 1}
// CHECK-NEXT: dl.transpose
func.func @axis(%q: tensor<4x6xi8>, %s: tensor<6xf32>) -> tensor<6x4xf32> {
  %0 = dl.dequantize %q, %s {axis = 1} : (tensor<4x6xi8>, tensor<6xf32>) -> tensor<4x6xf32>
  %1 = dl.transpose %0 {perm = [1, 0]} : tensor<4x6xf32> -> tensor<6x4xf32>
  func.return %1 : tensor<6x4xf32>
}
