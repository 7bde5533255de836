// RUN: dlir-opt %s --convert-dl-to-structured | filecheck %s

// Elementwise: broadcasting is in the maps, numbers are in the body, half types are computed in f32.

// CHECK-LABEL: func.func @elementwise
// CHECK-NEXT: %c0 = arith.constant 0 : index
// CHECK-NEXT: [[N:%.*]] = tensor.dim %x, %c0 : tensor<?x4xbf16>
// CHECK-NEXT: [[E:%.*]] = tensor.empty([[N]]) : tensor<?x4xbf16>
// CHECK-NEXT: [[R:%.*]] = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%x, %b : tensor<?x4xbf16>, tensor<4xbf16>) outs([[E]] : tensor<?x4xbf16>) {
// CHECK-NEXT: ^bb0(%{{.*}}: bf16, %{{.*}}: bf16):
// CHECK-NEXT:   arith.extf %{{.*}} : bf16 to f32
// CHECK-NEXT:   arith.extf %{{.*}} : bf16 to f32
// CHECK-NEXT:   arith.addf %{{.*}} : f32
// CHECK-NEXT:   arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT:   structured.yield
// CHECK:      structured.generic
// CHECK-NEXT: ^bb0(%{{.*}}: bf16):
// CHECK-NEXT:   [[TWO:%.*]] = arith.constant 2.000000e+00 : bf16
// CHECK-NOT:  dense
func.func @elementwise(%x: tensor<?x4xbf16>, %b: tensor<4xbf16>) -> tensor<?x4xbf16> {
  %two = dl.constant dense<2.0> : tensor<bf16>
  %0 = dl.add %x, %b : (tensor<?x4xbf16>, tensor<4xbf16>) -> tensor<?x4xbf16>
  %1 = dl.mul %0, %two : (tensor<?x4xbf16>, tensor<bf16>) -> tensor<?x4xbf16>
  func.return %1 : tensor<?x4xbf16>
}

// Contractions: a transposed operand and the batch are maps; the sum is rounded by an epilogue.

// CHECK-LABEL: func.func @matmul
// CHECK: structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3), (d0, d1, d2, d3) -> (d2, d3), (d0, d1, d2, d3) -> (d0, d1, d2)], iterators = [parallel, parallel, parallel, reduction], init = 0.000000e+00 : f32}
// CHECK:      arith.mulf
// CHECK-NEXT: arith.addf
// CHECK-NEXT: structured.yield %{{.*}} : f32
// CHECK-NEXT: } epilogue {
// CHECK-NEXT: ^bb0(%{{.*}}: f32):
// CHECK-NEXT:   arith.truncf %{{.*}} : f32 to bf16
func.func @matmul(%a: tensor<?x8x16xbf16>, %b: tensor<32x16xbf16>) -> tensor<?x8x32xbf16> {
  %0 = dl.matmul %a, %b acc f32 {transpose_rhs} : (tensor<?x8x16xbf16>, tensor<32x16xbf16>) -> tensor<?x8x32xbf16>
  func.return %0 : tensor<?x8x32xbf16>
}

// CHECK-LABEL: func.func @conv
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4, d5, d6) -> (d0, 2 * d1 + d4 - 1, 2 * d2 + d5 - 1, d6), (d0, d1, d2, d3, d4, d5, d6) -> (d3, d6, d4, d5), (d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)], iterators = [parallel, parallel, parallel, parallel, reduction, reduction, reduction], init = 0.000000e+00 : f32, padding = [0.000000e+00 : f32, unit]}
func.func @conv(%x: tensor<1x8x8x3xf32>, %w: tensor<6x3x3x3xf32>) -> tensor<1x4x4x6xf32> {
  %0 = dl.conv2d %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x8x8x3xf32>, tensor<6x3x3x3xf32>) -> tensor<1x4x4x6xf32>
  func.return %0 : tensor<1x4x4x6xf32>
}

// Groups are a dimension of their own; the reshapes are views.

