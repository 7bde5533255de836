// RUN: dlir-opt %s --structured-fuse | filecheck %s

// Two elementwise readers of a reduction, one after the other, become its epilogue.
// CHECK-LABEL: @epilogue
// CHECK: [[R:%.*]] = structured.generic {{.*}} iterators = [parallel, reduction], init = 0.000000e+00 : f32} ins(%x : tensor<4x8xf32>) outs(%e : tensor<4xf32>) {
// CHECK: } epilogue ins(%b : tensor<4xf32>) maps [(d0) -> (d0)] {
// CHECK-NEXT: ^bb0([[V:%.*]]: f32, [[C:%.*]]: f32):
// CHECK-NEXT: [[M:%.*]] = arith.mulf [[V]], [[C]] : f32
// CHECK-NEXT: [[S:%.*]] = math.sqrt [[M]] : f32
// CHECK-NEXT: structured.yield [[S]] : f32
// CHECK-NEXT: } -> tensor<4xf32>
// CHECK-NEXT: func.return [[R]]
func.func @epilogue(%x: tensor<4x8xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0, %b : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %s = arith.mulf %a, %c : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %2 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%1 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %2 : tensor<4xf32>
}

// A producer is computed where it is read, through composed maps; what both read is read once.
// CHECK-LABEL: @producer
// CHECK: [[R:%.*]] = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%x, %y : tensor<4x8xf32>, tensor<8xf32>)
// CHECK-NEXT: ^bb0([[A:%.*]]: f32, [[B:%.*]]: f32):
// CHECK-NEXT: [[S:%.*]] = arith.addf [[A]], [[B]] : f32
// CHECK-NEXT: arith.mulf [[S]], [[A]] : f32
// CHECK: func.return [[R]]
func.func @producer(%x: tensor<4x8xf32>, %y: tensor<8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %y : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4x8xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%0, %x : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4x8xf32>
  func.return %1 : tensor<4x8xf32>
}

// Two readers: the value is stored.
// CHECK-LABEL: @two_readers
// CHECK-COUNT-2: structured.generic
func.func @two_readers(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// What `domain` leaves out of the producer's result is read from its destination.
// CHECK-LABEL: @part
// CHECK-COUNT-2: structured.generic
func.func @part(%x: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           domain = array<i64: 3>}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// An epilogue that cannot be read along the lanes would cost the contraction its register tiles.
// CHECK-LABEL: @keeps_lanes
// CHECK-COUNT-2: structured.generic
func.func @keeps_lanes(%x: tensor<7x9xf32>, %w: tensor<9x33xf32>, %b: tensor<33x7xf32>) -> tensor<7x33xf32> {
  %e = tensor.empty() : tensor<7x33xf32>
  %0 = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<7x9xf32>, tensor<9x33xf32>) outs(%e : tensor<7x33xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<7x33xf32>
  %1 = structured.generic {maps = [(m, n) -> (m, n), (m, n) -> (n, m), (m, n) -> (m, n)],
                           iterators = [parallel, parallel]}
      ins(%0, %b : tensor<7x33xf32>, tensor<33x7xf32>) outs(%e : tensor<7x33xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    structured.yield %s : f32
  } -> tensor<7x33xf32>
  func.return %1 : tensor<7x33xf32>
}

// Two readers of which both can compute the value: reading %x twice is less than storing it.
// CHECK-LABEL: @computed_twice
// CHECK: structured.generic {{.*}} ins(%x : tensor<64xf32>)
// CHECK-NEXT: ^bb0([[A:%.*]]: f32):
// CHECK-NEXT: [[B:%.*]] = math.absf [[A]] : f32
// CHECK-NEXT: arith.negf [[B]] : f32
// CHECK: structured.generic {{.*}} ins(%x : tensor<64xf32>)
// CHECK-NEXT: ^bb0([[C:%.*]]: f32):
// CHECK-NEXT: [[D:%.*]] = math.absf [[C]] : f32
// CHECK-NEXT: math.sqrt [[D]] : f32
// CHECK-NOT: structured.generic
// CHECK: func.return
func.func @computed_twice(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %e = tensor.empty() : tensor<64xf32>
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %2 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  func.return %1, %2 : tensor<64xf32>, tensor<64xf32>
}

// One reader that reads the value at two places computes it for both.
// CHECK-LABEL: @read_twice
// CHECK: structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0 + 1, d1), (d0, d1) -> (d0, d1)], iterators = [parallel, parallel]} ins(%x, %x : tensor<9x9xf32>, tensor<9x9xf32>)
// CHECK-NEXT: ^bb0([[A:%.*]]: f32, [[B:%.*]]: f32):
// CHECK-NEXT: [[D:%.*]] = math.absf [[B]] : f32
// CHECK-NEXT: [[C:%.*]] = math.absf [[A]] : f32
// CHECK-NEXT: arith.subf [[D]], [[C]] : f32
func.func @read_twice(%x: tensor<9x9xf32>) -> tensor<8x9xf32> {
  %e = tensor.empty() : tensor<9x9xf32>
  %o = tensor.empty() : tensor<8x9xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x : tensor<9x9xf32>) outs(%e : tensor<9x9xf32>) {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    structured.yield %s : f32
  } -> tensor<9x9xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i + 1, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%0, %0 : tensor<9x9xf32>, tensor<9x9xf32>) outs(%o : tensor<8x9xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.subf %b, %a : f32
    structured.yield %s : f32
  } -> tensor<8x9xf32>
  func.return %1 : tensor<8x9xf32>
}

