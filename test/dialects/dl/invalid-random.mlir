// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @random_bits_c1(%s: tensor<i64>) {
  // expected-error@+1 {{got i64 [dl-random_bits-c1]}}
  %y = dl.random_bits %s : tensor<i64> -> tensor<4xi64>
  func.return
}

// -----

func.func @random_bits_c2(%s: tensor<i64>) {
  // expected-error@+1 {{expected 1 size operands, one per `?` of the result, got 0 [dl-random_bits-c2]}}
  %y = dl.random_bits %s : tensor<i64> -> tensor<4x?xi32>
  func.return
}

// -----

func.func @random_bits_c3(%s: tensor<1xi64>) {
  // expected-error@+1 {{expected a seed of type tensor<i64>, got tensor<1xi64> [dl-random_bits-c3]}}
  %y = dl.random_bits %s : tensor<1xi64> -> tensor<4xi32>
  func.return
}

// -----

func.func @random_uniform_c1(%s: tensor<i64>) {
  // expected-error@+1 {{got i32 [dl-random_uniform-c1]}}
  %y = dl.random_uniform %s : tensor<i64> -> tensor<4xi32>
  func.return
}

// -----

func.func @random_uniform_c2(%s: tensor<i64>) {
  // expected-error@+1 {{expected 1 size operands, one per `?` of the result, got 0 [dl-random_uniform-c2]}}
  %y = dl.random_uniform %s : tensor<i64> -> tensor<4x?xf32>
  func.return
}

// -----

func.func @random_uniform_c3(%s: tensor<1xi64>) {
  // expected-error@+1 {{expected a seed of type tensor<i64>, got tensor<1xi64> [dl-random_uniform-c3]}}
  %y = dl.random_uniform %s : tensor<1xi64> -> tensor<4xf32>
  func.return
}

// -----

func.func @dropout_c1(%x: tensor<4xi32>, %s: tensor<i64>) {
  // expected-error@+1 {{got i32 [dl-dropout-c1]}}
  %y, %m = dl.dropout %x, %s : (tensor<4xi32>, tensor<i64>) -> (tensor<4xi32>, tensor<4xi1>)
  func.return
}

// -----

func.func @dropout_c2(%x: tensor<4xf32>, %s: tensor<i64>) {
  // expected-error@+1 {{expected result type tensor<4xi1>, got tensor<4xf32> [dl-dropout-c2]}}
  %y, %m = dl.dropout %x, %s : (tensor<4xf32>, tensor<i64>) -> (tensor<4xf32>, tensor<4xf32>)
  func.return
}

// -----

func.func @dropout_c3(%x: tensor<4xf32>, %s: tensor<i64>) {
  // expected-error@+1 {{expected 0 <= ratio < 1, got 1.0 [dl-dropout-c3]}}
  %y, %m = dl.dropout %x, %s {ratio = 1.0} : (tensor<4xf32>, tensor<i64>) -> (tensor<4xf32>, tensor<4xi1>)
  func.return
}

// -----

func.func @dropout_c4(%x: tensor<4xf32>, %s: tensor<i32>) {
  // expected-error@+1 {{expected a seed of type tensor<i64>, got tensor<i32> [dl-dropout-c4]}}
  %y, %m = dl.dropout %x, %s : (tensor<4xf32>, tensor<i32>) -> (tensor<4xf32>, tensor<4xi1>)
  func.return
}
