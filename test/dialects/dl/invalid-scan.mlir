// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @cumsum_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{got i1 [dl-cumsum-c1]}}
  %y = dl.cumsum %x {axis = 0} : tensor<4xi1>
  func.return
}

// -----

func.func @cumsum_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xf32>, got tensor<5xf32> [dl-cumsum-c2]}}
  %y = dl.cumsum %x {axis = 0} : tensor<4xf32> -> tensor<5xf32>
  func.return
}

// -----

func.func @cumsum_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-cumsum-c3]}}
  %y = dl.cumsum %x {axis = 1} : tensor<4xf32>
  func.return
}

// -----

func.func @cumprod_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{got i1 [dl-cumprod-c1]}}
  %y = dl.cumprod %x {axis = 0} : tensor<4xi1>
  func.return
}

// -----

func.func @cumprod_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xf32>, got tensor<4xf64> [dl-cumprod-c2]}}
  %y = dl.cumprod %x {axis = 0} : tensor<4xf32> -> tensor<4xf64>
  func.return
}

// -----

func.func @cumprod_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got -1 [dl-cumprod-c3]}}
  %y = dl.cumprod %x {axis = -1} : tensor<4xf32>
  func.return
}