// What is read twice at one place is computed once.
// CHECK-LABEL: @square
// CHECK: structured.generic {{.*}} ins(%x : tensor<9xf32>)
// CHECK-NEXT: ^bb0([[A:%.*]]: f32):
// CHECK-NEXT: [[B:%.*]] = math.exp [[A]] : f32
// CHECK-NEXT: arith.mulf [[B]], [[B]] : f32
func.func @square(%x: tensor<9xf32>) -> tensor<9xf32> {
  %e = tensor.empty() : tensor<9xf32>
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<9xf32>) outs(%e : tensor<9xf32>) {
  ^bb0(%a: f32):
    %s = math.exp %a : f32
    structured.yield %s : f32
  } -> tensor<9xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%0, %0 : tensor<9xf32>, tensor<9xf32>) outs(%e : tensor<9xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<9xf32>
  func.return %1 : tensor<9xf32>
}

// A number for each element of a contraction's left side has no order to be read in.
// CHECK-LABEL: @number
// CHECK-COUNT-2: structured.generic
func.func @number(%x: tensor<f32>, %w: tensor<9x33xf32>) -> tensor<7x33xf32> {
  %e = tensor.empty() : tensor<7x9xf32>
  %o = tensor.empty() : tensor<7x33xf32>
  %0 = structured.generic {maps = [(m, k) -> (), (m, k) -> (m, k)], iterators = [parallel, parallel]}
      ins(%x : tensor<f32>) outs(%e : tensor<7x9xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<7x9xf32>
  %1 = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%0, %w : tensor<7x9xf32>, tensor<9x33xf32>) outs(%o : tensor<7x33xf32>) {
  ^bb0(%p: f32, %q: f32, %acc: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %acc, %m : f32
    structured.yield %s : f32
  } -> tensor<7x33xf32>
  func.return %1 : tensor<7x33xf32>
}

// One reader, and one op that only writes over the tensor: it stays, since it is a destination.
// CHECK-LABEL: @read_and_written_over
// CHECK: [[T:%.*]] = structured.generic {{.*}} ins(%x : tensor<5x4xf32>) outs(%e : tensor<5x4xf32>)
// CHECK: math.exp
// CHECK: structured.generic {{.*}} ins(%x, [[T]] : tensor<5x4xf32>, tensor<5x4xf32>) outs(%e
// CHECK: structured.generic {{.*}} ins(%x : tensor<5x4xf32>) outs([[T]] : tensor<5x4xf32>)
func.func @read_and_written_over(%x: tensor<5x4xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %e = tensor.empty() : tensor<5x4xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : tensor<5x4xf32>) outs(%e : tensor<5x4xf32>) {
  ^bb0(%a: f32):
    %s = math.exp %a : f32
    structured.yield %s : f32
  } -> tensor<5x4xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %0 : tensor<5x4xf32>, tensor<5x4xf32>) outs(%e : tensor<5x4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<5x4xf32>
  %2 = structured.generic {maps = [(i, j) -> (i, 3 - j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : tensor<5x4xf32>) outs(%0 : tensor<5x4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<5x4xf32>
  func.return %1, %2 : tensor<5x4xf32>, tensor<5x4xf32>
}
