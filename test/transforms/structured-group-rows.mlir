// RUN: dlir-opt %s --structured-group-rows | filecheck %s

// Maxima of rows, then the rows less these: one group, whose rows are numbered by the first iterator.
// CHECK-LABEL: @rows
// CHECK: iterators = [parallel, reduction], {{.*}}schedule = #structured.schedule<rows = [0, 0]>
// CHECK: iterators = [parallel, parallel], schedule = #structured.schedule<rows = [0, 0]>
func.func @rows(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %o = tensor.empty() : tensor<8x64xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<8xf32>) outs(%o : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

// Columns: the vectors run across what would be rows.
// CHECK-LABEL: @columns
// CHECK-NOT: rows =
// Two reductions of the same tensor: the second one does not read what the first one made.
// CHECK-LABEL: @apart
// CHECK-NOT: rows =
// A row is written over a tensor that is read elsewhere: only fresh memory may be written.
// CHECK-LABEL: @overwriting
// CHECK-NOT: rows =
func.func @columns(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<64xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<64xf32>
  %o = tensor.empty() : tensor<8x64xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<64xf32>) outs(%o : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

func.func @apart(%x: tensor<8x64xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %f = tensor.empty() : tensor<8xf32>
  %s = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<8x64xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  func.return %m, %s : tensor<8xf32>, tensor<8xf32>
}

func.func @overwriting(%x: tensor<8x64xf32>, %old: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<8xf32>) outs(%old : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

// Between two contractions with a right side per head: rows of scores live in blocks. As many rows
// as all there are make the fewest register tiles. Exponentials take the place of the scores; what
// stands between the ops, and reads nothing that they make, stands in front of them.
// CHECK-LABEL: @attention
// CHECK: [[V:%.*]] = structured.generic {{.*}}ins(%u :
// CHECK: [[S:%.*]] = structured.generic {{.*}}schedule = #structured.schedule<kernel = contraction, vector = [8, 16], rows = [0, 0, 1], block = [20]>}
// CHECK: iterators = [parallel, parallel, reduction], {{.*}}schedule = #structured.schedule<rows = [0, 0, 1], block = [20]>}
// CHECK: iterators = [parallel, parallel, parallel], schedule = #structured.schedule<rows = [0, 0, 1], block = [20]>} ins([[S]], {{.*}} outs([[S]] :
// CHECK: kernel = contraction, vector = [8, 16], rows = [0, 0, 1], block = [20]>} ins({{.*}}, [[V]] :
func.func @attention(%q: tensor<2x20x8xf32>, %k: tensor<2x8x24xf32>, %u: tensor<2x24x16xf32>)
    -> tensor<2x20x16xf32> {
  %e = tensor.empty() : tensor<2x20x24xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16],
                                                           threads = [2]>}
      ins(%q, %k : tensor<2x20x8xf32>, tensor<2x8x24xf32>) outs(%e : tensor<2x20x24xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<2x20x24xf32>
  %f = tensor.empty() : tensor<2x20xf32>
  %m = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1)],
                           iterators = [parallel, parallel, reduction], init = 0xff800000 : f32}
      ins(%s : tensor<2x20x24xf32>) outs(%f : tensor<2x20xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  } -> tensor<2x20xf32>
  %x = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1),
                                   (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel]}
      ins(%s, %m : tensor<2x20x24xf32>, tensor<2x20xf32>) outs(%e : tensor<2x20x24xf32>) {
  ^bb0(%a: f32, %b: f32):
    %t = arith.subf %a, %b : f32
    structured.yield %t : f32
  } -> tensor<2x20x24xf32>
  %g = tensor.empty() : tensor<2x24x16xf32>
  %v = structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel]}
      ins(%u : tensor<2x24x16xf32>) outs(%g : tensor<2x24x16xf32>) {
  ^bb0(%a: f32):
    %t = arith.negf %a : f32
    structured.yield %t : f32
  } -> tensor<2x24x16xf32>
  %h = tensor.empty() : tensor<2x20x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%x, %v : tensor<2x20x24xf32>, tensor<2x24x16xf32>) outs(%h : tensor<2x20x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<2x20x16xf32>
  func.return %y : tensor<2x20x16xf32>
}

