// RUN: dlir-opt %s --canonicalize | filecheck %s

// CHECK-LABEL: @identity_copy
// CHECK-NEXT: func.return %x
func.func @identity_copy(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}

// CHECK-LABEL: @identity_copy_of_unknown_size
// CHECK-NEXT: func.return %x
func.func @identity_copy_of_unknown_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}

// A copy may read a part of a larger tensor.
// CHECK-LABEL: @prefix
// CHECK: structured.generic
func.func @prefix(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}

// Square matrices have equal types; a transpose moves elements all the same.
// CHECK-LABEL: @transpose
// CHECK: structured.generic
func.func @transpose(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %e = tensor.empty() : tensor<4x4xf32>
  %r = structured.generic {maps = [(i, j) -> (j, i), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4x4xf32>
  func.return %r : tensor<4x4xf32>
}

// `domain` leaves the rest of outs as it was.
// CHECK-LABEL: @part
// CHECK: structured.generic
func.func @part(%x: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           domain = array<i64: 3>}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// CHECK-LABEL: @equal_inputs
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (-d0 + 3), (d0) -> (d0)], iterators = [parallel]} ins(%x, %x : tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT: ^bb0([[A:%.*]]: f32, [[B:%.*]]: f32):
// CHECK-NEXT: [[P:%.*]] = arith.mulf [[A]], [[A]] : f32
// CHECK-NEXT: arith.addf [[P]], [[B]] : f32
func.func @equal_inputs(%x: tensor<4xf32>, %unread: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (3 - i), (i) -> (i), (i) -> (i)],
                           iterators = [parallel]}
      ins(%x, %x, %x, %unread : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %c : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// Nothing else tells how far the reduction goes.
// CHECK-LABEL: @unread_but_counted
// CHECK: ins(%x : tensor<?xi64>)
func.func @unread_but_counted(%x: tensor<?xi64>, %o: tensor<i64>) -> tensor<i64> {
  %r = structured.generic {maps = [(i) -> (i), (i) -> ()], iterators = [reduction], init = 0 : i64}
      ins(%x : tensor<?xi64>) outs(%o : tensor<i64>) {
  ^bb0(%a: i64, %acc: i64):
    %c1 = arith.constant 1 : i64
    %s = arith.addi %acc, %c1 : i64
    structured.yield %s : i64
  } -> tensor<i64>
  func.return %r : tensor<i64>
}

// CHECK-LABEL: @splat
// CHECK-NOT: structured.fill
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (), (d0) -> (d0)], iterators = [parallel]} ins(%x, %v : tensor<4xf32>, f32)
func.func @splat(%x: tensor<4xf32>, %v: f32) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %f = structured.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %f : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// CHECK-LABEL: @fill_is_init
// CHECK-NOT: structured.fill
// CHECK: init = 5.000000e-01 : f32} ins(%x : tensor<4x8xf32>) outs(%{{.*}} : tensor<4xf32>)
func.func @fill_is_init(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %v = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = structured.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)], iterators = [parallel, reduction]}
      ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// Elements of outs that the map leaves out stay filled.
// CHECK-LABEL: @filled_around
// CHECK: [[F:%.*]] = structured.fill
// CHECK: init = 5.000000e-01 : f32} ins(%x : tensor<4x8xf32>) outs([[F]] : tensor<9xf32>)
func.func @filled_around(%x: tensor<4x8xf32>) -> tensor<9xf32> {
  %v = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<9xf32>
  %f = structured.fill ins(%v : f32) outs(%e : tensor<9xf32>) -> tensor<9xf32>
  %r = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i + 3)], iterators = [parallel, reduction]}
      ins(%x : tensor<4x8xf32>) outs(%f : tensor<9xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<9xf32>
  func.return %r : tensor<9xf32>
}

// CHECK-LABEL: @overwritten
// CHECK-NEXT: [[R:%.*]] = structured.fill ins(%v : f32) outs(%o : tensor<4xf32>)
// CHECK-NEXT: func.return [[R]]
func.func @overwritten(%x: tensor<4xf32>, %v: f32, %o: tensor<4xf32>) -> tensor<4xf32> {
  %0 = structured.generic {maps = [(i) -> (3 - i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4xf32>
  %r = structured.fill ins(%v : f32) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// CHECK-LABEL: @dead
// CHECK-NEXT: func.return %x
func.func @dead(%x: tensor<4xf32>, %o: tensor<2xf32>, %i: tensor<2xi64>) -> tensor<4xf32> {
  %g = structured.gather axis 0 ins(%x, %i : tensor<4xf32>, tensor<2xi64>) outs(%o : tensor<2xf32>) -> tensor<2xf32>
  %s = structured.reshape %g : tensor<2xf32> to tensor<1x2xf32>
  func.return %x : tensor<4xf32>
}

// An op on memrefs is never dead.
// CHECK-LABEL: @writes
// CHECK-NEXT: structured.fill
func.func @writes(%v: f32, %o: memref<4xf32>) {
  structured.fill ins(%v : f32) outs(%o : memref<4xf32>)
  func.return
}

// CHECK-LABEL: @reshapes
// CHECK-NEXT: [[R:%.*]] = structured.reshape %x : tensor<4x6xf32> to tensor<2x12xf32>
// CHECK-NEXT: func.return [[R]], %x
func.func @reshapes(%x: tensor<4x6xf32>) -> (tensor<2x12xf32>, tensor<4x6xf32>) {
  %0 = structured.reshape %x : tensor<4x6xf32> to tensor<24xf32>
  %1 = structured.reshape %0 : tensor<24xf32> to tensor<2x12xf32>
  %2 = structured.reshape %0 : tensor<24xf32> to tensor<4x6xf32>
  func.return %1, %2 : tensor<2x12xf32>, tensor<4x6xf32>
}

// Two unknown sizes may be exchanged.
// CHECK-LABEL: @unknown_shapes
// CHECK: [[R:%.*]] = structured.reshape %x[%n, %m]
// CHECK-NEXT: func.return [[R]]
func.func @unknown_shapes(%x: tensor<?x?xf32>, %n: index, %m: index) -> tensor<?x?xf32> {
  %0 = structured.reshape %x [%n, %m] : tensor<?x?xf32> to tensor<?x?xf32>
  func.return %0 : tensor<?x?xf32>
}
