// RUN: dlir-opt %s | filecheck %s
// CHECK: quant.qcast

// Halves go to even; NaN counts as 0; the bounds of the type are where numbers saturate.
// RUN-VALUE[ref]: @narrow([0.25, 0.75, -3.0, nan, inf, -inf, 60.0]) == [3, 5, -3, 3, 100, -100, 100]
func.func @narrow(%x: tensor<7xf32>) -> tensor<7xi8> {
  %q = quant.qcast %x : tensor<7xf32> to tensor<7x!quant.uniform<i8<-100:100>:f32, 0.5:3>>
  %s = quant.scast %q : tensor<7x!quant.uniform<i8<-100:100>:f32, 0.5:3>> to tensor<7xi8>
  func.return %s : tensor<7xi8>
}

// RUN-VALUE[ref]: @per_axis([[1.0, 1.0], [-100.0, 100.0]]) == [[1.0, 1.0], [-64.0, 63.75]]
// RUN-VALUE[ref]: @per_axis([[0.3, 0.3]]) == [[0.5, 0.25]]
func.func @per_axis(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %q = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>>
  %y = quant.dcast %q : tensor<?x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>> to tensor<?x2xf32>
  func.return %y : tensor<?x2xf32>
}

// A block is of 1 row and 2 columns.
// RUN-VALUE[ref]: @blocks([[1, 2, 3, 4], [-8, 7, 1, 1]]) == [[1.0, 2.0, 1.0, 1.5], [-40.0, 35.0, 10.0, 10.0]]
func.func @blocks(%x: tensor<2x4xi4>) -> tensor<2x4xf32> {
  %q = quant.scast %x : tensor<2x4xi4> to tensor<2x4x!quant.uniform<i4:f32:{0:1, 1:2}, {{1.0, 0.5:1}, {5.0, 10.0}}>>
  %y = quant.dcast %q : tensor<2x4x!quant.uniform<i4:f32:{0:1, 1:2}, {{1.0, 0.5:1}, {5.0, 10.0}}>> to tensor<2x4xf32>
  func.return %y : tensor<2x4xf32>
}

// All rows are one block, whatever their number.
// RUN-VALUE[ref]: @rows([[4, 4], [6, 6], [8, 8]]) == [[4.0, 8.0], [6.0, 12.0], [8.0, 16.0]]
func.func @rows(%x: tensor<3x2x!quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}>>) -> tensor<3x2xf32> {
  %y = quant.dcast %x : tensor<3x2x!quant.uniform<i8:f32:{1:1}, {{1.0, 2.0}}>> to tensor<3x2xf32>
  func.return %y : tensor<3x2xf32>
}

// Sums have no zero point; a size is checked when it is known.
// RUN-VALUE[ref]: @sums([3, -4]) == [1.5, -1.0]
// RUN-VALUE[ref]: @sums([3]) raises "expected 1 scales along axis 0, got 2"
func.func @sums(%x: tensor<?x!quant.uniform<i32:f32:0, {0.5, 0.25}>>) -> tensor<?xf32> {
  %y = quant.dcast %x : tensor<?x!quant.uniform<i32:f32:0, {0.5, 0.25}>> to tensor<?xf32>
  func.return %y : tensor<?xf32>
}

// Quantised tensors are given and returned as what they store.
// RUN-VALUE[ref]: @scalar(0.6) == 2
func.func @scalar(%x: tensor<f32>) -> tensor<!quant.uniform<u2:f32, 0.3>> {
  %y = quant.qcast %x : tensor<f32> to tensor<!quant.uniform<u2:f32, 0.3>>
  func.return %y : tensor<!quant.uniform<u2:f32, 0.3>>
}
