// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @reduce_sum_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-reduce_sum-c1]}}
  %y = dl.reduce_sum %x {axes = [0]} : tensor<4xi1> -> tensor<i1>
  func.return
}

// -----

func.func @reduce_sum_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x1xf32>, got tensor<?xf32> [dl-reduce_sum-c2]}}
  %y = dl.reduce_sum %x {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_sum_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got -1 [dl-reduce_sum-c3]}}
  %y = dl.reduce_sum %x {axes = [-1]} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_sum_c4(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected axes in rising order, got [1, 0] [dl-reduce_sum-c4]}}
  %y = dl.reduce_sum %x {axes = [1, 0]} : tensor<?x4xf32> -> tensor<f32>
  func.return
}

// -----

func.func @reduce_mean_c1(%x: tensor<4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-reduce_mean-c1]}}
  %y = dl.reduce_mean %x {axes = [0]} : tensor<4xi32> -> tensor<i32>
  func.return
}

// -----

func.func @reduce_mean_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x1xf32>, got tensor<?xf32> [dl-reduce_mean-c2]}}
  %y = dl.reduce_mean %x {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_mean_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got -1 [dl-reduce_mean-c3]}}
  %y = dl.reduce_mean %x {axes = [-1]} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_mean_c4(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected axes in rising order, got [1, 0] [dl-reduce_mean-c4]}}
  %y = dl.reduce_mean %x {axes = [1, 0]} : tensor<?x4xf32> -> tensor<f32>
  func.return
}

// -----

func.func @reduce_max_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{expected a supported element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got i4 [dl-reduce_max-c1]}}
  %y = dl.reduce_max %x {axes = [0]} : tensor<4xi4> -> tensor<i4>
  func.return
}

// -----

func.func @reduce_max_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x1xf32>, got tensor<?xf32> [dl-reduce_max-c2]}}
  %y = dl.reduce_max %x {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_max_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got -1 [dl-reduce_max-c3]}}
  %y = dl.reduce_max %x {axes = [-1]} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_max_c4(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected axes in rising order, got [1, 0] [dl-reduce_max-c4]}}
  %y = dl.reduce_max %x {axes = [1, 0]} : tensor<?x4xf32> -> tensor<f32>
  func.return
}

// -----

func.func @reduce_min_c1(%x: tensor<4xi4>) {
  // expected-error@+1 {{expected a supported element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8 i1), got i4 [dl-reduce_min-c1]}}
  %y = dl.reduce_min %x {axes = [0]} : tensor<4xi4> -> tensor<i4>
  func.return
}

// -----

func.func @reduce_min_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x1xf32>, got tensor<?xf32> [dl-reduce_min-c2]}}
  %y = dl.reduce_min %x {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_min_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got -1 [dl-reduce_min-c3]}}
  %y = dl.reduce_min %x {axes = [-1]} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_min_c4(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected axes in rising order, got [1, 0] [dl-reduce_min-c4]}}
  %y = dl.reduce_min %x {axes = [1, 0]} : tensor<?x4xf32> -> tensor<f32>
  func.return
}

// -----

func.func @reduce_prod_c1(%x: tensor<4xi1>) {
  // expected-error@+1 {{expected a numeric element type (f64 f32 f16 bf16 i64 i32 i16 i8 ui64 ui32 ui16 ui8), got i1 [dl-reduce_prod-c1]}}
  %y = dl.reduce_prod %x {axes = [0]} : tensor<4xi1> -> tensor<i1>
  func.return
}

// -----

func.func @reduce_prod_c2(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected result type tensor<?x1xf32>, got tensor<?xf32> [dl-reduce_prod-c2]}}
  %y = dl.reduce_prod %x {axes = [1], keepdims} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_prod_c3(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected 0 <= axis < 2 (the rank), got -1 [dl-reduce_prod-c3]}}
  %y = dl.reduce_prod %x {axes = [-1]} : tensor<?x4xf32> -> tensor<?xf32>
  func.return
}

// -----

func.func @reduce_prod_c4(%x: tensor<?x4xf32>) {
  // expected-error@+1 {{expected axes in rising order, got [1, 0] [dl-reduce_prod-c4]}}
  %y = dl.reduce_prod %x {axes = [1, 0]} : tensor<?x4xf32> -> tensor<f32>
  func.return
}