// CHECK-LABEL: func.func @grouped
// CHECK:      structured.reshape %x : tensor<1x8x4x4xf32> to tensor<1x2x4x4x4xf32>
// CHECK-NEXT: structured.reshape %w : tensor<6x4x1x1xf32> to tensor<2x3x4x1x1xf32>
// CHECK-NEXT: tensor.empty() : tensor<1x2x3x4x4xf32>
// CHECK:      -> tensor<1x2x3x4x4xf32>
// CHECK-NEXT: structured.reshape %{{.*}} : tensor<1x2x3x4x4xf32> to tensor<1x6x4x4xf32>
func.func @grouped(%x: tensor<1x8x4x4xf32>, %w: tensor<6x4x1x1xf32>) -> tensor<1x6x4x4xf32> {
  %0 = dl.conv2d %x, %w acc f32 {groups = 2} : (tensor<1x8x4x4xf32>, tensor<6x4x1x1xf32>) -> tensor<1x6x4x4xf32>
  func.return %0 : tensor<1x6x4x4xf32>
}

// Reductions: the mean of a dynamic axis divides by its size.

// CHECK-LABEL: func.func @mean
// CHECK: structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (0, d0)], iterators = [parallel, reduction], init = 0.000000e+00 : f32} ins(%x : tensor<?x4xf32>)
// CHECK: epilogue ins([[N:%.*]] : index) maps [(d0) -> ()] {
// CHECK: arith.divf
func.func @mean(%x: tensor<?x4xf32>) -> tensor<1x4xf32> {
  %0 = dl.reduce_mean %x {axes = [0], keepdims} : tensor<?x4xf32> -> tensor<1x4xf32>
  func.return %0 : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @pool
// CHECK: init = 0xff800000 : f32, padding = [0xff800000 : f32], domain = array<i64: -1, -1, -1, -1, 2, 3>}
// CHECK: arith.maximumf
func.func @pool(%x: tensor<1x2x7x8xf32>) -> tensor<1x2x7x6xf32> {
  %0 = dl.max_pool2d %x {kernel = [2, 3], padding = [1, 0, 0, 0]} : tensor<1x2x7x8xf32> -> tensor<1x2x7x6xf32>
  func.return %0 : tensor<1x2x7x6xf32>
}

// Squares are summed where they are read.

// CHECK-LABEL: func.func @norm_of_two
// CHECK: init = 0.000000e+00 : f32, padding = [0.000000e+00 : f16], domain = array<i64: -1, -1, -1, -1, 2, 3>}
// CHECK: [[X:%.*]] = arith.extf
// CHECK-NEXT: arith.mulf [[X]], [[X]]
// CHECK: epilogue
// CHECK: [[R:%.*]] = math.sqrt
// CHECK-NEXT: arith.truncf [[R]]
func.func @norm_of_two(%x: tensor<1x2x7x8xf16>) -> tensor<1x2x7x6xf16> {
  %0 = dl.lp_pool2d %x {kernel = [2, 3], padding = [1, 0, 0, 0]} : tensor<1x2x7x8xf16> -> tensor<1x2x7x6xf16>
  func.return %0 : tensor<1x2x7x6xf16>
}

// The power function is computed once for each element, not once for each window that sees it.

// CHECK-LABEL: func.func @norm_of_three
// CHECK: math.powf
// CHECK: -> tensor<1x2x7x8xf32>
// CHECK: domain = array<i64: -1, -1, -1, -1, 2, 3>}
// CHECK-NOT: math.powf
// CHECK: epilogue
// CHECK: math.powf
// CHECK-LABEL: func.func @norm_of_three_side_by_side
// CHECK-COUNT-1: structured.generic
// CHECK-NOT: structured.generic
func.func @norm_of_three(%x: tensor<1x2x7x8xf32>) -> tensor<1x2x7x6xf32> {
  %0 = dl.lp_pool2d %x {kernel = [2, 3], padding = [1, 0, 0, 0], p = 3.0} : tensor<1x2x7x8xf32> -> tensor<1x2x7x6xf32>
  func.return %0 : tensor<1x2x7x6xf32>
}
func.func @norm_of_three_side_by_side(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x3x2xf32> {
  %0 = dl.lp_pool2d %x {kernel = [2, 3], strides = [2, 3], p = 3.0} : tensor<1x2x6x6xf32> -> tensor<1x2x3x2xf32>
  func.return %0 : tensor<1x2x3x2xf32>
}

// The exponentials of softmax are stored where the result goes; in half precision, where they do not
// fit, they are computed twice.

// CHECK-LABEL: func.func @softmax
// CHECK: arith.maximumf
// CHECK: -> tensor<2xf32>
// CHECK: [[E:%.*]] = structured.generic
// CHECK: math.exp
// CHECK: -> tensor<2x5xf32>
// CHECK: structured.generic {{.*}} ins([[E]] : tensor<2x5xf32>)
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK: -> tensor<2xf32>
// CHECK: structured.generic {{.*}} outs([[E]] : tensor<2x5xf32>)
// CHECK: arith.mulf
// CHECK: -> tensor<2x5xf32>
func.func @softmax(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %0 = dl.softmax %x {axis = 1} : tensor<2x5xf32>
  func.return %0 : tensor<2x5xf32>
}

// CHECK-LABEL: func.func @softmax_half
// CHECK: math.exp
// CHECK-NEXT: arith.addf
// CHECK: -> tensor<2xf32>
// CHECK: math.exp
// CHECK-NEXT: arith.divf
// CHECK: -> tensor<2x5xf16>
func.func @softmax_half(%x: tensor<2x5xf16>) -> tensor<2x5xf16> {
  %0 = dl.softmax %x {axis = 1} : tensor<2x5xf16>
  func.return %0 : tensor<2x5xf16>
}

// Movement: each part of a concatenation is written into what the previous one has left.

// CHECK-LABEL: func.func @concat
// CHECK: [[E:%.*]] = tensor.empty() : tensor<2x5xf32>
// CHECK-NEXT: [[A:%.*]] = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel], domain = array<i64: -1, 3>} ins(%a : tensor<2x3xf32>) outs([[E]] : tensor<2x5xf32>)
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 3)], iterators = [parallel, parallel]} ins(%b : tensor<2x2xf32>) outs([[A]] : tensor<2x5xf32>)
func.func @concat(%a: tensor<2x3xf32>, %b: tensor<2x2xf32>) -> tensor<2x5xf32> {
  %0 = dl.concat %a, %b {axis = 1} : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<2x5xf32>
  func.return %0 : tensor<2x5xf32>
}

