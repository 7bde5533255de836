// RUN: dlir-opt %s | dlir-opt | filecheck %s

// CHECK: tensor<4x8x!quant.uniform<i8:f32, 0.02:-3>>
func.func private @per_tensor(tensor<4x8x!quant.uniform<i8:f32, 0.02:-3>>)

// CHECK: tensor<4x2x!quant.uniform<i8:f32:1, {0.1, 0.2:5}>>
func.func private @per_axis(tensor<4x2x!quant.uniform<i8:f32:1, {0.1, 2.0e-1:5}>>)

// CHECK: tensor<2x64x!quant.uniform<u4:f32:{0:1, 1:32}, {{[{][{]}}0.1:1, 0.2}, {1.0:15, 3.0}}>>
func.func private @blocks(tensor<2x64x!quant.uniform<u4:f32:{0:1, 1:32}, {{0.1:1, 0.2}, {1.0:15, 3.0}}>>)

// An axis that is not named is one block.
// CHECK: tensor<?x64x!quant.uniform<i8:f32:{1:32}, {{[{][{]}}0.1, 0.2}}>>
func.func private @unnamed(tensor<?x64x!quant.uniform<i8:f32:{1:32}, {{0.1, 0.2}}>>)

// Bounds are printed where they are not those of the bits.
// CHECK: !quant.uniform<i8<-127:127>:f32, 0.5>, !quant.uniform<u8:f32, 0.5:128>, !quant.uniform<i16:f32, 1.0e-05>
func.func private @bounds(!quant.uniform<i8<-127:127>:f32, 0.5>, !quant.uniform<u8<0:255>:f32, 0.5:128>, !quant.uniform<i16:f32, 1.0e-05>)

// A scale is an f32: these are one type.
// CHECK: !quant.uniform<i8:f32, 0.1>, !quant.uniform<i8:f32, 0.1>
func.func private @shortest(!quant.uniform<i8:f32, 0.10000000149011612>, !quant.uniform<i8:f32, 0.1>)

// CHECK: tensor<0x!quant.uniform<i8:f32:0, {}>>
func.func private @none(tensor<0x!quant.uniform<i8:f32:0, {}>>)

func.func @ops(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // CHECK: quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>>
  %q = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>>
  // CHECK: quant.scast %q : tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>> to tensor<?x2xui8>
  %s = quant.scast %q : tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>> to tensor<?x2xui8>
  // CHECK: quant.scast %s : tensor<?x2xui8> to tensor<?x2x!quant.uniform<u8:f32, 1.0>>
  %r = quant.scast %s : tensor<?x2xui8> to tensor<?x2x!quant.uniform<u8:f32, 1.0>>
  // CHECK: quant.dcast %r : tensor<?x2x!quant.uniform<u8:f32, 1.0>> to tensor<?x2xf32>
  %y = quant.dcast %r : tensor<?x2x!quant.uniform<u8:f32, 1.0>> to tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}
