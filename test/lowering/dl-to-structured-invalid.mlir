// RUN: dlir-opt %s --convert-dl-to-structured --split-input-file --verify-diagnostics

func.func @mod(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{of floats is unsupported: its exact remainder has no scalar form}}
  %0 = dl.mod %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @concat(%x: tensor<?xf32>, %y: tensor<4xf32>) -> tensor<?xf32> {
  // expected-error@+1 {{operand 0 has a `?` along axis 0; only the last one may}}
  %0 = dl.concat %x, %y {axis = 0} : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>
  func.return %0 : tensor<?xf32>
}
