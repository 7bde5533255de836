// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @scan_c1(%x: tensor<4x5xf32>, %o: tensor<4x5xf32>) {
  // expected-error@+1 {{axis 2 of a 2-dimensional input; expected one of its dimensions [structured-scan-c1]}}
  %r = structured.scan {axis = 2, init = 0.0 : f32} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x5xf32>) {
  ^bb0(%a: f32, %acc: f32):
    structured.yield %acc : f32
  } -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scan_c1_shape(%x: tensor<4x5xf32>, %o: tensor<5x5xf32>) {
  // expected-error@+1 {{outs has shape 5x5, expected 4x5 [structured-scan-c1]}}
  %r = structured.scan {axis = 1, init = 0.0 : f32} ins(%x : tensor<4x5xf32>) outs(%o : tensor<5x5xf32>) {
  ^bb0(%a: f32, %acc: f32):
    structured.yield %acc : f32
  } -> tensor<5x5xf32>
  func.return
}

// -----

func.func @scan_c2(%x: tensor<4x5xf32>, %o: tensor<4x5xf32>) {
  // expected-error@+1 {{init has type f64, outs holds f32 [structured-scan-c2]}}
  %r = structured.scan {axis = 1, init = 0.0 : f64} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x5xf32>) {
  ^bb0(%a: f32, %acc: f32):
    structured.yield %acc : f32
  } -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scan_c2_body(%x: tensor<4x5xf32>, %o: tensor<4x5xf32>) {
  // expected-error@+1 {{the body takes (f32), expected (f32, f32) [structured-scan-c2]}}
  %r = structured.scan {axis = 1, init = 0.0 : f32} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x5xf32>) {
  ^bb0(%acc: f32):
    structured.yield %acc : f32
  } -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scan_c2_yield(%x: tensor<4x5xi8>, %o: tensor<4x5xf32>) {
  // expected-error@+1 {{the body yields i8, expected f32 [structured-scan-c2]}}
  %r = structured.scan {axis = 1, init = 0.0 : f32} ins(%x : tensor<4x5xi8>) outs(%o : tensor<4x5xf32>) {
  ^bb0(%a: i8, %acc: f32):
    structured.yield %a : i8
  } -> tensor<4x5xf32>
  func.return
}

// -----

func.func @scan_c3(%x: tensor<4x5xf32>, %o: tensor<4x5xf32>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<4x5xf32>, got none [structured-scan-c3]}}
  structured.scan {axis = 1, init = 0.0 : f32} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x5xf32>) {
  ^bb0(%a: f32, %acc: f32):
    structured.yield %acc : f32
  }
  func.return
}

// -----

func.func @sort_c1(%x: tensor<4x5xf32>, %o: tensor<4x3xi64>) {
  // expected-error@+1 {{axis 2 of a 2-dimensional input; expected one of its dimensions [structured-sort-c1]}}
  %r = structured.sort {axis = 2} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x3xi64>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  } -> tensor<4x3xi64>
  func.return
}

// -----

func.func @sort_c1_none(%o: tensor<4x3xi64>) {
  // expected-error@+1 {{inputs of shapes none; expected one input or more, of one shape [structured-sort-c1]}}
  %r = structured.sort {axis = 1} outs(%o : tensor<4x3xi64>) {
  ^bb0():
    %l = arith.constant true
    structured.yield %l : i1
  } -> tensor<4x3xi64>
  func.return
}

// -----

func.func @sort_c1_shapes(%x: tensor<4x5xf32>, %y: tensor<4x6xf32>, %o: tensor<4x3xi64>) {
  // expected-error@+1 {{inputs of shapes 4x5, 4x6; expected one input or more, of one shape [structured-sort-c1]}}
  %r = structured.sort {axis = 1} ins(%x, %y : tensor<4x5xf32>, tensor<4x6xf32>) outs(%o : tensor<4x3xi64>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  } -> tensor<4x3xi64>
  func.return
}

// -----

func.func @sort_c1_places(%x: tensor<4x5xf32>, %o: tensor<4x3xi32>) {
  // expected-error@+1 {{outs holds i32, expected i64 [structured-sort-c1]}}
  %r = structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x3xi32>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  } -> tensor<4x3xi32>
  func.return
}

// -----

func.func @sort_c1_room(%x: tensor<4x5xf32>, %o: tensor<4x6xi64>) {
  // expected-error@+1 {{outs has shape 4x6, expected 4x5 or less along dimension 1 [structured-sort-c1]}}
  %r = structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x6xi64>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  } -> tensor<4x6xi64>
  func.return
}

// -----

func.func @sort_c1_rank(%x: tensor<4x5xf32>, %o: tensor<4xi64>) {
  // expected-error@+1 {{outs has shape 4, expected 4x5 or less along dimension 1 [structured-sort-c1]}}
  %r = structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4xi64>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  } -> tensor<4xi64>
  func.return
}

// -----

func.func @sort_c2(%x: tensor<4x5xf32>, %o: tensor<4x3xi64>) {
  // expected-error@+1 {{the body takes (f32), expected (f32, f32) [structured-sort-c2]}}
  %r = structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x3xi64>) {
  ^bb0(%a: f32):
    %l = arith.constant true
    structured.yield %l : i1
  } -> tensor<4x3xi64>
  func.return
}

// -----

func.func @sort_c2_yield(%x: tensor<4x5xf32>, %o: tensor<4x3xi64>) {
  // expected-error@+1 {{the body yields f32, expected i1 [structured-sort-c2]}}
  %r = structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x3xi64>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %a : f32
  } -> tensor<4x3xi64>
  func.return
}

// -----

