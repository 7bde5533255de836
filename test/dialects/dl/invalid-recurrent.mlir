// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @rnn_c1(%x: tensor<3x?x5xi32>, %w: tensor<4x5xi32>, %r: tensor<4x4xi32>, %b: tensor<4xi32>, %rb: tensor<4xi32>, %h: tensor<?x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-rnn-c1]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xi32>, tensor<4x5xi32>, tensor<4x4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<?x4xi32>) -> (tensor<3x?x4xi32>, tensor<?x4xi32>)
  func.return
}

// -----

func.func @rnn_c2(%x: tensor<3x2x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %rb: tensor<4xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<3x2x4xf32>, got tensor<3x2x5xf32> [dl-rnn-c2]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x2x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<3x2x5xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @rnn_c3(%x: tensor<3x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %rb: tensor<4xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected x of rank 3 [sequence, batch, input], got tensor<3x5xf32> [dl-rnn-c3]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @rnn_c4(%x: tensor<3x2x5xf32>, %w: tensor<7x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %rb: tensor<4xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected w of type tensor<4x5xf32>, got tensor<7x5xf32> [dl-rnn-c4]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x2x5xf32>, tensor<7x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @rnn_c4_element(%x: tensor<3x?x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %rb: tensor<4xf32>, %h: tensor<?x4xbf16>) {
  // expected-error@+1 {{expected h0 of type tensor<?x4xf32>, got tensor<?x4xbf16> [dl-rnn-c4]}}
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<?x4xbf16>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  func.return
}

// -----

func.func @gru_c1(%x: tensor<3x?x5xi32>, %w: tensor<12x5xi32>, %r: tensor<12x4xi32>, %b: tensor<12xi32>, %rb: tensor<12xi32>, %h: tensor<?x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-gru-c1]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xi32>, tensor<12x5xi32>, tensor<12x4xi32>, tensor<12xi32>, tensor<12xi32>, tensor<?x4xi32>) -> (tensor<3x?x4xi32>, tensor<?x4xi32>)
  func.return
}

// -----

func.func @gru_c2(%x: tensor<3x2x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<3x2x4xf32>, got tensor<3x2x5xf32> [dl-gru-c2]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x2x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<2x4xf32>) -> (tensor<3x2x5xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @gru_c3(%x: tensor<3x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected x of rank 3 [sequence, batch, input], got tensor<3x5xf32> [dl-gru-c3]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @gru_c4(%x: tensor<3x2x5xf32>, %w: tensor<7x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<2x4xf32>) {
  // expected-error@+1 {{expected w of type tensor<12x5xf32>, got tensor<7x5xf32> [dl-gru-c4]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x2x5xf32>, tensor<7x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @gru_c4_element(%x: tensor<3x?x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<?x4xbf16>) {
  // expected-error@+1 {{expected h0 of type tensor<?x4xf32>, got tensor<?x4xbf16> [dl-gru-c4]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xbf16>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  func.return
}

// -----

func.func @lstm_c1(%x: tensor<3x?x5xi32>, %w: tensor<16x5xi32>, %r: tensor<16x4xi32>, %b: tensor<16xi32>, %rb: tensor<16xi32>, %h: tensor<?x4xi32>, %c: tensor<?x4xi32>) {
  // expected-error@+1 {{expected a float element type (f64 f32 f16 bf16), got i32 [dl-lstm-c1]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x?x5xi32>, tensor<16x5xi32>, tensor<16x4xi32>, tensor<16xi32>, tensor<16xi32>, tensor<?x4xi32>, tensor<?x4xi32>) -> (tensor<3x?x4xi32>, tensor<?x4xi32>, tensor<?x4xi32>)
  func.return
}

// -----

func.func @lstm_c2(%x: tensor<3x2x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<2x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error@+1 {{expected result type tensor<3x2x4xf32>, got tensor<3x2x5xf32> [dl-lstm-c2]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x2x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<3x2x5xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @lstm_c3(%x: tensor<3x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<2x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error@+1 {{expected x of rank 3 [sequence, batch, input], got tensor<3x5xf32> [dl-lstm-c3]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @lstm_c4(%x: tensor<3x2x5xf32>, %w: tensor<7x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<2x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error@+1 {{expected w of type tensor<16x5xf32>, got tensor<7x5xf32> [dl-lstm-c4]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x2x5xf32>, tensor<7x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)
  func.return
}

// -----

func.func @lstm_c4_element(%x: tensor<3x?x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<?x4xbf16>, %c: tensor<?x4xf32>) {
  // expected-error@+1 {{expected h0 of type tensor<?x4xf32>, got tensor<?x4xbf16> [dl-lstm-c4]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x?x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?x4xbf16>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
  func.return
}

// -----

func.func @lstm_c4_peepholes(%x: tensor<3x?x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<?x4xf32>, %c: tensor<?x4xf32>, %p: tensor<16xf32>) {
  // expected-error@+1 {{expected p of type tensor<12xf32>, got tensor<16xf32> [dl-lstm-c4]}}
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c, %p : (tensor<3x?x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<16xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
  func.return
}

// -----

func.func @gru_c4_rank(%x: tensor<3x?x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<?x4xf32>) {
  // expected-error@+1 {{expected r of type tensor<12x4xf32>, got tensor<12xf32> [dl-gru-c4]}}
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<12x5xf32>, tensor<12xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  func.return
}
