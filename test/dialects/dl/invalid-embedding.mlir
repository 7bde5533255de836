// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @embedding_bag_c1(%t: tensor<9x5xi32>, %i: tensor<7xi64>, %o: tensor<3xi64>) {
  // expected-error@+1 {{got i32 [dl-embedding_bag-c1]}}
  %y = dl.embedding_bag %t, %i, %o : (tensor<9x5xi32>, tensor<7xi64>, tensor<3xi64>) -> tensor<3x5xi32>
  func.return
}

// -----

func.func @embedding_bag_c1_b(%t: tensor<9x5xf32>, %i: tensor<7xi64>, %o: tensor<3xi64>, %w: tensor<7xf64>) {
  // expected-error@+1 {{expected weights of f32, got f64 [dl-embedding_bag-c1]}}
  %y = dl.embedding_bag %t, %i, %o, %w : (tensor<9x5xf32>, tensor<7xi64>, tensor<3xi64>, tensor<7xf64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @embedding_bag_c2(%t: tensor<9x5xf32>, %i: tensor<7xi64>, %o: tensor<3xi64>) {
  // expected-error@+1 {{expected result type tensor<3x5xf32>, got tensor<7x5xf32> [dl-embedding_bag-c2]}}
  %y = dl.embedding_bag %t, %i, %o : (tensor<9x5xf32>, tensor<7xi64>, tensor<3xi64>) -> tensor<7x5xf32>
  func.return
}

// -----

func.func @embedding_bag_c3(%t: tensor<9x5xf32>, %i: tensor<7x1xi64>, %o: tensor<3xi64>) {
  // expected-error@+1 {{expected a matrix and two vectors, got ranks [2, 2, 1] [dl-embedding_bag-c3]}}
  %y = dl.embedding_bag %t, %i, %o : (tensor<9x5xf32>, tensor<7x1xi64>, tensor<3xi64>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @embedding_bag_c4(%t: tensor<9x5xf32>, %i: tensor<7xi64>, %o: tensor<3xi64>, %w: tensor<6xf32>) {
  // expected-error@+1 {{expected a weight per index and pooling sum, got tensor<6xf32> for tensor<7xi64>, pooling sum [dl-embedding_bag-c4]}}
  %y = dl.embedding_bag %t, %i, %o, %w : (tensor<9x5xf32>, tensor<7xi64>, tensor<3xi64>, tensor<6xf32>) -> tensor<3x5xf32>
  func.return
}

// -----

func.func @embedding_bag_c4_b(%t: tensor<9x5xf32>, %i: tensor<7xi64>, %o: tensor<3xi64>, %w: tensor<7xf32>) {
  // expected-error@+1 {{expected a weight per index and pooling sum, got tensor<7xf32> for tensor<7xi64>, pooling mean [dl-embedding_bag-c4]}}
  %y = dl.embedding_bag %t, %i, %o, %w {pooling = "mean"} : (tensor<9x5xf32>, tensor<7xi64>, tensor<3xi64>, tensor<7xf32>) -> tensor<3x5xf32>
  func.return
}
