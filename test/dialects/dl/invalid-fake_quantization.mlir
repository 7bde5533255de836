// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @fake_quantize_c1(%x: tensor<2x3xf64>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected the real element type (f32), got f64 [dl-fake_quantize-c1]}}
  %y = dl.fake_quantize %x, %s {low = 0, high = 255} : (tensor<2x3xf64>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c2(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected result type tensor<2x3xf32>, got tensor<3x2xf32> [dl-fake_quantize-c2]}}
  %y = dl.fake_quantize %x, %s {low = 0, high = 255} : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @fake_quantize_c3(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<2xf32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected scale of type tensor<3xf32>, got tensor<2xf32> [dl-fake_quantize-c3]}}
  %y = dl.fake_quantize %x, %s {axis = 1, low = 0, high = 255} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c4(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<3xf32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-fake_quantize-c4]}}
  %y = dl.fake_quantize %x, %s {axis = 2, low = 0, high = 255} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c5(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>) {
  %s = dl.constant dense<0.0> : tensor<f32>
  // expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [dl-fake_quantize-c5]}}
  %y = dl.fake_quantize %x, %s {low = 0, high = 255} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c6(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error@+1 {{expected a zero point of type tensor<i32>, got tensor<i8> [dl-fake_quantize-c6]}}
  %y = dl.fake_quantize %x, %s, %z {low = 0, high = 255} : (tensor<2x3xf32>, tensor<f32>, tensor<i8>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c6_b(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>) {
  %z = dl.constant dense<-1> : tensor<i32>
  // expected-error@+1 {{expected zero points in 0..255, got -1 [dl-fake_quantize-c6]}}
  %y = dl.fake_quantize %x, %s, %z {low = 0, high = 255} : (tensor<2x3xf32>, tensor<f32>, tensor<i32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_c7(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected -32768 <= low < high <= 65535, got 3 and 3 [dl-fake_quantize-c7]}}
  %y = dl.fake_quantize %x, %s {low = 3, high = 3} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c1(%x: tensor<2x3xf64>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected the real element type (f32), got f64 [dl-fake_quantize_grad-c1]}}
  %y = dl.fake_quantize_grad %x, %g, %s {low = 0, high = 255} : (tensor<2x3xf64>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c2(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected result type tensor<2x3xf32>, got tensor<3x2xf32> [dl-fake_quantize_grad-c2]}}
  %y = dl.fake_quantize_grad %x, %g, %s {low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<3x2xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c3(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<2xf32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected scale of type tensor<3xf32>, got tensor<2xf32> [dl-fake_quantize_grad-c3]}}
  %y = dl.fake_quantize_grad %x, %g, %s {axis = 1, low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c4(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<3xf32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-fake_quantize_grad-c4]}}
  %y = dl.fake_quantize_grad %x, %g, %s {axis = 2, low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c5(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>) {
  %s = dl.constant dense<0.0> : tensor<f32>
  // expected-error@+1 {{expected scales that are finite and > 0, got 0.0 [dl-fake_quantize_grad-c5]}}
  %y = dl.fake_quantize_grad %x, %g, %s {low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c6(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error@+1 {{expected a zero point of type tensor<i32>, got tensor<i8> [dl-fake_quantize_grad-c6]}}
  %y = dl.fake_quantize_grad %x, %g, %s, %z {low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>, tensor<i8>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c6_b(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>) {
  %z = dl.constant dense<-1> : tensor<i32>
  // expected-error@+1 {{expected zero points in 0..255, got -1 [dl-fake_quantize_grad-c6]}}
  %y = dl.fake_quantize_grad %x, %g, %s, %z {low = 0, high = 255} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>, tensor<i32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c7(%x: tensor<2x3xf32>, %g: tensor<2x3xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // expected-error@+1 {{expected -32768 <= low < high <= 65535, got 3 and 3 [dl-fake_quantize_grad-c7]}}
  %y = dl.fake_quantize_grad %x, %g, %s {low = 3, high = 3} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// -----

func.func @fake_quantize_grad_c8(%x: tensor<2x3xf32>, %g: tensor<3x2xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{expected a gradient of shape [2, 3], got [3, 2] [dl-fake_quantize_grad-c8]}}
  %y = dl.fake_quantize_grad %x, %g, %s {low = 0, high = 255} : (tensor<2x3xf32>, tensor<3x2xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}
