// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @rnn(%x: tensor<3x?x5xf32>, %w: tensor<4x5xf32>, %r: tensor<4x4xf32>, %b: tensor<4xf32>, %rb: tensor<4xf32>, %h: tensor<?x4xf32>) {
  // CHECK: %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<4x5xf32>, tensor<4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  func.return
}

func.func @rnn_reverse(%x: tensor<3x2x5xbf16>, %w: tensor<4x5xbf16>, %r: tensor<4x4xbf16>, %b: tensor<4xbf16>, %rb: tensor<4xbf16>, %h: tensor<2x4xbf16>) {
  // CHECK: %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h {reverse} : (tensor<3x2x5xbf16>, tensor<4x5xbf16>, tensor<4x4xbf16>, tensor<4xbf16>, tensor<4xbf16>, tensor<2x4xbf16>) -> (tensor<3x2x4xbf16>, tensor<2x4xbf16>)
  %y, %hn = dl.rnn %x, %w, %r, %b, %rb, %h {reverse} : (tensor<3x2x5xbf16>, tensor<4x5xbf16>, tensor<4x4xbf16>, tensor<4xbf16>, tensor<4xbf16>, tensor<2x4xbf16>) -> (tensor<3x2x4xbf16>, tensor<2x4xbf16>)
  func.return
}

func.func @gru(%x: tensor<3x?x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<?x4xf32>) {
  // CHECK: %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h : (tensor<3x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>)
  func.return
}

func.func @gru_options(%x: tensor<?x?x5xf32>, %w: tensor<12x5xf32>, %r: tensor<12x4xf32>, %b: tensor<12xf32>, %rb: tensor<12xf32>, %h: tensor<?x4xf32>) {
  // CHECK: %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h {linear_before_reset, reverse} : (tensor<?x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>) -> (tensor<?x?x4xf32>, tensor<?x4xf32>)
  %y, %hn = dl.gru %x, %w, %r, %b, %rb, %h {linear_before_reset, reverse} : (tensor<?x?x5xf32>, tensor<12x5xf32>, tensor<12x4xf32>, tensor<12xf32>, tensor<12xf32>, tensor<?x4xf32>) -> (tensor<?x?x4xf32>, tensor<?x4xf32>)
  func.return
}

func.func @lstm(%x: tensor<3x?x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<?x4xf32>, %c: tensor<?x4xf32>) {
  // CHECK: %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x?x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c : (tensor<3x?x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> (tensor<3x?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
  func.return
}

func.func @lstm_reverse(%x: tensor<?x?x5xf64>, %w: tensor<16x5xf64>, %r: tensor<16x4xf64>, %b: tensor<16xf64>, %rb: tensor<16xf64>, %h: tensor<?x4xf64>, %c: tensor<?x4xf64>) {
  // CHECK: %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c {reverse} : (tensor<?x?x5xf64>, tensor<16x5xf64>, tensor<16x4xf64>, tensor<16xf64>, tensor<16xf64>, tensor<?x4xf64>, tensor<?x4xf64>) -> (tensor<?x?x4xf64>, tensor<?x4xf64>, tensor<?x4xf64>)
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c {reverse} : (tensor<?x?x5xf64>, tensor<16x5xf64>, tensor<16x4xf64>, tensor<16xf64>, tensor<16xf64>, tensor<?x4xf64>, tensor<?x4xf64>) -> (tensor<?x?x4xf64>, tensor<?x4xf64>, tensor<?x4xf64>)
  func.return
}

func.func @lstm_peepholes(%x: tensor<3x1x5xf32>, %w: tensor<16x5xf32>, %r: tensor<16x4xf32>, %b: tensor<16xf32>, %rb: tensor<16xf32>, %h: tensor<1x4xf32>, %c: tensor<1x4xf32>, %p: tensor<12xf32>) {
  // CHECK: %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c, %p : (tensor<3x1x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<12xf32>) -> (tensor<3x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
  %y, %hn, %cn = dl.lstm %x, %w, %r, %b, %rb, %h, %c, %p : (tensor<3x1x5xf32>, tensor<16x5xf32>, tensor<16x4xf32>, tensor<16xf32>, tensor<16xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<12xf32>) -> (tensor<3x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
  func.return
}
