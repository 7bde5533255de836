// RUN: dlir-run %s --target=cpu --precision=bf16 --input=2xf32=1.00390625,3 | filecheck %s
// RUN: dlir-run %s --target=ref --precision=bf16 --input=2xf32=1.00390625,3 | filecheck %s
// RUN: dlir-run %s --target=cpu --input=2xf32=1.00390625,3 | filecheck %s --check-prefix=WHOLE
// RUN: dlir-compile %s --precision=f16 --compile-to=structured | filecheck %s --check-prefix=HALF
// RUN: not dlir-run %s --precision=f8 --input=2xf32=1 2>&1 | filecheck %s --check-prefix=WRONG
// CHECK: o0: 2xf32 = [1., 3.]
// WHOLE: o0: 2xf32 = [1.00390{{[0-9]*}}, 3.]
// HALF: arith.truncf {{.*}} : f32 to f16
// WRONG: error: argument --precision: invalid choice: 'f8'
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = dl.abs %x : tensor<2xf32>
  func.return %y : tensor<2xf32>
}
