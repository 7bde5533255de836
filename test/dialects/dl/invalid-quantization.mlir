// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @quantize_c1(%x: tensor<2x3xf64>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected the real element type (f32), got f64 [dl-quantize-c1]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf64>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c2(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected a result of a quantised element type (i8 ui8 i4 ui4 i2 ui2 i16 ui16 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f6E3M2FN f6E2M3FN f4E2M1FN), got i32 [dl-quantize-c2]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi32>
  func.return
}

// -----

func.func @quantize_c2_b(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected result type tensor<2x3xui4>, got tensor<3x2xui4> [dl-quantize-c2]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<3x2xui4>
  func.return
}

// -----

func.func @quantize_c3(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected scale of type tensor<f32>, got tensor<3xf32> [dl-quantize-c3]}}
  %y = dl.quantize %x, %s : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c3_b(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected scale of type tensor<2xf32>, got tensor<3xf32> [dl-quantize-c3]}}
  %y = dl.quantize %x, %s {axis = 0} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c3_c(%x: tensor<2x3xf32>, %s: tensor<3xf64>) {
  // expected-error@+1 {{expected scale of type tensor<3xf32>, got tensor<3xf64> [dl-quantize-c3]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf64>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c3_d(%x: tensor<2x5xf32>, %s: tensor<2x2xf32>) {
  // expected-error@+1 {{expected scale of type tensor<2x3xf32>, got tensor<2x2xf32> [dl-quantize-c3]}}
  %y = dl.quantize %x, %s {axis = 1, block = 2} : (tensor<2x5xf32>, tensor<2x2xf32>) -> tensor<2x5xi8>
  func.return
}

// -----

