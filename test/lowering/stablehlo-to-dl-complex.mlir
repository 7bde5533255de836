// RUN: dlir-opt %s --convert-stablehlo-to-dl --split-input-file | filecheck %s

// A function takes and gives the parts of complex numbers along a last dimension.

// CHECK-LABEL: func.func @product(%x: tensor<3x2xf32>, %y: tensor<3x2xf32>) -> tensor<3x2xf32> {
// CHECK: dl.mul
// CHECK-NEXT: dl.mul
// CHECK-NEXT: dl.sub
// CHECK-NEXT: dl.mul
// CHECK-NEXT: dl.mul
// CHECK-NEXT: dl.add
// CHECK: dl.concat
// CHECK-NEXT: func.return
func.func @product(%x: tensor<3xcomplex<f32>>, %y: tensor<3xcomplex<f32>>)
    -> tensor<3xcomplex<f32>> {
  %z = stablehlo.multiply %x, %y : tensor<3xcomplex<f32>>
  func.return %z : tensor<3xcomplex<f32>>
}

// -----

// Real parts need no imaginary ones.

// CHECK-LABEL: func.func @sum_of_real_parts
// CHECK-NOT: dl.concat
// CHECK: %[[X:.*]] = dl.reshape
// CHECK: dl.reduce_sum %[[X]]
// CHECK-NOT: dl.reduce_sum
func.func @sum_of_real_parts(%x: tensor<4xcomplex<f32>>) -> tensor<f32> {
  %zero = stablehlo.constant dense<(0.0, 0.0)> : tensor<complex<f32>>
  %s = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0]
      : (tensor<4xcomplex<f32>>, tensor<complex<f32>>) -> tensor<complex<f32>>
  %y = stablehlo.real %s : (tensor<complex<f32>>) -> tensor<f32>
  func.return %y : tensor<f32>
}

// -----

// In loops each complex value is two.

// CHECK-LABEL: func.func @loop
// CHECK: scf.while ({{.*}}) : (tensor<i32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<i32>, tensor<2xf32>, tensor<2xf32>) {
func.func @loop(%x: tensor<2xcomplex<f32>>, %n: tensor<i32>) -> tensor<2xcomplex<f32>> {
  %one = stablehlo.constant dense<1> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %y:2 = stablehlo.while(%i = %n, %z = %x) : tensor<i32>, tensor<2xcomplex<f32>>
  cond {
    %c = stablehlo.compare GT, %i, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.subtract %i, %one : tensor<i32>
    %w = stablehlo.add %z, %x : tensor<2xcomplex<f32>>
    stablehlo.return %j, %w : tensor<i32>, tensor<2xcomplex<f32>>
  }
  func.return %y#1 : tensor<2xcomplex<f32>>
}

// -----

// CHECK-LABEL: func.func @transform(%x: tensor<8x2xf32>) -> tensor<8x2xf32> {
// CHECK: dl.dft {{.*}} {axis = 0} : tensor<8x2xf32>
func.func @transform(%x: tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>> {
  %y = stablehlo.fft %x, type = FFT, length = [8]
      : (tensor<8xcomplex<f32>>) -> tensor<8xcomplex<f32>>
  func.return %y : tensor<8xcomplex<f32>>
}
