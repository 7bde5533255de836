// RUN: dlir-opt %s --split-input-file --verify-diagnostics --dl-decompose

func.func @sequence_of_unknown_length(%x: tensor<?x2x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %h: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{'dl.rnn' cannot be unrolled: expected a sequence of one step or more, and sizes that are numbers but for the batch, got x of type tensor<?x2x5xf32> and r of type tensor<4x4xf32> [dl-decompose]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %b, %h : (tensor<?x2x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<?x2x4xf32>, tensor<2x4xf32>)
  func.return %hn : tensor<2x4xf32>
}

// -----

func.func @no_step(%x: tensor<0x2x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %h: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error@+1 {{'dl.rnn' cannot be unrolled: expected a sequence of one step or more, and sizes that are numbers but for the batch, got x of type tensor<0x2x5xf32> and r of type tensor<4x4xf32> [dl-decompose]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %b, %h : (tensor<0x2x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<0x2x4xf32>, tensor<2x4xf32>)
  func.return %hn : tensor<2x4xf32>
}

// -----

func.func @large_determinant(%x: tensor<65x65xf32>) -> tensor<f32> {
  // expected-error@+1 {{'dl.det' cannot be written out: expected at most 64 rows, got 65 [dl-decompose]}}
  %y = dl.det %x : tensor<65x65xf32> -> tensor<f32>
  func.return %y : tensor<f32>
}

// -----

func.func @large_prime(%x: tensor<8198x2xf32>) -> tensor<8198x2xf32> {
  // expected-error@+1 {{'dl.dft' cannot be written out: expected prime factors up to 4096, got 4099 [dl-decompose]}}
  %y = dl.dft %x {axis = 0} : tensor<8198x2xf32>
  func.return %y : tensor<8198x2xf32>
}
