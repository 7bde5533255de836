// RUN: dlir-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expected i or u of 2, 4, 8 or 16 bits, or i32, got i3 [quant-uniform-c1]}}
func.func private @uniform_c1(!quant.uniform<i3:f32, 1.0>)

// -----

// expected-error@+1 {{expected i or u of 2, 4, 8 or 16 bits, or i32, got u32 [quant-uniform-c1]}}
func.func private @uniform_c1_unsigned(!quant.uniform<u32:f32, 1.0>)

// -----

// expected-error@+1 {{expected f32, got f64 [quant-uniform-c2]}}
func.func private @uniform_c2(!quant.uniform<i8:f64, 1.0>)

// -----

// expected-error@+1 {{expected bounds within -128:127, got 5:5 [quant-uniform-c3]}}
func.func private @uniform_c3(!quant.uniform<i8<5:5>:f32, 1.0>)

// -----

// expected-error@+1 {{expected bounds within 0:15, got 0:16 [quant-uniform-c3]}}
func.func private @uniform_c3_outside(!quant.uniform<u4<0:16>:f32, 1.0>)

// -----

// expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [quant-uniform-c4]}}
func.func private @uniform_c4(!quant.uniform<i8:f32, 0.0>)

// -----

// expected-error@+1 {{expected scales that are finite and > 0, got -0.5 [quant-uniform-c4]}}
func.func private @uniform_c4_negative(!quant.uniform<i8:f32:0, {1.0, -0.5}>)

// -----

// No f32 is as large as this, and none as small as the next.
// expected-error@+1 {{expected scales that are finite and > 0, got inf [quant-uniform-c4]}}
func.func private @uniform_c4_infinite(!quant.uniform<i8:f32, 1.0e39>)

// -----

// expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [quant-uniform-c4]}}
func.func private @uniform_c4_small(!quant.uniform<i8:f32, 1.0e-60>)

// -----

// expected-error@+1 {{expected zero points within -127:127, got -128 [quant-uniform-c5]}}
func.func private @uniform_c5(!quant.uniform<i8<-127:127>:f32, 1.0:-128>)

// -----

// expected-error@+1 {{expected zero points within 0:0, got 1 [quant-uniform-c5]}}
func.func private @uniform_c5_sum(!quant.uniform<i32:f32, 1.0:1>)

// -----

// expected-error@+1 {{expected distinct axes, got [0, 0] [quant-uniform-c6]}}
func.func private @uniform_c6(!quant.uniform<i8:f32:{0:1, 0:2}, {1.0}>)

// -----

// expected-error@+1 {{expected axes below 1, got [0, 1] [quant-uniform-c6]}}
func.func private @uniform_c6_nesting(!quant.uniform<i8:f32:{0:1, 1:2}, {1.0}>)

// -----

// expected-error@+1 {{expected blocks >= 1, got [0] [quant-uniform-c7]}}
func.func private @uniform_c7(!quant.uniform<i8:f32:{0:0}, {1.0}>)

// -----

// expected-error@+1 {{expected a storage type such as i8 or u8}}
func.func private @storage(!quant.uniform<s8:f32, 1.0>)

// -----

// expected-error@+1 {{expected scales in 1 braces, got 0}}
func.func private @per_axis(!quant.uniform<i8:f32:1, 1.0>)

// -----

// expected-error@+1 {{expected lists of one shape}}
func.func private @ragged(!quant.uniform<i8:f32:{0:1, 1:1}, {{1.0, 2.0}, {1.0}}>)

// -----

func.func @qcast_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected elements such as !quant.uniform<i8:f32, 0.5>, got tensor<4xi8> [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<4xf32> to tensor<4xi8>
  func.return
}

// -----

func.func @qcast_c1_axis(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected an axis below 1, got 1 [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32:1, {1.0, 2.0}>>
  func.return
}

// -----

func.func @qcast_c1_size(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 4 scales along axis 0, got 2 [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32:0, {1.0, 2.0}>>
  func.return
}

// -----

func.func @qcast_c1_nesting(%x: tensor<4x4xf32>) {
  // expected-error@+1 {{expected scales nested 2 deep, got 1 [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<4x4xf32> to tensor<4x4x!quant.uniform<i8:f32:{0:2}, {1.0, 2.0}>>
  func.return
}

// -----

func.func @qcast_c1_blocks(%x: tensor<1x5xf32>) {
  // expected-error@+1 {{expected 5 places along axis 1, got 2 blocks of 2 [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<1x5xf32> to tensor<1x5x!quant.uniform<i8:f32:{1:2}, {{1.0, 2.0}}>>
  func.return
}

// -----

func.func @qcast_c1_unnamed(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected one block along axis 0, got 2 [quant-qcast-c1]}}
  %y = quant.qcast %x : tensor<2x4xf32> to tensor<2x4x!quant.uniform<i8:f32:{1:4}, {{1.0}, {2.0}}>>
  func.return
}

// -----

func.func @qcast_c2(%x: tensor<5xf32>) {
  // expected-error@+1 {{expected tensor<4xf32>, got tensor<5xf32> [quant-qcast-c2]}}
  %y = quant.qcast %x : tensor<5xf32> to tensor<4x!quant.uniform<i8:f32, 1.0>>
  func.return
}

// -----

func.func @qcast_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 16 bits or less, got 32 [quant-qcast-c3]}}
  %y = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i32:f32, 1.0>>
  func.return
}

// -----

func.func @dcast_c1(%x: tensor<4x!quant.uniform<i8:f32:1, {1.0}>>) {
  // expected-error@+1 {{expected an axis below 1, got 1 [quant-dcast-c1]}}
  %y = quant.dcast %x : tensor<4x!quant.uniform<i8:f32:1, {1.0}>> to tensor<4xf32>
  func.return
}

// -----

func.func @dcast_c2(%x: tensor<4x!quant.uniform<i8:f32, 1.0>>) {
  // expected-error@+1 {{expected tensor<4xf32>, got tensor<4xf64> [quant-dcast-c2]}}
  %y = quant.dcast %x : tensor<4x!quant.uniform<i8:f32, 1.0>> to tensor<4xf64>
  func.return
}

// -----

func.func @scast_c1(%x: tensor<4xi8>) {
  // expected-error@+1 {{expected elements such as !quant.uniform<i8:f32, 0.5>, got tensor<4xi8> [quant-scast-c1]}}
  %y = quant.scast %x : tensor<4xi8> to tensor<4xi8>
  func.return
}

// -----

func.func @scast_c2(%x: tensor<4xi8>) {
  // expected-error@+1 {{expected tensor<4xui8>, got tensor<4xi8> [quant-scast-c2]}}
  %y = quant.scast %x : tensor<4xi8> to tensor<4x!quant.uniform<u8:f32, 1.0>>
  func.return
}

// -----

func.func @scast_c2_two(%x: tensor<4x!quant.uniform<i8:f32, 2.0>>) {
  // expected-error@+1 {{expected tensor<4xi8>, got tensor<4x!quant.uniform<i8:f32, 2.0>> [quant-scast-c2]}}
  %y = quant.scast %x : tensor<4x!quant.uniform<i8:f32, 2.0>> to tensor<4x!quant.uniform<i8:f32, 1.0>>
  func.return
}
