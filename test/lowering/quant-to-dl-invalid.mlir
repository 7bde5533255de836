// RUN: dlir-opt %s --convert-quant-to-dl --verify-diagnostics

func.func @size(%x: tensor<?x2xf32>) {
  // expected-error@+1 {{expected blocks along axis 0, whose size is not known, got !quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}> [quant-block-size]}}
  %q = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}>>
  func.return
}
