// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @relu_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-relu-c1]}}
  %y = dl.relu %x : tensor<4xi1>
  func.return
}

// -----

func.func @relu_c2(%x: tensor<?x4xi8>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-relu-c2]}}
  %y = dl.relu %x : tensor<?x4xi8> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @sigmoid_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-sigmoid-c1]}}
  %y = dl.sigmoid %x : tensor<4xi32>
  func.return
}

// -----

func.func @sigmoid_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-sigmoid-c2]}}
  %y = dl.sigmoid %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @silu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-silu-c1]}}
  %y = dl.silu %x : tensor<4xi32>
  func.return
}

// -----

func.func @silu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-silu-c2]}}
  %y = dl.silu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @softplus_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-softplus-c1]}}
  %y = dl.softplus %x : tensor<4xi32>
  func.return
}

// -----

func.func @softplus_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-softplus-c2]}}
  %y = dl.softplus %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @softsign_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-softsign-c1]}}
  %y = dl.softsign %x : tensor<4xi32>
  func.return
}

// -----

func.func @softsign_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-softsign-c2]}}
  %y = dl.softsign %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @mish_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-mish-c1]}}
  %y = dl.mish %x : tensor<4xi32>
  func.return
}

// -----

func.func @mish_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-mish-c2]}}
  %y = dl.mish %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @selu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-selu-c1]}}
  %y = dl.selu %x : tensor<4xi32>
  func.return
}

// -----

func.func @selu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-selu-c2]}}
  %y = dl.selu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @hard_swish_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-hard_swish-c1]}}
  %y = dl.hard_swish %x : tensor<4xi32>
  func.return
}

// -----

func.func @hard_swish_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-hard_swish-c2]}}
  %y = dl.hard_swish %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @gelu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-gelu-c1]}}
  %y = dl.gelu %x : tensor<4xi32>
  func.return
}

// -----

func.func @gelu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-gelu-c2]}}
  %y = dl.gelu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @elu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-elu-c1]}}
  %y = dl.elu %x : tensor<4xi32>
  func.return
}

// -----

func.func @elu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-elu-c2]}}
  %y = dl.elu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @leaky_relu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-leaky_relu-c1]}}
  %y = dl.leaky_relu %x : tensor<4xi32>
  func.return
}

// -----

func.func @leaky_relu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-leaky_relu-c2]}}
  %y = dl.leaky_relu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @hard_sigmoid_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-hard_sigmoid-c1]}}
  %y = dl.hard_sigmoid %x : tensor<4xi32>
  func.return
}

// -----

func.func @hard_sigmoid_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-hard_sigmoid-c2]}}
  %y = dl.hard_sigmoid %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @clip_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-clip-c1]}}
  %y = dl.clip %x : tensor<4xi1>
  func.return
}

// -----

func.func @clip_c2(%x: tensor<?x4xi8>) {
  // expected-error@+1 {{expected result type tensor<?x4xi8>, got tensor<?x5xi8> [dl-clip-c2]}}
  %y = dl.clip %x : tensor<?x4xi8> -> tensor<?x5xi8>
  func.return
}

// -----

func.func @clip_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a float for element type f32, got 0 : i64 [dl-clip-c3]}}
  %y = dl.clip %x {min = 0} : tensor<4xf32>
  func.return
}
