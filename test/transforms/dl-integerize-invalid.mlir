// RUN: dlir-opt %s --split-input-file --verify-diagnostics --dl-integerize

// 70,000 products of up to 255 * 128 may be more than an i32 holds.
func.func @long(%x: tensor<1x70000xui8>) -> tensor<1x1xf32> {
  %w = dl.param "w" : tensor<70000x1xi8>
  %s = dl.constant dense<0.5> : tensor<f32>
  %0 = dl.dequantize %x, %s : (tensor<1x70000xui8>, tensor<f32>) -> tensor<1x70000xf32>
  %1 = dl.dequantize %w, %s : (tensor<70000x1xi8>, tensor<f32>) -> tensor<70000x1xf32>
  // expected-warning@+1 {{'dl.matmul' stays float: 70000 products of ui8 and i8 may exceed an i32}}
  %2 = dl.matmul %0, %1 acc f32 : (tensor<1x70000xf32>, tensor<70000x1xf32>) -> tensor<1x1xf32>
  func.return %2 : tensor<1x1xf32>
}
