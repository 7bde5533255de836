// RUN: dlir-opt %s --convert-stablehlo-to-dl --split-input-file --verify-diagnostics

func.func @custom_call(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.custom_call' is not supported with target "my_kernel" [stablehlo-unsupported]}}
  %0 = stablehlo.custom_call @my_kernel(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

// All faults are reported, and what follows from them is not.

func.func @several(%x: tensor<8xcomplex<f32>>, %s: tensor<2xui64>) -> tensor<8xf32> {
  // expected-error@+1 {{'stablehlo.atan2' is not supported with complex numbers}}
  %0 = stablehlo.atan2 %x, %x : tensor<8xcomplex<f32>>
  %1 = stablehlo.real %0 : (tensor<8xcomplex<f32>>) -> tensor<8xf32>
  %2 = stablehlo.tanh %1 : tensor<8xf32>
  // expected-error@+1 {{'stablehlo.rng_bit_generator' is not supported with bits of type tensor<3xi1>}}
  %t, %y = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY
      : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xi1>)
  func.return %2 : tensor<8xf32>
}

// -----

func.func @reducer(%x: tensor<2x3xf32>, %v: tensor<f32>) -> tensor<2xf32> {
  // expected-error@+1 {{'stablehlo.reduce' is not supported with 'stablehlo.custom_call' in its region}}
  %y = "stablehlo.reduce"(%x, %v) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.custom_call @join(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

// -----

func.func @recursion(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'func.call' calls @recursion, which is being computed [stablehlo-call]}}
  %0 = func.call @recursion(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @undefined(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.composite' calls @nothing, which has no body [stablehlo-call]}}
  %0 = stablehlo.composite "my.op" %x {decomposition = @nothing} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @padding(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<5xf32> {
  // expected-error@+1 {{'stablehlo.reduce_window' is not supported with padding with an initial value that counts}}
  %y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>,
      padding = dense<[[1, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<5xf32>
  func.return %y : tensor<5xf32>
}

// -----

func.func @spatial(%x: tensor<1x3xf32>, %w: tensor<4x3xf32>) -> tensor<1x4xf32> {
  // expected-error@+1 {{'stablehlo.convolution' is not supported with 0 spatial dimensions}}
  %y = stablehlo.convolution(%x, %w) dim_numbers = [b, f]x[o, i]->[b, f], window = {}
      {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
      : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  func.return %y : tensor<1x4xf32>
}

// -----

func.func @comparator(%x: tensor<5000xf32>, %z: tensor<5000xf32>) -> (tensor<5000xf32>, tensor<5000xf32>) {
  // expected-error@+1 {{'stablehlo.sort' is not supported with a comparator that is not known, along a dimension of size 5000}}
  %y:2 = "stablehlo.sort"(%x, %z) <{dimension = 0 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>, %j: tensor<f32>, %k: tensor<f32>):
    %c = stablehlo.compare EQ, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %d = stablehlo.compare LT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %e = stablehlo.compare LT, %j, %k, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %f = stablehlo.select %c, %d, %e : tensor<i1>, tensor<i1>
    stablehlo.return %f : tensor<i1>
  }) : (tensor<5000xf32>, tensor<5000xf32>) -> (tensor<5000xf32>, tensor<5000xf32>)
  func.return %y#0, %y#1 : tensor<5000xf32>, tensor<5000xf32>
}

// -----

func.func @erfc_f64(%x: tensor<4xf64>) -> tensor<4xf64> {
  // expected-error@+1 {{'chlo.erfc' is not supported with elements of type f64}}
  %y = chlo.erfc %x : tensor<4xf64> -> tensor<4xf64>
  func.return %y : tensor<4xf64>
}

// -----

func.func @rng_in_a_loop(%n: tensor<i32>, %a: tensor<f32>, %s: tensor<1xi64>) -> tensor<f32> {
  %y:2 = stablehlo.while(%i = %n, %t = %a) : tensor<i32>, tensor<f32>
  cond {
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %z = stablehlo.constant dense<0> : tensor<0xi64>
    // expected-error@+1 {{'stablehlo.rng' is not supported with random numbers that are the same in every round of a loop}}
    %r = stablehlo.rng %a, %t, %z, distribution = UNIFORM
        : (tensor<f32>, tensor<f32>, tensor<0xi64>) -> tensor<f32>
    stablehlo.return %i, %r : tensor<i32>, tensor<f32>
  }
  func.return %y#1 : tensor<f32>
}

// -----

func.func @devices(%x: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.all_gather' is not supported with groups of several processes}}
  %y = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64,
      replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

module attributes {mhlo.num_partitions = 2 : i32, mhlo.num_replicas = 1 : i32} {
  func.func @main() -> tensor<ui32> {
    // expected-error@+1 {{'stablehlo.partition_id' is not supported with mhlo.num_partitions = 2: a model runs on one device}}
    %y = stablehlo.partition_id : tensor<ui32>
    func.return %y : tensor<ui32>
  }
}

// -----

func.func @permute(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+1 {{'stablehlo.collective_permute' is not supported with processes other than 0}}
  %y = "stablehlo.collective_permute"(%x) <{
      source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}>
      : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

// -----

func.func @larger(%x: tensor<4xf32>) -> tensor<?xf32, #stablehlo.bounds<6>> {
  %n = stablehlo.constant dense<6> : tensor<i32>
  // expected-error@+1 {{'stablehlo.set_dimension_size' is not supported with size 6 of a dimension of size 4}}
  %y = stablehlo.set_dimension_size %x, %n, dim = 0
      : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<6>>
  func.return %y : tensor<?xf32, #stablehlo.bounds<6>>
}

// -----

func.func @eigenvalues(%x: tensor<4x4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'stablehlo.custom_call' is not supported with target "lapack_ssyevd_ffi"}}
  %y:3 = stablehlo.custom_call @lapack_ssyevd_ffi(%x) {mhlo.backend_config = {mode = 86 : ui8, uplo = 76 : ui8}}
      : (tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<i32>)
  func.return %y#1 : tensor<4xf32>
}

// -----

func.func @no_letter(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error@+1 {{'stablehlo.custom_call' is not supported with no 'uplo' in its mhlo.backend_config}}
  %y:2 = stablehlo.custom_call @lapack_spotrf_ffi(%x) : (tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<i32>)
  func.return %y#0 : tensor<4x4xf32>
}

// -----

func.func @size_of_a_matrix(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // expected-error@+1 {{'stablehlo.cholesky' is not supported with matrices of unknown size}}
  %y = stablehlo.cholesky %x, lower = true : tensor<?x?xf32>
  func.return %y : tensor<?x?xf32>
}

// -----

func.func @order(%x: tensor<8xcomplex<f32>>) -> tensor<8xi1> {
  // expected-error@+1 {{'stablehlo.compare' is not supported with an order of complex numbers}}
  %0 = stablehlo.compare LT, %x, %x
      : (tensor<8xcomplex<f32>>, tensor<8xcomplex<f32>>) -> tensor<8xi1>
  func.return %0 : tensor<8xi1>
}

// -----

func.func @mapped(%x: tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>> {
  // expected-error@+1 {{'stablehlo.map' is not supported with complex numbers in its region}}
  %0 = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<complex<f32>>):
    stablehlo.return %a : tensor<complex<f32>>
  }) : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>
  func.return %0 : tensor<8xcomplex<f32>>
}
