// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @softmax_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-softmax-c1]}}
  %y = dl.softmax %x {axis = 0} : tensor<4xi32>
  func.return
}

// -----

func.func @softmax_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xf32>, got tensor<4xf16> [dl-softmax-c2]}}
  %y = dl.softmax %x {axis = 0} : tensor<4xf32> -> tensor<4xf16>
  func.return
}

// -----

func.func @softmax_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got -1 [dl-softmax-c3]}}
  %y = dl.softmax %x {axis = -1} : tensor<4xf32>
  func.return
}

// -----

func.func @log_softmax_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-log_softmax-c1]}}
  %y = dl.log_softmax %x {axis = 0} : tensor<4xi32>
  func.return
}

// -----

func.func @log_softmax_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xf32>, got tensor<1xf32> [dl-log_softmax-c2]}}
  %y = dl.log_softmax %x {axis = 0} : tensor<4xf32> -> tensor<1xf32>
  func.return
}

// -----

func.func @log_softmax_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-log_softmax-c3]}}
  %y = dl.log_softmax %x {axis = 1} : tensor<4xf32>
  func.return
}

// -----

func.func @layer_norm_c1(%x: tensor<2x4xi32>, %s: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-layer_norm-c1]}}
  %y = dl.layer_norm %x, %s {axis = 1} : (tensor<2x4xi32>, tensor<4xi32>) -> tensor<2x4xi32>
  func.return
}

// -----

func.func @layer_norm_c2(%x: tensor<2x4xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<2xf32> [dl-layer_norm-c2]}}
  %y = dl.layer_norm %x, %s {axis = 1} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2xf32>
  func.return
}

// -----

func.func @layer_norm_c3(%x: tensor<2x4xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-layer_norm-c3]}}
  %y = dl.layer_norm %x, %s {axis = 2} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @layer_norm_c4(%x: tensor<2x4xf32>, %s: tensor<4xf32>, %b: tensor<1xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf32>, got tensor<1xf32> [dl-layer_norm-c4]}}
  %y = dl.layer_norm %x, %s, %b {axis = 1} : (tensor<2x4xf32>, tensor<4xf32>, tensor<1xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @batch_norm_c1(%x: tensor<2x4xi8>, %s: tensor<4xi8>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i8 [dl-batch_norm-c1]}}
  %y = dl.batch_norm %x, %s, %s, %s, %s : (tensor<2x4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) -> tensor<2x4xi8>
  func.return
}

// -----

func.func @batch_norm_c2(%x: tensor<2x4xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<?x4xf32> [dl-batch_norm-c2]}}
  %y = dl.batch_norm %x, %s, %s, %s, %s : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @batch_norm_c3(%x: tensor<4xf32>, %s: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-batch_norm-c3]}}
  %y = dl.batch_norm %x, %s, %s, %s, %s : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @batch_norm_c4(%x: tensor<2x4xf16>, %s: tensor<4xf16>, %v: tensor<4xf32>) {
  // expected-error@+1 {{expected scale, bias or statistics of type tensor<4xf16>, got tensor<4xf32> [dl-batch_norm-c4]}}
  %y = dl.batch_norm %x, %s, %s, %v, %s : (tensor<2x4xf16>, tensor<4xf16>, tensor<4xf16>, tensor<4xf32>, tensor<4xf16>) -> tensor<2x4xf16>
  func.return
}

// -----

func.func @lrn_c1(%x: tensor<2x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-lrn-c1]}}
  %y = dl.lrn %x {size = 3} : tensor<2x4xi32>
  func.return
}

// -----

func.func @lrn_c2(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<2x4xf32>, got tensor<2x2xf32> [dl-lrn-c2]}}
  %y = dl.lrn %x {size = 3} : tensor<2x4xf32> -> tensor<2x2xf32>
  func.return
}

// -----

func.func @lrn_c3(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-lrn-c3]}}
  %y = dl.lrn %x {size = 3, axis = 2} : tensor<2x4xf32>
  func.return
}

// -----

func.func @lrn_c4(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{expected a size >= 1, got 0 [dl-lrn-c4]}}
  %y = dl.lrn %x {size = 0} : tensor<2x4xf32>
  func.return
}
