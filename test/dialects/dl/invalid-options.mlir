// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @value_of_a_unit(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{option 'keepdims' takes no value: write 'keepdims' for yes, nothing for no}}
  %y = dl.reduce_sum %x {axes = [1], keepdims = true} : tensor<2x3xf32> -> tensor<2x1xf32>
  func.return
}

// -----

func.func @no_value(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{option 'axes' needs a value}}
  %y = dl.reduce_sum %x {axes} : tensor<2x3xf32> -> tensor<f32>
  func.return
}

// -----

func.func @twice(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{option 'keepdims' is given twice}}
  %y = dl.reduce_sum %x {axes = [1], keepdims, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  func.return
}
