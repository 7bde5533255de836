// RUN: dlir-opt %s --accel-pipeline='to=structured' --convert-structured-to-accel | filecheck %s
// RUN: dlir-opt %s --accel-pipeline='to=structured' --convert-structured-to-accel='set=array.rows=8;array.cols=8' | filecheck %s --check-prefix=EIGHT

// A product with its epilogue: weights as planes, rows in blocks of lanes. Whole blocks of the sum
// set the accumulators, the rest adds to them.

// CHECK-LABEL: accel.program @linear_0
// CHECK-SAME:  memref<1x2x16x16xbf16> weight "w"
// CHECK-SAME:  memref<2x20x16xbf16> input "x"
// CHECK-SAME:  memref<1x16xf32> weight "b"
// CHECK-SAME:  memref<1x20x16xbf16> output
// CHECK:       accel.load %{{.*}} {count = 32} : memref<1x2x16x16xbf16>, memref<1x2x16x16xbf16, "spm">
// CHECK:       accel.matmul [[A:%.*]][0], [[W:%.*]][0] into [[C:%.*]][0] {start = 1, nx = {{.*}}, k = 16, n = 16}
// CHECK-NEXT:  accel.matmul [[A]][{{.*}}], [[W]][16] into [[C]][0] {nx = {{.*}}, k = 8, n = 16}
// CHECK:       accel.binary add [[C]][0], [[B:%.*]][0] to [[C]][0] {rows = {{.*}}, ymode = "all"}
// CHECK-NEXT:  accel.unary relu [[C]][0] to [[Y:%.*]][0] {nx = {{.*}}}
// CHECK-NEXT:  accel.store [[Y]][0]
// EIGHT-LABEL: accel.program @linear_0
// EIGHT-SAME:  memref<2x3x8x8xbf16> weight "w"
// EIGHT-SAME:  memref<3x20x8xbf16> input "x"

// The host formats what goes in and comes out.

// CHECK-LABEL: func.func @linear
// CHECK:       structured.generic {maps = [(d0, d1, d2, d3) -> (16 * d1 + d2, 16 * d0 + d3), (d0, d1, d2, d3) -> (d0, d1, d2, d3)], iterators = [parallel, parallel, parallel, parallel], padding = [0.000000e+00 : f32]} ins(%w : tensor<24x16xf32>)
// CHECK:       arith.truncf %{{.*}} : f32 to bf16
// CHECK:       structured.generic {maps = [(d0, d1, d2) -> (d1, 16 * d0 + d2), (d0, d1, d2) -> (d0, d1, d2)], iterators = [parallel, parallel, parallel], padding = [0.000000e+00 : f32]} ins(%x : tensor<20x24xf32>)
// CHECK:       [[Y:%.*]] = accel.launch @linear_0({{.*}}) : (tensor<1x2x16x16xbf16>, tensor<2x20x16xbf16>, tensor<1x16xf32>) -> tensor<1x20x16xbf16>
// CHECK:       structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d1, 16 * d0 + d2)]{{.*}}} ins([[Y]] : tensor<1x20x16xbf16>)
// CHECK:       arith.extf %{{.*}} : bf16 to f32
func.func @linear(%x: tensor<20x24xf32>) -> tensor<20x16xf32> {
  %w = dl.param "w" : tensor<24x16xf32>
  %b = dl.param "b" : tensor<16xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<20x24xf32>, tensor<24x16xf32>) -> tensor<20x16xf32>
  %1 = dl.add %0, %b : (tensor<20x16xf32>, tensor<16xf32>) -> tensor<20x16xf32>
  %2 = dl.relu %1 : tensor<20x16xf32>
  func.return %2 : tensor<20x16xf32>
}

// A window that leaves a tensor in DRAM: strips of zeros around the tile, then the tensor into it.
// The walk of the instruction is the stride, loops are the taps. Two tiles, so that the first is
// stored while the second is summed.