// What begins at a size that is no number is inserted as a slice; the other sizes must agree.

// CHECK-LABEL: func.func @concat_dynamic
// CHECK: %[[SAME:.*]] = arith.cmpi eq, %a_dim, %b_dim
// CHECK-NEXT: cf.assert %[[SAME]], "{{.*}}: size 0 of operand 1 does not fit"
// CHECK: %[[A:.*]] = tensor.insert_slice %a into %{{.*}}[0, 0] [%a_dim, %[[N:.*]]] [1, 1]
// CHECK: tensor.insert_slice %b into %[[A]][0, %[[N]]] [%b_dim, %{{.*}}] [1, 1]
func.func @concat_dynamic(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = dl.concat %a, %b {axis = 1} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  func.return %0 : tensor<?x?xf32>
}

// The remainder of floats moves to the sign of the divisor.

// CHECK-LABEL: func.func @mod
// CHECK: arith.remf
// CHECK: math.copysign
func.func @mod(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dl.mod %a, %b : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// A dynamic part of a dimension is read through a window of one place, so that the iterator's extent
// is that of the result.

// CHECK-LABEL: func.func @prefix
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0 + d2, -2 * d1 + 3), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction], init = 0.000000e+00 : f32, domain = array<i64: -1, -1, 1>} ins(%x : tensor<9x4xf32>) outs(%{{.*}} : tensor<?x2xf32>)
func.func @prefix(%x: tensor<9x4xf32>, %n: index) -> tensor<?x2xf32> {
  %0 = dl.slice %x [%n] {offsets = [0, 3], strides = [1, -2]} : tensor<9x4xf32> -> tensor<?x2xf32>
  func.return %0 : tensor<?x2xf32>
}

// Regions are lowered too; weights keep their name.

// CHECK-LABEL: func.func @region
// CHECK: dl.param "w" : tensor<4xf32>
// CHECK: scf.if
// CHECK: math.exp
func.func @region(%c: i1) -> tensor<4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %0 = scf.if %c -> (tensor<4xf32>) {
    %1 = dl.exp %w : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %w : tensor<4xf32>
  }
  func.return %0 : tensor<4xf32>
}

// Multipliers and shifts are inputs; shifts that are no constants are checked by an op of their own.
// The body is the one of `dlir.dialects.structured.quantization`.

