// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @fake_quantize(%x: tensor<64x?xf32>, %s: tensor<64xf32>, %z: tensor<64xi32>) {
  // CHECK: %y = dl.fake_quantize %x, %s, %z {axis = 0, low = -127, high = 127} : (tensor<64x?xf32>, tensor<64xf32>, tensor<64xi32>) -> tensor<64x?xf32>
  %y = dl.fake_quantize %x, %s, %z {axis = 0, low = -127, high = 127} : (tensor<64x?xf32>, tensor<64xf32>, tensor<64xi32>) -> tensor<64x?xf32>
  func.return
}

func.func @fake_quantize_2(%x: tensor<f32>) {
  // CHECK: %y = dl.fake_quantize %x, %x {low = 0, high = 15} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %y = dl.fake_quantize %x, %x {low = 0, high = 15} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  func.return
}

func.func @fake_quantize_grad(%x: tensor<8x?xf32>, %s: tensor<f32>, %z: tensor<i32>) {
  // CHECK: %y = dl.fake_quantize_grad %x, %x, %s, %z {low = 0, high = 255} : (tensor<8x?xf32>, tensor<8x?xf32>, tensor<f32>, tensor<i32>) -> tensor<8x?xf32>
  %y = dl.fake_quantize_grad %x, %x, %s, %z {low = 0, high = 255} : (tensor<8x?xf32>, tensor<8x?xf32>, tensor<f32>, tensor<i32>) -> tensor<8x?xf32>
  func.return
}