func.func @sort_c3(%x: tensor<4x5xf32>, %o: tensor<4x3xi64>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<4x3xi64>, got none [structured-sort-c3]}}
  structured.sort {axis = 1} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4x3xi64>) {
  ^bb0(%a: f32, %b: f32):
    %l = arith.cmpf olt, %a, %b : f32
    structured.yield %l : i1
  }
  func.return
}

// -----

func.func @scatter_c1(%i: tensor<3xi8>, %u: tensor<3x8xf32>, %o: tensor<9x8xf32>) {
  // expected-error@+1 {{indices of type i8 into 2 dimensions; expected i32 or i64, into one dimension or more [structured-scatter-c1]}}
  %r = structured.scatter ins(%i, %u : tensor<3xi8>, tensor<3x8xf32>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %b : f32
  } -> tensor<9x8xf32>
  func.return
}

// -----

func.func @scatter_c1_rank(%i: tensor<3xi64>, %u: tensor<3xf32>, %o: tensor<f32>) {
  // expected-error@+1 {{indices of type i64 into 0 dimensions; expected i32 or i64, into one dimension or more [structured-scatter-c1]}}
  %r = structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3xf32>) outs(%o : tensor<f32>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %b : f32
  } -> tensor<f32>
  func.return
}

// -----

func.func @scatter_c2(%i: tensor<3xi64>, %u: tensor<3x7xf32>, %o: tensor<9x8xf32>) {
  // expected-error@+1 {{updates have shape 3x7, expected 3x8 [structured-scatter-c2]}}
  %r = structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3x7xf32>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %b : f32
  } -> tensor<9x8xf32>
  func.return
}

// -----

func.func @scatter_c3(%i: tensor<3xi64>, %u: tensor<3x8xf64>, %o: tensor<9x8xf32>) {
  // expected-error@+1 {{the body takes (f32, f32), expected (f32, f64) [structured-scatter-c3]}}
  %r = structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3x8xf64>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %b : f32
  } -> tensor<9x8xf32>
  func.return
}

// -----

func.func @scatter_c3_yield(%i: tensor<3xi64>, %u: tensor<3x8xf64>, %o: tensor<9x8xf32>) {
  // expected-error@+1 {{the body yields f64, expected f32 [structured-scatter-c3]}}
  %r = structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3x8xf64>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f64):
    structured.yield %b : f64
  } -> tensor<9x8xf32>
  func.return
}

// -----

func.func @scatter_c4(%i: tensor<3xi64>, %u: tensor<3x8xf32>, %o: tensor<9x8xf32>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<9x8xf32>, got none [structured-scatter-c4]}}
  structured.scatter ins(%i, %u : tensor<3xi64>, tensor<3x8xf32>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    structured.yield %b : f32
  }
  func.return
}

// -----

func.func @sparse_matmul_c1(%v: tensor<3x4xf32>, %c: tensor<3xi32>, %r: tensor<6xi32>, %x: tensor<6x8xf32>, %o: tensor<5x8xf32>) {
  // expected-error@+1 {{expected static values of rank 1 or 3, a column for each, and matrices, got values 3x4, columns 3, rows 6, x 6x8, outs 5x8 [structured-sparse_matmul-c1]}}
  %y = structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3x4xf32>, tensor<3xi32>, tensor<6xi32>, tensor<6x8xf32>) outs(%o : tensor<5x8xf32>) -> tensor<5x8xf32>
  func.return
}

// -----

func.func @sparse_matmul_c1_types(%v: tensor<3xf32>, %c: tensor<3xi32>, %r: tensor<6xi32>, %x: tensor<6x8xf32>, %o: tensor<5x8xf64>) {
  // expected-error@+1 {{expected one float element type, got f32, f32 and f64 [structured-sparse_matmul-c1]}}
  %y = structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3xf32>, tensor<3xi32>, tensor<6xi32>, tensor<6x8xf32>) outs(%o : tensor<5x8xf64>) -> tensor<5x8xf64>
  func.return
}

// -----

func.func @sparse_matmul_c2(%v: tensor<3xf32>, %c: tensor<3xi64>, %r: tensor<6xi32>, %x: tensor<6x8xf32>, %o: tensor<5x8xf32>) {
  // expected-error@+1 {{expected vectors of i32, got tensor<3xi64> and tensor<6xi32> [structured-sparse_matmul-c2]}}
  %y = structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3xf32>, tensor<3xi64>, tensor<6xi32>, tensor<6x8xf32>) outs(%o : tensor<5x8xf32>) -> tensor<5x8xf32>
  func.return
}

// -----

func.func @sparse_matmul_c3(%v: tensor<3x1x4xf32>, %c: tensor<3xi32>, %r: tensor<6xi32>, %x: tensor<6x8xf32>, %o: tensor<5x8xf32>) {
  // expected-error@+1 {{blocks of 4x1 do not make up a matrix of 5x6 with values 3x1x4, columns 3, rows 6, x 6x8, outs 5x8 [structured-sparse_matmul-c3]}}
  %y = structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3x1x4xf32>, tensor<3xi32>, tensor<6xi32>, tensor<6x8xf32>) outs(%o : tensor<5x8xf32>) -> tensor<5x8xf32>
  func.return
}

// -----

func.func @sparse_matmul_c4(%v: tensor<3xf32>, %c: tensor<3xi32>, %r: tensor<6xi32>, %x: tensor<6x8xf32>, %o: tensor<5x8xf32>) {
  // expected-error@+1 {{on tensors the result has the type of outs, tensor<5x8xf32>, got none [structured-sparse_matmul-c4]}}
  structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3xf32>, tensor<3xi32>, tensor<6xi32>, tensor<6x8xf32>) outs(%o : tensor<5x8xf32>)
  func.return
}
