// RUN: dlir-opt %s --split-input-file --verify-diagnostics --accel-pipeline='to=structured' --convert-structured-to-accel='set=spm.bytes=1024;acc.rows=16'

func.func @dynamic(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  // expected-error@-1 {{argument 'x' has type tensor<?x16xf32>; programs have static sizes [accel-static]}}
  %0 = dl.relu %x : tensor<?x16xf32>
  func.return %0 : tensor<?x16xf32>
}

// -----

func.func @too_large(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = dl.param "w" : tensor<16x16x3x3xf32>
  // expected-error@+1 {{does not fit the machine: no tile of it fits}}
  %0 = dl.conv2d %x, %w acc f32 {layout = "nhwc"} : (tensor<1x8x8x16xf32>, tensor<16x16x3x3xf32>) -> tensor<1x6x6x16xf32>
  func.return %0 : tensor<1x6x6x16xf32>
}
