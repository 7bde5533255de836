// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @neg(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.neg %x : tensor<?x4xf32>
  %y = dl.neg %x : tensor<?x4xf32>
  func.return
}

func.func @abs(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.abs %x : tensor<?x4xf32>
  %y = dl.abs %x : tensor<?x4xf32>
  func.return
}

func.func @sign(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.sign %x : tensor<?x4xf32>
  %y = dl.sign %x : tensor<?x4xf32>
  func.return
}

func.func @exp(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.exp %x : tensor<?x4xf32>
  %y = dl.exp %x : tensor<?x4xf32>
  func.return
}

func.func @expm1(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.expm1 %x : tensor<?x4xf32>
  %y = dl.expm1 %x : tensor<?x4xf32>
  func.return
}

func.func @log(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.log %x : tensor<?x4xf32>
  %y = dl.log %x : tensor<?x4xf32>
  func.return
}

func.func @log1p(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.log1p %x : tensor<?x4xf32>
  %y = dl.log1p %x : tensor<?x4xf32>
  func.return
}

func.func @sqrt(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.sqrt %x : tensor<?x4xf32>
  %y = dl.sqrt %x : tensor<?x4xf32>
  func.return
}

func.func @rsqrt(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.rsqrt %x : tensor<?x4xf32>
  %y = dl.rsqrt %x : tensor<?x4xf32>
  func.return
}

func.func @reciprocal(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.reciprocal %x : tensor<?x4xf32>
  %y = dl.reciprocal %x : tensor<?x4xf32>
  func.return
}

func.func @sin(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.sin %x : tensor<?x4xf32>
  %y = dl.sin %x : tensor<?x4xf32>
  func.return
}

func.func @cos(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.cos %x : tensor<?x4xf32>
  %y = dl.cos %x : tensor<?x4xf32>
  func.return
}

func.func @tan(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.tan %x : tensor<?x4xf32>
  %y = dl.tan %x : tensor<?x4xf32>
  func.return
}

func.func @tanh(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.tanh %x : tensor<?x4xf32>
  %y = dl.tanh %x : tensor<?x4xf32>
  func.return
}

func.func @erf(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.erf %x : tensor<?x4xf32>
  %y = dl.erf %x : tensor<?x4xf32>
  func.return
}

func.func @floor(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.floor %x : tensor<?x4xf32>
  %y = dl.floor %x : tensor<?x4xf32>
  func.return
}

func.func @ceil(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.ceil %x : tensor<?x4xf32>
  %y = dl.ceil %x : tensor<?x4xf32>
  func.return
}

func.func @round(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.round %x : tensor<?x4xf32>
  %y = dl.round %x : tensor<?x4xf32>
  func.return
}

func.func @is_nan(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.is_nan %x : tensor<?x4xf32> -> tensor<?x4xi1>
  %y = dl.is_nan %x : tensor<?x4xf32> -> tensor<?x4xi1>
  func.return
}

func.func @is_inf(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.is_inf %x : tensor<?x4xf32> -> tensor<?x4xi1>
  %y = dl.is_inf %x : tensor<?x4xf32> -> tensor<?x4xi1>
  func.return
}

func.func @not(%x: tensor<?x4xi1>) {
  // CHECK: %y = dl.not %x : tensor<?x4xi1>
  %y = dl.not %x : tensor<?x4xi1>
  func.return
}

func.func @neg_2(%x: tensor<i8>) {
  // CHECK: %y = dl.neg %x : tensor<i8>
  %y = dl.neg %x : tensor<i8>
  func.return
}

func.func @abs_2(%x: tensor<0x?xi64>) {
  // CHECK: %y = dl.abs %x : tensor<0x?xi64>
  %y = dl.abs %x : tensor<0x?xi64>
  func.return
}

func.func @sign_2(%x: tensor<?xbf16>) {
  // CHECK: %y = dl.sign %x : tensor<?xbf16>
  %y = dl.sign %x : tensor<?xbf16>
  func.return
}

func.func @is_nan_2(%x: tensor<f16>) {
  // CHECK: %y = dl.is_nan %x : tensor<f16> -> tensor<i1>
  %y = dl.is_nan %x : tensor<f16> -> tensor<i1>
  func.return
}

func.func @exp_2(%x: tensor<3xf64>) {
  // CHECK: %y = dl.exp %x {note = "kept", dlir.unit} : tensor<3xf64>
  %y = dl.exp %x {note = "kept", dlir.unit} : tensor<3xf64>
  func.return
}
