// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @gather_elements_c1(%x: tensor<4x5xf32>, %i: tensor<4x2xf32>) {
  // expected-error@+1 {{got f32 [dl-gather_elements-c1]}}
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  func.return
}

// -----

func.func @gather_elements_c2(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>) {
  // expected-error@+1 {{expected result type tensor<4x2xf32>, got tensor<4x5xf32> [dl-gather_elements-c2]}}
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<4x2xi64>) -> tensor<4x5xf32>
  func.return
}

// -----

func.func @gather_elements_c3(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-gather_elements-c3]}}
  %y = dl.gather_elements %x, %i {axis = 2} : (tensor<4x5xf32>, tensor<4x2xi64>) -> tensor<4x2xf32>
  func.return
}

// -----

func.func @gather_elements_c4(%x: tensor<4x5xf32>, %i: tensor<5x2xi64>) {
  // expected-error@+1 {{expected a shape within [4, 5] but along axis 1, got [5, 2] [dl-gather_elements-c4]}}
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<5x2xi64>) -> tensor<5x2xf32>
  func.return
}

// -----

func.func @gather_elements_c4_b(%x: tensor<4x5xf32>, %i: tensor<5xi64>) {
  // expected-error@+1 {{expected a shape within [4, 5] but along axis 1, got [5] [dl-gather_elements-c4]}}
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<5xi64>) -> tensor<5xf32>
  func.return
}

// -----

func.func @gather_nd_c1(%x: tensor<4x5xi4>, %i: tensor<3x2xi64>) {
  // expected-error@+1 {{got i4 [dl-gather_nd-c1]}}
  %y = dl.gather_nd %x, %i : (tensor<4x5xi4>, tensor<3x2xi64>) -> tensor<3xi4>
  func.return
}

// -----

func.func @gather_nd_c2(%x: tensor<4x5x8xf32>, %i: tensor<3x2xi64>) {
  // expected-error@+1 {{expected result type tensor<3x8xf32>, got tensor<3xf32> [dl-gather_nd-c2]}}
  %y = dl.gather_nd %x, %i : (tensor<4x5x8xf32>, tensor<3x2xi64>) -> tensor<3xf32>
  func.return
}

// -----

func.func @gather_nd_c3(%x: tensor<4x5xf32>, %i: tensor<3x1xi64>) {
  // expected-error@+1 {{expected equal batch dimensions, got 1 of [4, 5] and [3, 1] [dl-gather_nd-c3]}}
  %y = dl.gather_nd %x, %i {batch_dims = 1} : (tensor<4x5xf32>, tensor<3x1xi64>) -> tensor<4xf32>
  func.return
}

// -----

func.func @gather_nd_c3_b(%x: tensor<4x5xf32>, %i: tensor<4x1xi64>) {
  // expected-error@+1 {{expected equal batch dimensions, got 2 of [4, 5] and [4, 1] [dl-gather_nd-c3]}}
  %y = dl.gather_nd %x, %i {batch_dims = 2} : (tensor<4x5xf32>, tensor<4x1xi64>) -> tensor<4xf32>
  func.return
}

// -----

func.func @gather_nd_c4(%x: tensor<4x5xf32>, %i: tensor<3x3xi64>) {
  // expected-error@+1 {{expected 1 to 2 numbers in the last dimension of the indices, got tensor<3x3xi64> [dl-gather_nd-c4]}}
  %y = dl.gather_nd %x, %i : (tensor<4x5xf32>, tensor<3x3xi64>) -> tensor<3xf32>
  func.return
}

// -----

func.func @gather_nd_c4_b(%x: tensor<4x5xf32>, %i: tensor<3x?xi64>) {
  // expected-error@+1 {{expected 1 to 2 numbers in the last dimension of the indices, got tensor<3x?xi64> [dl-gather_nd-c4]}}
  %y = dl.gather_nd %x, %i : (tensor<4x5xf32>, tensor<3x?xi64>) -> tensor<3xf32>
  func.return
}

// -----

func.func @scatter_elements_c1(%x: tensor<4x5xi1>, %i: tensor<4x2xi64>, %u: tensor<4x2xi1>) {
  // expected-error@+1 {{got i1 [dl-scatter_elements-c1]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 1, reduction = "add"} : (tensor<4x5xi1>, tensor<4x2xi64>, tensor<4x2xi1>) -> tensor<4x5xi1>
  func.return
}

// -----