// CHECK-LABEL: accel.program @convolution_0
// CHECK:       accel.binary fill [[T:%.*]][0] to [[T]][0] {rows = 11, ymode = "imm"}
// CHECK-NEXT:  accel.binary fill [[T]][11 * d0 + 11] to [[T]][11 * d0 + 11] for [6] {ymode = "imm"}
// CHECK-NEXT:  accel.binary fill [[T]][11 * d0 + 21] to [[T]][11 * d0 + 21] for [6] {ymode = "imm"}
// CHECK-NEXT:  accel.load %{{.*}}[9 * d0] to [[T]][11 * d0 + 12] for [6] {count = 9}
// CHECK-NEXT:  accel.matmul [[T]][11 * d0 + d1], %{{.*}}[48 * d0 + 16 * d1] into %{{.*}}[0] for [3, 3] {planes = 2, start = 1, nx = 5, sx = 2, ny = 3, sy = 22, k = 16, n = 16}
// CHECK:       accel.binary fill [[U:%.*]][44] to [[U]][44] {rows = 11, ymode = "imm"}
func.func @convolution(%x: tensor<1x9x9x16xf32>) -> tensor<1x5x5x16xf32> {
  %w = dl.param "w" : tensor<16x16x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {strides = [2, 2], padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x9x9x16xf32>, tensor<16x16x3x3xf32>) -> tensor<1x5x5x16xf32>
  func.return %0 : tensor<1x5x5x16xf32>
}

// A tensor that stays on chip has its border there, and is read where it is.

// CHECK-LABEL: accel.program @resident_0
// CHECK:       [[R:%.*]] = accel.alloc : memref<1x1x10x10x16xbf16, "spm">
// CHECK:       accel.unary relu %{{.*}}[8 * d0] to [[R]][10 * d0 + 11] for [8] {nx = 8}
// CHECK:       accel.matmul [[R]][10 * d0 + d1], %{{.*}}[48 * d0 + 16 * d1] into
func.func @resident(%x: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
  %w = dl.param "w" : tensor<16x16x3x3xf32>
  %0 = dl.relu %x : tensor<1x8x8x16xf32>
  %1 = dl.conv2d %0, %w acc f32 {padding = [1, 1, 1, 1], layout = "nhwc"} : (tensor<1x8x8x16xf32>, tensor<16x16x3x3xf32>) -> tensor<1x8x8x16xf32>
  func.return %1 : tensor<1x8x8x16xf32>
}

// Each lane by its own weight: planes that are 0 off their diagonals.

// CHECK-LABEL: accel.program @depthwise_0
// CHECK-SAME:  memref<1x3x3x1x16x16xbf16> weight "w"
// CHECK:       accel.matmul {{.*}} for [3, 3] {planes = 2, start = 1, {{.*}}k = 16, n = 16}
// CHECK-LABEL: func.func @depthwise
// CHECK:       [[ROW:%.*]] = structured.index 4
// CHECK-NEXT:  [[COLUMN:%.*]] = structured.index 5
// CHECK-NEXT:  [[SAME:%.*]] = arith.cmpi eq, [[ROW]], [[COLUMN]] : index
// CHECK:       arith.select [[SAME]]
func.func @depthwise(%x: tensor<1x8x8x16xf32>) -> tensor<1x6x6x16xf32> {
  %w = dl.param "w" : tensor<16x1x3x3xf32>
  %0 = dl.conv2d %x, %w acc f32 {groups = 16, layout = "nhwc"} : (tensor<1x8x8x16xf32>, tensor<16x1x3x3xf32>) -> tensor<1x6x6x16xf32>
  func.return %0 : tensor<1x6x6x16xf32>
}

// One kernel for a group: the rows' maxima and sums never leave the chip. 24 lanes are a block and a
// half, whose 8 lanes count.

