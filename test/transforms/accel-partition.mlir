// RUN: dlir-opt %s --convert-dl-to-structured --accel-partition | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-structured --accel-partition --accel-partition | filecheck %s
// RUN: dlir-opt %s --convert-dl-to-structured --accel-partition --convert-structured-to-accel | filecheck %s --check-prefix=ACCEL

// What the machine has no function for stays on the host, and says so; the rest says nothing.

// CHECK-LABEL: func.func @sine
// CHECK:       structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins
// CHECK:         arith.maximumf
// CHECK:       structured.generic {{.*}}accel.host = "the machine has no function for 'math.sin'"
// CHECK:         math.sin
// CHECK:       structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction], init = 0.000000e+00 : f32} ins
// ACCEL:       accel.program @sine_0
// ACCEL:       accel.program @sine_1
// ACCEL:       func.func @sine
// ACCEL:       accel.launch @sine_0
// ACCEL:       math.sin
// ACCEL:       accel.launch @sine_1
func.func @sine(%x: tensor<8x16xf32>) -> tensor<8x24xf32> {
  %w = dl.param "w" : tensor<16x24xf32>
  %0 = dl.relu %x : tensor<8x16xf32>
  %1 = dl.sin %0 : tensor<8x16xf32>
  %2 = dl.matmul %1, %w acc f32 : (tensor<8x16xf32>, tensor<16x24xf32>) -> tensor<8x24xf32>
  func.return %2 : tensor<8x24xf32>
}

// What a person leaves to the host stays there, for the reason that is given.

// CHECK-LABEL: func.func @by_hand
// CHECK:       structured.generic {{.*}}accel.host = "wanted in float32"
// ACCEL-NOT:   accel.program @by_hand
// ACCEL:       func.func @by_hand
// ACCEL:       structured.generic {{.*}}accel.host = "wanted in float32"
func.func @by_hand(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %o = tensor.empty() : tensor<8x16xf32>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel], accel.host = "wanted in float32"} ins(%x : tensor<8x16xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    structured.yield %e : f32
  } -> tensor<8x16xf32>
  func.return %r : tensor<8x16xf32>
}