func.func @scatter_elements_c1_b(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>, %u: tensor<4x2xf64>) {
  // expected-error@+1 {{expected updates of f32, got f64 [dl-scatter_elements-c1]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 1} : (tensor<4x5xf32>, tensor<4x2xi64>, tensor<4x2xf64>) -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scatter_elements_c2(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>, %u: tensor<4x2xf32>) {
  // expected-error@+1 {{expected result type tensor<4x5xf32>, got tensor<4x2xf32> [dl-scatter_elements-c2]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 1} : (tensor<4x5xf32>, tensor<4x2xi64>, tensor<4x2xf32>) -> tensor<4x2xf32>
  func.return
}

// -----

func.func @scatter_elements_c3(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>, %u: tensor<4x2xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-scatter_elements-c3]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 2} : (tensor<4x5xf32>, tensor<4x2xi64>, tensor<4x2xf32>) -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scatter_elements_c4(%x: tensor<4x5xf32>, %i: tensor<7x2xi64>, %u: tensor<7x2xf32>) {
  // expected-error@+1 {{expected a shape within [4, 5] but along axis 1, got [7, 2] [dl-scatter_elements-c4]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 1} : (tensor<4x5xf32>, tensor<7x2xi64>, tensor<7x2xf32>) -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scatter_elements_c5(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>, %u: tensor<4x3xf32>) {
  // expected-error@+1 {{expected indices and updates of one shape, got tensor<4x2xi64> and tensor<4x3xf32> [dl-scatter_elements-c5]}}
  %y = dl.scatter_elements %x, %i, %u {axis = 1} : (tensor<4x5xf32>, tensor<4x2xi64>, tensor<4x3xf32>) -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scatter_nd_c1(%x: tensor<4x5x8xi1>, %i: tensor<3x2xi64>, %u: tensor<3x8xi1>) {
  // expected-error@+1 {{got i1 [dl-scatter_nd-c1]}}
  %y = dl.scatter_nd %x, %i, %u {reduction = "mul"} : (tensor<4x5x8xi1>, tensor<3x2xi64>, tensor<3x8xi1>) -> tensor<4x5x8xi1>
  func.return
}

// -----

func.func @scatter_nd_c2(%x: tensor<4x5x8xf32>, %i: tensor<3x2xi64>, %u: tensor<3x8xf32>) {
  // expected-error@+1 {{expected result type tensor<4x5x8xf32>, got tensor<3x8xf32> [dl-scatter_nd-c2]}}
  %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<3x2xi64>, tensor<3x8xf32>) -> tensor<3x8xf32>
  func.return
}

// -----

func.func @scatter_nd_c3(%x: tensor<4x5x8xf32>, %i: tensor<3x4xi64>, %u: tensor<3x8xf32>) {
  // expected-error@+1 {{expected 1 to 3 numbers in the last dimension of the indices, got tensor<3x4xi64> [dl-scatter_nd-c3]}}
  %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<3x4xi64>, tensor<3x8xf32>) -> tensor<4x5x8xf32>
  func.return
}

// -----

func.func @scatter_nd_c4(%x: tensor<4x5x8xf32>, %i: tensor<3x2xi64>, %u: tensor<3x5x8xf32>) {
  // expected-error@+1 {{expected updates of shape [3, 8], got tensor<3x5x8xf32> [dl-scatter_nd-c4]}}
  %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<3x2xi64>, tensor<3x5x8xf32>) -> tensor<4x5x8xf32>
  func.return
}

// -----

func.func @one_hot_c1(%i: tensor<4xf32>) {
  // expected-error@+1 {{got f32 [dl-one_hot-c1]}}
  %y = dl.one_hot %i {axis = 1} : tensor<4xf32> -> tensor<4x3xf32>
  func.return
}

// -----

func.func @one_hot_c2(%i: tensor<4xi64>) {
  // expected-error@+1 {{expected result type tensor<4x3xf32>, got tensor<5x3xf32> [dl-one_hot-c2]}}
  %y = dl.one_hot %i {axis = 1} : tensor<4xi64> -> tensor<5x3xf32>
  func.return
}

// -----

func.func @one_hot_c3(%i: tensor<4xi64>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got 2 [dl-one_hot-c3]}}
  %y = dl.one_hot %i {axis = 2} : tensor<4xi64> -> tensor<4x3xf32>
  func.return
}

// -----

func.func @one_hot_c4(%i: tensor<4xi64>) {
  // expected-error@+1 {{expected 1 size operands for an axis of size [?], got 0 [dl-one_hot-c4]}}
  %y = dl.one_hot %i {axis = 1} : tensor<4xi64> -> tensor<4x?xf32>
  func.return
}

// -----

func.func @one_hot_c4_b(%i: tensor<?xi64>, %n: index) {
  // expected-error@+1 {{expected 0 size operands for an axis of size [3], got 1 [dl-one_hot-c4]}}
  %y = dl.one_hot %i [%n] {axis = 1} : tensor<?xi64> -> tensor<?x3xf32>
  func.return
}