// The weights of two layers are the same for all rows: no head has a right side of its own.
// CHECK-LABEL: @layers
// CHECK-NOT: rows =
func.func @layers(%q: tensor<20x8xf32>, %k: tensor<8x24xf32>, %v: tensor<24x16xf32>)
    -> tensor<20x16xf32> {
  %e = tensor.empty() : tensor<20x24xf32>
  %s = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1),
                                   (d0, d1, d2) -> (d0, d1)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%q, %k : tensor<20x8xf32>, tensor<8x24xf32>) outs(%e : tensor<20x24xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<20x24xf32>
  %h = tensor.empty() : tensor<20x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1),
                                   (d0, d1, d2) -> (d0, d1)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%s, %v : tensor<20x24xf32>, tensor<24x16xf32>) outs(%h : tensor<20x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<20x16xf32>
  func.return %y : tensor<20x16xf32>
}

// Not even four rows of so many scores fit into a block.
// CHECK-LABEL: @long
// CHECK-NOT: rows =
func.func @long(%q: tensor<2x20x8xf32>, %k: tensor<2x8x20000xf32>, %v: tensor<2x20000x16xf32>)
    -> tensor<2x20x16xf32> {
  %e = tensor.empty() : tensor<2x20x20000xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%q, %k : tensor<2x20x8xf32>, tensor<2x8x20000xf32>) outs(%e : tensor<2x20x20000xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<2x20x20000xf32>
  %h = tensor.empty() : tensor<2x20x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%s, %v : tensor<2x20x20000xf32>, tensor<2x20000x16xf32>) outs(%h : tensor<2x20x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } -> tensor<2x20x16xf32>
  func.return %y : tensor<2x20x16xf32>
}

// What the first contraction makes is the right side of the second one: no row of it is finished
// with a block. Winograd's transforms are so.
// CHECK-LABEL: @right_side
// CHECK-NOT: rows =
func.func @right_side(%q: tensor<2x20x8xf32>, %k: tensor<2x8x24xf32>, %t: tensor<2x16x20xf32>)
    -> tensor<2x16x24xf32> {
  %e = tensor.empty() : tensor<2x20x24xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%q, %k : tensor<2x20x8xf32>, tensor<2x8x24xf32>) outs(%e : tensor<2x20x24xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x20x24xf32>
  %h = tensor.empty() : tensor<2x16x24xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%t, %s : tensor<2x16x20xf32>, tensor<2x20x24xf32>) outs(%h : tensor<2x16x24xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x16x24xf32>
  func.return %y : tensor<2x16x24xf32>
}

// So many rows at a time as the schedule says.
// CHECK-LABEL: @given
// CHECK: block = [7], rows = [0, 0, 1]
// CHECK: rows = [0, 0, 1], block = [7]
func.func @given(%q: tensor<2x20x8xf32>, %k: tensor<2x8x24xf32>, %v: tensor<2x24x16xf32>)
    -> tensor<2x20x16xf32> {
  %e = tensor.empty() : tensor<2x20x24xf32>
  %s = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16],
                                                           block = [7]>}
      ins(%q, %k : tensor<2x20x8xf32>, tensor<2x8x24xf32>) outs(%e : tensor<2x20x24xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x20x24xf32>
  %h = tensor.empty() : tensor<2x20x16xf32>
  %y = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3),
                                   (d0, d1, d2, d3) -> (d0, d3, d2),
                                   (d0, d1, d2, d3) -> (d0, d1, d2)],
                           iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                           schedule = #structured.schedule<kernel = contraction, vector = [8, 16]>}
      ins(%s, %v : tensor<2x20x24xf32>, tensor<2x24x16xf32>) outs(%h : tensor<2x20x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %u = arith.addf %acc, %p : f32
    structured.yield %u : f32
  } -> tensor<2x20x16xf32>
  func.return %y : tensor<2x20x16xf32>
}