func.func @quantize_c4(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-quantize-c4]}}
  %y = dl.quantize %x, %s {axis = 2} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c4_b(%x: tensor<2x3xf32>, %s: tensor<2x3xf32>) {
  // expected-error@+1 {{expected an axis for blocks [dl-quantize-c4]}}
  %y = dl.quantize %x, %s {block = 2} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c4_c(%x: tensor<2x3xf32>, %s: tensor<2x3xf32>) {
  // expected-error@+1 {{expected block >= 1, got 0 [dl-quantize-c4]}}
  %y = dl.quantize %x, %s {axis = 1, block = 0} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c5(%x: tensor<2x3xf32>) {
  %s = dl.constant dense<[1.0, 0.0, 2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [dl-quantize-c5]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c5_b(%x: tensor<2x3xf32>) {
  %s = dl.constant dense<[1.0, 0x7F800000, 2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got inf [dl-quantize-c5]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c5_c(%x: tensor<2x3xf32>) {
  %s = dl.constant dense<[1.0, 0x7FC00000, -2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got nan [dl-quantize-c5]}}
  %y = dl.quantize %x, %s {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c5_d(%x: tensor<2x3xf32>) {
  %s = dl.constant dense<-0.5> : tensor<f32>
  // expected-error@+1 {{expected scales that are finite and > 0, got -0.5 [dl-quantize-c5]}}
  %y = dl.quantize %x, %s : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c6(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %z: tensor<3xui8>) {
  // expected-error@+1 {{expected a zero point of type tensor<3xi8>, got tensor<3xui8> [dl-quantize-c6]}}
  %y = dl.quantize %x, %s, %z {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xui8>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c6_b(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %z: tensor<i8>) {
  // expected-error@+1 {{expected a zero point of type tensor<3xi8>, got tensor<i8> [dl-quantize-c6]}}
  %y = dl.quantize %x, %s, %z {axis = 1} : (tensor<2x3xf32>, tensor<3xf32>, tensor<i8>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @quantize_c6_c(%x: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<f8E5M2>) {
  // expected-error@+1 {{expected no zero point for f8E5M2, got tensor<f8E5M2> [dl-quantize-c6]}}
  %y = dl.quantize %x, %s, %z : (tensor<2x3xf32>, tensor<f32>, tensor<f8E5M2>) -> tensor<2x3xf8E5M2>
  func.return
}

// -----

func.func @quantize_c6_d(%x: tensor<2x3xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{Integer value -9 is out of range for type i4}}
  %z = dl.constant dense<-9> : tensor<i4>
  %y = dl.quantize %x, %s, %z : (tensor<2x3xf32>, tensor<f32>, tensor<i4>) -> tensor<2x3xi4>
  func.return
}

// -----

func.func @dequantize_c1(%x: tensor<2x3xi64>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected a quantised element type (i8 ui8 i4 ui4 i2 ui2 i16 ui16 f8E5M2 f8E5M2FNUZ f8E4M3 f8E4M3FN f8E4M3FNUZ f8E4M3B11FNUZ f8E3M4 f6E3M2FN f6E2M3FN f4E2M1FN i32), got i64 [dl-dequantize-c1]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi64>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c2(%x: tensor<2x3xi8>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected a result of the real element type (f32), got f16 [dl-dequantize-c2]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf16>
  func.return
}

// -----

func.func @dequantize_c3(%x: tensor<2x3xi8>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected scale of type tensor<f32>, got tensor<3xf32> [dl-dequantize-c3]}}
  %y = dl.dequantize %x, %s : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c3_b(%x: tensor<2x3xi8>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected scale of type tensor<2xf32>, got tensor<3xf32> [dl-dequantize-c3]}}
  %y = dl.dequantize %x, %s {axis = 0} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c3_c(%x: tensor<2x3xi8>, %s: tensor<3xf64>) {
  // expected-error@+1 {{expected scale of type tensor<3xf32>, got tensor<3xf64> [dl-dequantize-c3]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi8>, tensor<3xf64>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c3_d(%x: tensor<?x6xi4>, %s: tensor<?x6xf32>) {
  // expected-error@+1 {{expected scale of type tensor<?x2xf32>, got tensor<?x6xf32> [dl-dequantize-c3]}}
  %y = dl.dequantize %x, %s {axis = 1, block = 4} : (tensor<?x6xi4>, tensor<?x6xf32>) -> tensor<?x6xf32>
  func.return
}

// -----

func.func @dequantize_c4(%x: tensor<2x3xi8>, %s: tensor<3xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-dequantize-c4]}}
  %y = dl.dequantize %x, %s {axis = 2} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c5(%x: tensor<2x3xi8>) {
  %s = dl.constant dense<[1.0, 0.0, 2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [dl-dequantize-c5]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c5_b(%x: tensor<2x3xi8>) {
  %s = dl.constant dense<[1.0, 0x7F800000, 2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got inf [dl-dequantize-c5]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c5_c(%x: tensor<2x3xi8>) {
  %s = dl.constant dense<[1.0, 0x7FC00000, -2.0]> : tensor<3xf32>
  // expected-error@+1 {{expected scales that are finite and > 0, got nan [dl-dequantize-c5]}}
  %y = dl.dequantize %x, %s {axis = 1} : (tensor<2x3xi8>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c6(%x: tensor<2x3xui8>, %s: tensor<3xf32>, %z: tensor<2xui8>) {
  // expected-error@+1 {{expected a zero point of type tensor<3xui8>, got tensor<2xui8> [dl-dequantize-c6]}}
  %y = dl.dequantize %x, %s, %z {axis = 1} : (tensor<2x3xui8>, tensor<3xf32>, tensor<2xui8>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @dequantize_c6_b(%x: tensor<2x3xi32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected no zero point for i32, got tensor<i32> [dl-dequantize-c6]}}
  %y = dl.dequantize %x, %s, %z : (tensor<2x3xi32>, tensor<f32>, tensor<i32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @requantize_c1(%x: tensor<2x3xi64>, %m: tensor<3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected the accumulator element type (i32), got i64 [dl-requantize-c1]}}
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<2x3xi64>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c2(%x: tensor<2x3xi32>, %m: tensor<3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected a result of an 8-bit integer element type (i8 ui8), got i16 [dl-requantize-c2]}}
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi16>
  func.return
}

// -----

func.func @requantize_c3(%x: tensor<2x3xi32>, %m: tensor<3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected multiplier and shift of type tensor<i32>, got tensor<3xi32> [dl-requantize-c3]}}
  %y = dl.requantize %x, %m, %s : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c3_b(%x: tensor<2x3xi32>, %m: tensor<3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected multiplier and shift of type tensor<2xi32>, got tensor<3xi32> [dl-requantize-c3]}}
  %y = dl.requantize %x, %m, %s {axis = 0} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c3_c(%x: tensor<2x3xi32>, %m: tensor<3xi8>, %s: tensor<3xi8>) {
  // expected-error@+1 {{expected multiplier and shift of type tensor<3xi32>, got tensor<3xi8> [dl-requantize-c3]}}
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<2x3xi32>, tensor<3xi8>, tensor<3xi8>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c4(%x: tensor<2x3xi32>, %m: tensor<3xi32>, %s: tensor<3xi32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-requantize-c4]}}
  %y = dl.requantize %x, %m, %s {axis = 2} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c5(%x: tensor<2x3xi32>, %m: tensor<3xi32>) {
  %s = dl.constant dense<[0, -32, 31]> : tensor<3xi32>
  // expected-error@+1 {{expected shifts in -31..31, got -32 [dl-requantize-c5]}}
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c5_b(%x: tensor<2x3xi32>, %m: tensor<3xi32>) {
  %s = dl.constant dense<[-31, 0, 32]> : tensor<3xi32>
  // expected-error@+1 {{expected shifts in -31..31, got 32 [dl-requantize-c5]}}
  %y = dl.requantize %x, %m, %s {axis = 1} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>) -> tensor<2x3xi8>
  func.return
}

// -----

func.func @requantize_c6(%x: tensor<2x3xi32>, %m: tensor<3xi32>, %s: tensor<3xi32>, %z: tensor<3xi8>) {
  // expected-error@+1 {{expected a zero point of type tensor<3xui8>, got tensor<3xi8> [dl-requantize-c6]}}
  %y = dl.requantize %x, %m, %s, %z {axis = 1} : (tensor<2x3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<3xi8>) -> tensor<2x3xui8>
  func.return
}