// CHECK-LABEL: func.func @requantized
// CHECK: %[[S:.*]] = structured.generic {{.*}} ins(%s : tensor<4xi32>)
// CHECK: cf.assert {{.*}}, "expected shifts in -31..31"
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%x, %m, %[[S]] : tensor<?x4xi32>, tensor<4xi32>, tensor<4xi32>)
// CHECK-NEXT: ^bb0(%[[X:.*]]: i32, %[[M:.*]]: i32, %[[N:.*]]: i32):
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0 : i64
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1 : i64
// CHECK-NEXT: %[[X64:.*]] = arith.extsi %[[X]] : i32 to i64
// CHECK-NEXT: %[[M64:.*]] = arith.extsi %[[M]] : i32 to i64
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[X64]], %[[M64]] : i64
// CHECK-NEXT: %[[N64:.*]] = arith.extsi %[[N]] : i32 to i64
// CHECK-NEXT: %[[C31:.*]] = arith.constant 31 : i64
// CHECK-NEXT: %[[BITS:.*]] = arith.addi %[[N64]], %[[C31]] : i64
// CHECK-NEXT: %[[POWER:.*]] = arith.shli %[[ONE]], %[[BITS]] : i64
// CHECK-NEXT: %[[HALF:.*]] = arith.shrui %[[POWER]], %[[ONE]] : i64
// CHECK-NEXT: %[[NEG:.*]] = arith.cmpi slt, %[[P]], %[[ZERO]] : i64
// CHECK-NEXT: %[[MINUS:.*]] = arith.subi %[[ZERO]], %[[P]] : i64
// CHECK-NEXT: %[[SIZE:.*]] = arith.select %[[NEG]], %[[MINUS]], %[[P]] : i64
// CHECK-NEXT: %[[MORE:.*]] = arith.addi %[[SIZE]], %[[HALF]] : i64
// CHECK-NEXT: %[[Q:.*]] = arith.shrui %[[MORE]], %[[BITS]] : i64
// CHECK-NEXT: %[[OPPOSITE:.*]] = arith.subi %[[ZERO]], %[[Q]] : i64
// CHECK-NEXT: %[[R:.*]] = arith.select %[[NEG]], %[[OPPOSITE]], %[[Q]] : i64
// CHECK-NEXT: %[[ZP:.*]] = arith.constant 4 : i64
// CHECK-NEXT: %[[MOVED:.*]] = arith.addi %[[R]], %[[ZP]] : i64
// CHECK-NEXT: arith.constant -128 : i64
// CHECK-NEXT: arith.maxsi %[[MOVED]]
// CHECK-NEXT: arith.constant 127 : i64
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: %[[Y:.*]] = arith.trunci {{.*}} : i64 to i8
// CHECK-NEXT: structured.yield %[[Y]] : i8
func.func @requantized(%x: tensor<?x4xi32>, %m: tensor<4xi32>, %s: tensor<4xi32>) -> tensor<?x4xi8> {
  %z = dl.constant dense<4> : tensor<4xi8>
  %y = dl.requantize %x, %m, %s, %z {axis = 1} : (tensor<?x4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi8>) -> tensor<?x4xi8>
  func.return %y : tensor<?x4xi8>
}

// CHECK-LABEL: func.func @quantized
// CHECK-NOT: cf.assert
// CHECK: ^bb0(%[[X:.*]]: f32, %[[S:.*]]: f32):
// CHECK-NEXT: %[[Q:.*]] = arith.divf %[[X]], %[[S]] : f32
// CHECK-NEXT: %[[N:.*]] = math.roundeven %[[Q]] : f32
// CHECK-NEXT: %[[NAN:.*]] = arith.cmpf uno, %[[N]], %[[N]] : f32
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT: arith.select %[[NAN]], %[[ZERO]], %[[N]] : f32
// CHECK-NEXT: arith.constant -1.280000e+02 : f32
// CHECK-NEXT: arith.maximumf
// CHECK-NEXT: arith.constant 1.270000e+02 : f32
// CHECK-NEXT: arith.minimumf
// CHECK-NEXT: arith.fptosi {{.*}} : f32 to i8
func.func @quantized(%x: tensor<4xf32>) -> tensor<4xi8> {
  %s = dl.constant dense<0.5> : tensor<f32>
  %y = dl.quantize %x, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xi8>
  func.return %y : tensor<4xi8>
}

