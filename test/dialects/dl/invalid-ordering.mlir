// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @argmax_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-argmax-c1]}}
  %y = dl.argmax %x {axis = 0} : tensor<4xi4> -> tensor<i64>
  func.return
}

// -----

func.func @argmax_c2(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected result type tensor<4x1xi64>, got tensor<4xi64> [dl-argmax-c2]}}
  %y = dl.argmax %x {axis = 1, keepdims} : tensor<4x5xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @argmax_c2_b(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi64>, got tensor<4xi32> [dl-argmax-c2]}}
  %y = dl.argmax %x {axis = 1} : tensor<4x5xf32> -> tensor<4xi32>
  func.return
}

// -----

func.func @argmax_c3(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-argmax-c3]}}
  %y = dl.argmax %x {axis = 2} : tensor<4x5xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @argmax_c4(%x: tensor<4x0xf32>) {
  // expected-error@+1 {{expected an element along dimension 1, got tensor<4x0xf32> [dl-argmax-c4]}}
  %y = dl.argmax %x {axis = 1} : tensor<4x0xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @argmin_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-argmin-c1]}}
  %y = dl.argmin %x {axis = 0} : tensor<4xi4> -> tensor<i64>
  func.return
}

// -----

func.func @argmin_c2(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected result type tensor<4x1xi64>, got tensor<4xi64> [dl-argmin-c2]}}
  %y = dl.argmin %x {axis = 1, keepdims} : tensor<4x5xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @argmin_c2_b(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi64>, got tensor<4xi32> [dl-argmin-c2]}}
  %y = dl.argmin %x {axis = 1} : tensor<4x5xf32> -> tensor<4xi32>
  func.return
}

// -----

func.func @argmin_c3(%x: tensor<4x5xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-argmin-c3]}}
  %y = dl.argmin %x {axis = 2} : tensor<4x5xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @argmin_c4(%x: tensor<4x0xf32>) {
  // expected-error@+1 {{expected an element along dimension 1, got tensor<4x0xf32> [dl-argmin-c4]}}
  %y = dl.argmin %x {axis = 1} : tensor<4x0xf32> -> tensor<4xi64>
  func.return
}

// -----

func.func @sort_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-sort-c1]}}
  %v, %i = dl.sort %x {axis = 0} : tensor<4xi4> -> (tensor<4xi4>, tensor<4xi64>)
  func.return
}

// -----

func.func @sort_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<4xi64>, got tensor<4xi32> [dl-sort-c2]}}
  %v, %i = dl.sort %x {axis = 0} : tensor<4xf32> -> (tensor<4xf32>, tensor<4xi32>)
  func.return
}

// -----

func.func @sort_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-sort-c3]}}
  %v, %i = dl.sort %x {axis = 1} : tensor<4xf32> -> (tensor<4xf32>, tensor<4xi64>)
  func.return
}

// -----

func.func @topk_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{got i4 [dl-topk-c1]}}
  %v, %i = dl.topk %x {axis = 0, k = 1} : tensor<4xi4> -> (tensor<1xi4>, tensor<1xi64>)
  func.return
}

// -----

func.func @topk_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected result type tensor<2xf32>, got tensor<4xf32> [dl-topk-c2]}}
  %v, %i = dl.topk %x {axis = 0, k = 2} : tensor<4xf32> -> (tensor<4xf32>, tensor<2xi64>)
  func.return
}

// -----

func.func @topk_c3(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 1 (the rank), got 1 [dl-topk-c3]}}
  %v, %i = dl.topk %x {axis = 1, k = 2} : tensor<4xf32> -> (tensor<2xf32>, tensor<2xi64>)
  func.return
}

// -----

func.func @topk_c4(%x: tensor<4xf32>) {
  // expected-error@+1 {{expected 0 <= k <= 4, got 5 [dl-topk-c4]}}
  %v, %i = dl.topk %x {axis = 0, k = 5} : tensor<4xf32> -> (tensor<5xf32>, tensor<5xi64>)
  func.return
}

// -----

func.func @topk_c4_b(%x: tensor<?xf32>) {
  // expected-error@+1 {{expected 0 <= k <= the size of the axis, got -1 [dl-topk-c4]}}
  %v, %i = dl.topk %x {axis = 0, k = -1} : tensor<?xf32> -> (tensor<?xf32>, tensor<?xi64>)
  func.return
}