// CHECK-LABEL: accel.program @softmax_0
// CHECK:       accel.load
// CHECK-NOT:   accel.store
// CHECK:       accel.unary rowmax %{{.*}}[8] to %{{.*}}[0] {nx = 8, n = 8}
// CHECK:       accel.unary exp
// CHECK:       accel.unary rowsum
// CHECK:       accel.unary recip [[SUM:%.*]][0] to [[INVERSE:%.*]][0] {nx = 8}
// CHECK:       accel.binary mul %{{.*}}, [[INVERSE]][0] to [[Y:%.*]][8 * d0] for [2] {rows = 8, ymode = "lane"}
// CHECK-NEXT:  accel.store [[Y]][0]
// CHECK-NEXT:  }
func.func @softmax(%x: tensor<8x24xf32>) -> tensor<8x24xf32> {
  %0 = dl.softmax %x {axis = 1} : tensor<8x24xf32>
  func.return %0 : tensor<8x24xf32>
}

// Immediates where bf16 holds the number, else a row of it.

// CHECK-LABEL: accel.program @layer_norm_0
// CHECK-SAME:  memref<1x16xf32> weight "constant 1e-05"
// CHECK:       accel.load %{{.*}}[0] to [[EPSILON:%.*]][0]
// CHECK:       accel.unary rowsum
// CHECK-NEXT:  accel.binary mul %{{.*}} {rows = 8, ymode = "imm", imm = 6.250000e-02 : f32}
// CHECK:       accel.binary add %{{.*}}, [[EPSILON]][0] to %{{.*}} {rows = 8, ymode = "all"}
// CHECK-NEXT:  accel.unary rsqrt
func.func @layer_norm(%x: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %s = dl.param "s" : tensor<16xf32>
  %b = dl.param "b" : tensor<16xf32>
  %0 = dl.layer_norm %x, %s, %b {axis = 1} : (tensor<8x16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<8x16xf32>
  func.return %0 : tensor<8x16xf32>
}

// Scores and probabilities are made where they are read, by the second product.

// CHECK-LABEL: accel.program @attention_0
// CHECK-COUNT-3: accel.load
// CHECK-NOT:   accel.store
// CHECK:       accel.matmul [[Q:%.*]][0], [[K:%.*]][0] into [[S:%.*]][0] {start = 1, nx = 8, k = 16, n = 8}
// CHECK:       accel.unary rowmax
// CHECK:       accel.binary mul %{{.*}} to [[P:%.*]][0] {rows = 8, ymode = "lane"} : {{.*}}, memref<1x8x16xbf16, "spm">
// CHECK-NEXT:  accel.matmul [[P]][0], %{{.*}}[0] into %{{.*}}[0] {start = 1, nx = 8, k = 8, n = 16}
// CHECK:       accel.store
// CHECK-NEXT:  }
func.func @attention(%q: tensor<8x16xf32>, %k: tensor<8x16xf32>, %v: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %0 = dl.matmul %q, %k acc f32 {transpose_rhs} : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x8xf32>
  %1 = dl.softmax %0 {axis = 1} : tensor<8x8xf32>
  %2 = dl.matmul %1, %v acc f32 : (tensor<8x8xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  func.return %2 : tensor<8x16xf32>
}

// Rows of a table in DRAM; the host makes indices i32 and counts those below 0 from the front.

// CHECK-LABEL: accel.program @gather_0
// CHECK-SAME:  memref<1x16xi32> input "i"
// CHECK:       accel.gather %{{.*}}[50 * d0] at %{{.*}}[0] to %{{.*}}[5 * d0] for [1] {rows = 5, of = 50}
// CHECK-LABEL: func.func @gather
// CHECK:       [[MOVED:%.*]] = arith.addi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:  arith.select %{{.*}}, [[MOVED]], %{{.*}} : i64
// CHECK-NEXT:  arith.maxsi
// CHECK-NEXT:  arith.minsi
// CHECK-NEXT:  arith.trunci %{{.*}} : i64 to i32
func.func @gather(%i: tensor<5xi64>) -> tensor<5x16xf32> {
  %t = dl.param "t" : tensor<50x16xf32>
  %0 = dl.gather %t, %i {axis = 0} : (tensor<50x16xf32>, tensor<5xi64>) -> tensor<5x16xf32>
  func.return %0 : tensor<5x16xf32>
}

// Over rows one instruction takes the walk.

// CHECK-LABEL: accel.program @rows_0
// CHECK:       accel.unary maxinto %{{.*}}[0] to %{{.*}}[0] {nx = 5, sx = 7, ny = 7, sy = 1}
func.func @rows(%x: tensor<5x7x16xf32>) -> tensor<7x16xf32> {
  %0 = dl.reduce_max %x {axes = [0]} : tensor<5x7x16xf32> -> tensor<7x16xf32>
  func.return %0 : tensor<7x16xf32>
}

// Over lanes whole blocks are added first; what comes out is a number per row, in lane 0.

// CHECK-LABEL: accel.program @lanes_0
// CHECK-SAME:  memref<3x7x16xbf16> input "x"
// CHECK-SAME:  memref<1x7x16xbf16> output
// CHECK:       accel.binary add [[X:%.*]][0], [[X]][7] to [[T:%.*]][0] {rows = 7}
// CHECK:       accel.unary rowsum [[X]][14] to [[LAST:%.*]][0] {nx = 7, n = 8}
// CHECK:       accel.unary rowsum [[T]][0] to [[WHOLE:%.*]][0] {nx = 7}
// CHECK:       accel.binary add [[WHOLE]][0], [[LAST]][0] to
// CHECK-LABEL: func.func @lanes
// CHECK:       structured.generic {maps = [(d0) -> (0, d0, 0), (d0) -> (d0)]
func.func @lanes(%x: tensor<7x40xf32>) -> tensor<7xf32> {
  %0 = dl.reduce_sum %x {axes = [1]} : tensor<7x40xf32> -> tensor<7xf32>
  func.return %0 : tensor<7xf32>
}

// Weights that are computed are planes where they lie; they may be read transposed.

// CHECK-LABEL: accel.program @transposed_0
// CHECK:       accel.unary relu %{{.*}}[0] to [[W:%.*]][0] {nx = 24}
// CHECK:       accel.matmul %{{.*}}[0], [[W]][0] into %{{.*}}[0] {start = 1, nx = 8, k = 16, n = 16, {{.*}}tr = 1}
// CHECK:       accel.matmul %{{.*}}[0], [[W]][16] into %{{.*}} {start = 1, nx = 8, k = 16, n = 8, {{.*}}tr = 1}
func.func @transposed(%x: tensor<8x16xf32>, %w: tensor<24x16xf32>) -> tensor<8x24xf32> {
  %0 = dl.relu %w : tensor<24x16xf32>
  %1 = dl.matmul %x, %0 acc f32 {transpose_rhs} : (tensor<8x16xf32>, tensor<24x16xf32>) -> tensor<8x24xf32>
  func.return %1 : tensor<8x24xf32>
}

// Reshapes and transposes are other walks over the same rows.

// CHECK-LABEL: accel.program @views_0
// CHECK:       accel.unary relu %{{.*}}[0] to [[R:%.*]][0] {nx = 6}
// CHECK:       accel.unary tanh [[R]][0] to %{{.*}}[0] {nx = 2, sx = 3, ny = 3, sy = 1}
func.func @views(%x: tensor<6x16xf32>) -> tensor<3x2x16xf32> {
  %0 = dl.relu %x : tensor<6x16xf32>
  %1 = dl.reshape %0 : tensor<6x16xf32> -> tensor<2x3x16xf32>
  %2 = dl.transpose %1 {perm = [1, 0, 2]} : tensor<2x3x16xf32> -> tensor<3x2x16xf32>
  %3 = dl.tanh %2 : tensor<3x2x16xf32>
  func.return %3 : tensor<3x2x16xf32>
}

// What the machine has no function for stands between two programs, with the reason.

// CHECK-LABEL: accel.program @host_0
// CHECK:       accel.unary relu
// CHECK-LABEL: accel.program @host_1
// CHECK:       accel.matmul
// CHECK-LABEL: func.func @host
// CHECK:       accel.launch @host_0
// CHECK:       structured.generic {{.*}}accel.host = "the machine has no function for 'math.sin'"
// CHECK:       accel.launch @host_1
func.func @host(%x: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %w = dl.param "w" : tensor<16x16xf32>
  %0 = dl.relu %x : tensor<8x16xf32>
  %1 = dl.sin %0 : tensor<8x16xf32>
  %2 = dl.matmul %1, %w acc f32 : (tensor<8x16xf32>, tensor<16x16xf32>) -> tensor<8x16xf32>
  func.return %0, %2 : tensor<8x16xf32>, tensor<8x16xf32>
}

// Columns are requantised by two rows: multipliers and shifts.

// CHECK-LABEL: accel.program @requantized_0
// CHECK:       accel.matmul %{{.*}} for [2] {planes = 1, start = 1, nx = 8, k = 16, n = 16} : memref<1x8x16xi8, "spm">, {{.*}}, memref<2x8x16xi32, "acc">
// CHECK:       accel.unary copy %{{.*}}[d0] to [[PAIR:%.*]][2 * d0] for [2]
// CHECK-NEXT:  accel.unary copy %{{.*}}[d0] to [[PAIR]][2 * d0 + 1] for [2]
// CHECK-NEXT:  accel.binary requant %{{.*}}[8 * d0], [[PAIR]][2 * d0] to %{{.*}}[8 * d0] for [2] {rows = 8, ymode = "all"}
func.func @requantized(%x: tensor<8x16xi8>) -> tensor<8x32xi8> {
  %w = dl.param "w" : tensor<16x32xi8>
  %m = dl.param "m" : tensor<32xi32>
  %s = dl.param "s" : tensor<32xi32>
  %0 = dl.matmul %x, %w acc i32 : (tensor<8x16xi8>, tensor<16x32xi8>) -> tensor<8x32xi32>
  %1 = dl.requantize %0, %m, %s {axis = 1} : (tensor<8x32xi32>, tensor<32xi32>, tensor<32xi32>) -> tensor<8x32xi8>
  func.return %1 : tensor<8x32xi8>
}

// Nothing here is for the machine; each op says why.

// CHECK-NOT:   accel.program @refused
// CHECK-LABEL: func.func @refused
// CHECK:       accel.host = "the machine has no function for 'arith.select'"
// CHECK:       accel.host = "the machine does not compute 'arith.addi' in i8"
// CHECK:       accel.host = "the machine has no elements of type f64"
// CHECK:       accel.host = "the array does not add products of i32 and i32 up in i32"
// CHECK:       accel.host = "a copy of what the host has"
func.func @refused(%x: tensor<8x16xf32>, %y: tensor<8x16xi8>, %z: tensor<8x16xf64>, %m: tensor<4x4xi32>) -> (tensor<8x16xf32>, tensor<8x16xi8>, tensor<8x16xf64>, tensor<4x4xi32>, tensor<16x8xf64>) {
  %0 = dl.sign %x : tensor<8x16xf32>
  %1 = dl.add %y, %y : tensor<8x16xi8>
  %2 = dl.exp %z : tensor<8x16xf64>
  %3 = dl.matmul %m, %m acc i32 : (tensor<4x4xi32>, tensor<4x4xi32>) -> tensor<4x4xi32>
  %4 = dl.transpose %2 {perm = [1, 0]} : tensor<8x16xf64> -> tensor<16x8xf64>
  func.return %0, %1, %2, %3, %4 : tensor<8x16xf32>, tensor<8x16xi8>, tensor<8x16xf64>, tensor<4x4xi32>, tensor<16x8xf64>
}

// The sine is the host's, and what follows it; the product and its bias are not.

// CHECK-LABEL: accel.program @sine_0
// CHECK:       accel.matmul
// CHECK:       accel.binary add
// CHECK-LABEL: func.func @sine
// CHECK:       accel.launch @sine_0
// CHECK:       accel.host = "the machine has no function for 'math.sin'"
// CHECK-NEXT:  ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:  math.sin
// CHECK-NEXT:  arith.addf
// CHECK-NEXT:  structured.yield
func.func @sine(%x: tensor<20x16xf32>, %y: tensor<20x16xf32>) -> tensor<20x16xf32> {
  %w = dl.param "w" : tensor<16x16xf32>
  %b = dl.param "b" : tensor<16xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<20x16xf32>, tensor<16x16xf32>) -> tensor<20x16xf32>
  %1 = dl.add %0, %b : (tensor<20x16xf32>, tensor<16xf32>) -> tensor<20x16xf32>
  %2 = dl.sin %1 : tensor<20x16xf32>
  %3 = dl.add %2, %y : (tensor<20x16xf32>, tensor<20x16xf32>) -> tensor<20x16xf32>
  func.return %3 : tensor<20x16xf32>
}

// A scaled operand is added to sums that nobody else reads by one instruction.
// CHECK-LABEL: accel.program @multiply_add
// CHECK: accel.matmul
// CHECK: accel.binary mulacc {{.*}} {{{.*}}ymode = "imm", imm = 12}
// CHECK-NEXT: accel.unary relu
func.func @multiply_add(%x: tensor<16x16xi8>, %y: tensor<16x16xi8>) -> tensor<16x16xi32> {
  %w = dl.param "w" : tensor<16x16xi8>
  %o = tensor.empty() : tensor<16x16xi32>
  %p = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0 : i32} ins(%x, %w : tensor<16x16xi8>, tensor<16x16xi8>) outs(%o : tensor<16x16xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %c = arith.extsi %a : i8 to i32
    %d = arith.extsi %b : i8 to i32
    %e = arith.muli %c, %d : i32
    %t = arith.addi %acc, %e : i32
    structured.yield %t : i32
  } epilogue ins(%y : tensor<16x16xi8>) maps [(i, j) -> (i, j)] {
  ^bb0(%v: i32, %b: i8):
    %c = arith.extsi %b : i8 to i32
    %f = arith.constant 12 : i32
    %m = arith.muli %c, %f : i32
    %s = arith.addi %v, %m : i32
    %zero = arith.constant 0 : i32
    %r = arith.maxsi %s, %zero : i32
    structured.yield %r : i32
  } -> tensor<16x16xi32>
  func.return %p : tensor<16x16xi32>
}