// A zero point that is no constant is an input; it is extended as its type says.
// CHECK-LABEL: func.func @quantized_unsigned
// CHECK: ^bb0(%[[X:.*]]: f32, %[[S:.*]]: f32, %[[Z:.*]]: i8):
// CHECK: %[[WIDE:.*]] = arith.extui %[[Z]] : i8 to i32
// CHECK-NEXT: %[[REAL:.*]] = arith.sitofp %[[WIDE]] : i32 to f32
// CHECK-NEXT: arith.addf {{.*}}, %[[REAL]] : f32
// CHECK: arith.fptoui {{.*}} : f32 to i8
func.func @quantized_unsigned(%x: tensor<4xf32>, %z: tensor<ui8>) -> tensor<4xui8> {
  %s = dl.constant dense<0.5> : tensor<f32>
  %y = dl.quantize %x, %s, %z : (tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4xui8>
  func.return %y : tensor<4xui8>
}

// Blocks are a dimension of their own; the last one, which has one place, is padded.
// CHECK-LABEL: func.func @dequantized_blocks
// CHECK: structured.generic {maps = [(d0, d1, d2) -> (d0, 2 * d1 + d2), (d0, d1, d2) -> (d0, d1), (d0, d1, d2) -> (d0, d1, d2)]
// CHECK: structured.reshape {{.*}} : tensor<4x3x2xf32> to tensor<4x6xf32>
// CHECK: domain = array<i64: -1, 5>
func.func @dequantized_blocks(%x: tensor<4x5xi4>, %s: tensor<4x3xf32>) -> tensor<4x5xf32> {
  %y = dl.dequantize %x, %s {axis = 1, block = 2} : (tensor<4x5xi4>, tensor<4x3xf32>) -> tensor<4x5xf32>
  func.return %y : tensor<4x5xf32>
}

// The places of elements are computed as numbers in row-major order; what is outside is nowhere.
// CHECK-LABEL: @gather_elements
// CHECK: [[P:%.*]] = structured.generic
// CHECK: arith.constant -9223372036854775808 : i64
// CHECK: [[X:%.*]] = structured.reshape %x : tensor<4x5xf32> to tensor<20xf32>
// CHECK: structured.gather axis 0 ins([[X]], [[P]] : tensor<20xf32>, tensor<4x2xi64>)
func.func @gather_elements(%x: tensor<4x5xf32>, %i: tensor<4x2xi64>) -> tensor<4x2xf32> {
  %y = dl.gather_elements %x, %i {axis = 1} : (tensor<4x5xf32>, tensor<4x2xi64>) -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

// CHECK-LABEL: @scatter_nd
// CHECK: [[X:%.*]] = structured.reshape %x : tensor<4x5x8xf32> to tensor<20x8xf32>
// CHECK: [[R:%.*]] = structured.scatter ins({{%.*}}, %u : tensor<3xi64>, tensor<3x8xf32>) outs([[X]] : tensor<20x8xf32>)
// CHECK: structured.reshape [[R]] : tensor<20x8xf32> to tensor<4x5x8xf32>
func.func @scatter_nd(%x: tensor<4x5x8xf32>, %i: tensor<3x2xi64>, %u: tensor<3x8xf32>) -> tensor<4x5x8xf32> {
  %y = dl.scatter_nd %x, %i, %u : (tensor<4x5x8xf32>, tensor<3x2xi64>, tensor<3x8xf32>) -> tensor<4x5x8xf32>
  func.return %y : tensor<4x5x8xf32>
}

// CHECK-LABEL: @topk
// CHECK: [[I:%.*]] = structured.sort {axis = 1 : i64} ins(%x : tensor<4x9xf32>) outs({{%.*}} : tensor<4x3xi64>)
// CHECK: structured.gather axis 0
// CHECK: func.return {{%.*}}, [[I]]
func.func @topk(%x: tensor<4x9xf32>) -> (tensor<4x3xf32>, tensor<4x3xi64>) {
  %v, %i = dl.topk %x {axis = 1, k = 3} : tensor<4x9xf32> -> (tensor<4x3xf32>, tensor<4x3xi64>)
  func.return %v, %i : tensor<4x3xf32>, tensor<4x3xi64>
}
