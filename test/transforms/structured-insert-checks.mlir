// RUN: dlir-opt %s -p structured-insert-checks,cse | filecheck %s

// CHECK-LABEL: @sizes
// CHECK-DAG: [[X:%.*]] = tensor.dim %x, %c0 : tensor<?xf32>
// CHECK-DAG: [[Y:%.*]] = tensor.dim %y, %c0 : tensor<?xf32>
// CHECK: [[T:%.*]] = arith.cmpi eq, [[Y]], [[X]] : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}structured-insert-checks.mlir:{{.*}}"
// CHECK-NOT: cf.assert
// CHECK: structured.generic
func.func @sizes(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}

// The last window, 2 * (n - 1) + (k - 1), lies inside.
// CHECK-LABEL: @window
// CHECK: [[F:%.*]] = arith.muli
// CHECK: [[L:%.*]] = arith.addi [[F]], %{{.*}} : index
// CHECK: [[T:%.*]] = arith.cmpi slt, [[L]], %{{.*}} : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}operand 0 is too small in dimension 0"
// CHECK: structured.generic
func.func @window(%x: tensor<?xf32>, %k: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.generic {maps = [(i, k) -> (2 * i + k), (i, k) -> (k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x, %k : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %p, %acc : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}

// CHECK-LABEL: @reshape
// CHECK: [[T:%.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}element counts differ"
// CHECK-NEXT: structured.reshape
func.func @reshape(%x: tensor<?x6xf32>, %n: index) -> tensor<?x4xf32> {
  %r = structured.reshape %x [%n] : tensor<?x6xf32> to tensor<?x4xf32>
  func.return %r : tensor<?x4xf32>
}

// What the types tell needs no check.
// CHECK-LABEL: @known
// CHECK-NOT: cf.assert
func.func @known(%x: tensor<?x6xf32>, %y: tensor<6xf32>) -> tensor<?x2x3xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x6xf32>
  %e = tensor.empty(%n) : tensor<?x6xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (5 - j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel]}
      ins(%x, %y : tensor<?x6xf32>, tensor<6xf32>) outs(%e : tensor<?x6xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<?x6xf32>
  %r = structured.reshape %0 [%n] : tensor<?x6xf32> to tensor<?x2x3xf32>
  func.return %r : tensor<?x2x3xf32>
}

// CHECK-LABEL: @least
// CHECK: [[T:%.*]] = arith.cmpi sge, %{{.*}}, %k : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}the sort gives more than the size of dimension 1"
// CHECK: structured.sort
func.func @least(%x: tensor<4x?xf32>, %k: index) -> tensor<4x?xi64> {
  %e = tensor.empty(%k) : tensor<4x?xi64>
  %r = structured.sort {axis = 1} ins(%x : tensor<4x?xf32>) outs(%e : tensor<4x?xi64>) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    structured.yield %less : i1
  } -> tensor<4x?xi64>
  func.return %r : tensor<4x?xi64>
}

// CHECK-LABEL: @scatter
// CHECK: [[T:%.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}size 0 of operand 1 does not fit"
// CHECK: [[U:%.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK-NEXT: cf.assert [[U]], "{{.*}}size 1 of operand 1 does not fit"
// CHECK-NEXT: structured.scatter
func.func @scatter(%i: tensor<?xi64>, %u: tensor<?x?xf32>, %o: tensor<9x8xf32>)
    -> tensor<9x8xf32> {
  %r = structured.scatter ins(%i, %u : tensor<?xi64>, tensor<?x?xf32>) outs(%o : tensor<9x8xf32>) {
  ^bb0(%old: f32, %new: f32):
    structured.yield %new : f32
  } -> tensor<9x8xf32>
  func.return %r : tensor<9x8xf32>
}

// CHECK-LABEL: @running
// CHECK: [[T:%.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK-NEXT: cf.assert [[T]], "{{.*}}size 0 of operand 0 does not fit"
// CHECK-NEXT: structured.scan
func.func @running(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = structured.scan {axis = 0, init = 0.0 : f32} ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}