// A model in bf16 says what is rounded: the sum before the bias is added, by a copy, and the result,
// by the function that writes it. The largest of rounded numbers is rounded.

// CHECK-LABEL: accel.program @in_bf16_0
// CHECK-SAME:  memref<1x16xbf16> weight "b"
// CHECK:       accel.matmul {{.*}} into [[C:%.*]][0] {start = 1
// CHECK:       accel.unary copy [[C]][0] to [[R:%.*]][0] {{.*}} : memref<{{.*}}xf32, "acc">, memref<{{.*}}xbf16, "spm">
// CHECK:       accel.binary add [[R]][0], {{%.*}}[0] to [[S:%.*]][0] {{.*}}memref<{{.*}}xf32, "acc">
// CHECK-NEXT:  accel.unary relu [[S]][0] to {{.*}}xbf16, "spm">
func.func @in_bf16(%x: tensor<20x24xbf16>) -> tensor<20x16xbf16> {
  %w = dl.param "w" : tensor<24x16xbf16>
  %b = dl.param "b" : tensor<16xbf16>
  %0 = dl.matmul %x, %w acc f32 : (tensor<20x24xbf16>, tensor<24x16xbf16>) -> tensor<20x16xbf16>
  %1 = dl.add %0, %b : (tensor<20x16xbf16>, tensor<16xbf16>) -> tensor<20x16xbf16>
  %2 = dl.relu %1 : tensor<20x16xbf16>
  func.return %2 : tensor<20x16xbf16>
}

// Its means are quotients.

// CHECK-LABEL: accel.program @mean_0
// CHECK:       accel.binary div {{.*}}imm = 7
func.func @mean(%x: tensor<7x16xbf16>) -> tensor<16xbf16> {
  %0 = dl.reduce_mean %x {axes = [0]} : tensor<7x16xbf16> -> tensor<16xbf16>
  func.return %0 : tensor<16xbf16>
}
