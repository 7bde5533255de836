// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @celu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-celu-c1]}}
  %y = dl.celu %x : tensor<4xi32>
  func.return
}

// -----

func.func @celu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-celu-c2]}}
  %y = dl.celu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @thresholded_relu_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-thresholded_relu-c1]}}
  %y = dl.thresholded_relu %x : tensor<4xi32>
  func.return
}

// -----

func.func @thresholded_relu_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x4xf32>, got tensor<?x5xf32> [dl-thresholded_relu-c2]}}
  %y = dl.thresholded_relu %x : tensor<?x4xf32> -> tensor<?x5xf32>
  func.return
}

// -----

func.func @celu_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a finite alpha other than 0, got 0.0 [dl-celu-c3]}}
  %y = dl.celu %x {alpha = 0.0} : tensor<4xf32>
  func.return
}

// -----

func.func @celu_c3_infinite(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected a finite alpha other than 0, got inf [dl-celu-c3]}}
  %y = dl.celu %x {alpha = inf} : tensor<4xf32>
  func.return
}
