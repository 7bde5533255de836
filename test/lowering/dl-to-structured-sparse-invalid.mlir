// RUN: dlir-opt %s --split-input-file --verify-diagnostics --convert-dl-to-structured

func.func @decode(%x: tensor<8x6xf32, #sparse.csr<2>>) -> tensor<8x6xf32> {
  // expected-error@+1 {{'sparse.decode' is not compiled}}
  %y = sparse.decode %x : tensor<8x6xf32, #sparse.csr<2>> -> tensor<8x6xf32>
  func.return %y : tensor<8x6xf32>
}

// -----

func.func @unknown(%x: tensor<6x2xf32>, %w: tensor<8x6xf32, #sparse.csr<2>>) -> tensor<8x2xf32> {
  // expected-error@+1 {{'dl.matmul' multiplies by an encoded matrix whose parts are not known}}
  %y = dl.matmul %w, %x acc f32
      : (tensor<8x6xf32, #sparse.csr<2>>, tensor<6x2xf32>) -> tensor<8x2xf32>
  func.return %y : tensor<8x2xf32>
}

// -----

func.func @stacks(%x: tensor<3x6x2xf32>, %w: tensor<8x6xf32, #sparse.csr<2>>) -> tensor<3x8x2xf32> {
  // expected-error@+1 {{'dl.matmul' has an encoded operand and stacks of matrices}}
  %y = dl.matmul %w, %x acc f32
      : (tensor<8x6xf32, #sparse.csr<2>>, tensor<3x6x2xf32>) -> tensor<3x8x2xf32>
  func.return %y : tensor<3x8x2xf32>
}
