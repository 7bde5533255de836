// RUN: dlir-opt %s --structured-narrow-results | filecheck %s

// A sum of products yields what it rounded to i8; its reader scales it.
// CHECK-LABEL: @epilogue
// CHECK: outs({{.*}} : tensor<4x8xi8>)
// CHECK: epilogue
// CHECK: %[[Q:.*]] = arith.trunci {{.*}} : i32 to i8
// CHECK-NEXT: structured.yield %[[Q]] : i8
// CHECK: structured.generic {{.*}} ins({{.*}}, {{.*}} : tensor<4x8xi32>, tensor<4x8xi8>)
// CHECK: ^bb0(%[[A:.*]]: i32, %[[B:.*]]: i8):
// CHECK-NEXT: %[[W:.*]] = arith.extsi %[[B]] : i8 to i32
// CHECK-NEXT: %[[F:.*]] = arith.constant 12 : i32
// CHECK-NEXT: %[[S:.*]] = arith.muli %[[W]], %[[F]] : i32
// CHECK-NEXT: arith.addi %[[A]], %[[S]] : i32
func.func @epilogue(%x: tensor<4x16xi8>, %w: tensor<16x8xi8>, %y: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %o = tensor.empty() : tensor<4x8xi32>
  %p = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0 : i32} ins(%x, %w : tensor<4x16xi8>, tensor<16x8xi8>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %c = arith.extsi %a : i8 to i32
    %d = arith.extsi %b : i8 to i32
    %e = arith.muli %c, %d : i32
    %t = arith.addi %acc, %e : i32
    structured.yield %t : i32
  } epilogue {
  ^bb0(%v: i32):
    %least = arith.constant -128 : i32
    %most = arith.constant 127 : i32
    %c = arith.maxsi %v, %least : i32
    %d = arith.minsi %c, %most : i32
    %q = arith.trunci %d : i32 to i8
    %e = arith.extsi %q : i8 to i32
    %f = arith.constant 12 : i32
    %s = arith.muli %e, %f : i32
    structured.yield %s : i32
  } -> tensor<4x8xi32>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%y, %p : tensor<4x8xi32>, tensor<4x8xi32>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i32, %b: i32):
    %s = arith.addi %a, %b : i32
    structured.yield %s : i32
  } -> tensor<4x8xi32>
  func.return %r : tensor<4x8xi32>
}

// An op that only scales is gone: the epilogue that reads it scales what it read.
// CHECK-LABEL: @scaled
// CHECK-COUNT-1: structured.generic
// CHECK: epilogue ins(%{{.*}} : tensor<4x8xi8>)
// CHECK: ^bb0(%{{.*}}: i32, %[[B:.*]]: i8):
// CHECK-NEXT: arith.extsi %[[B]] : i8 to i32
// CHECK-NOT: structured.generic
func.func @scaled(%x: tensor<4x16xi8>, %w: tensor<16x8xi8>, %y: tensor<4x8xi8>) -> tensor<4x8xi32> {
  %o = tensor.empty() : tensor<4x8xi32>
  %z = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%y : tensor<4x8xi8>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i8):
    %e = arith.extsi %a : i8 to i32
    %f = arith.constant 12 : i32
    %s = arith.muli %e, %f : i32
    structured.yield %s : i32
  } -> tensor<4x8xi32>
  %p = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0 : i32} ins(%x, %w : tensor<4x16xi8>, tensor<16x8xi8>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %c = arith.extsi %a : i8 to i32
    %d = arith.extsi %b : i8 to i32
    %e = arith.muli %c, %d : i32
    %t = arith.addi %acc, %e : i32
    structured.yield %t : i32
  } epilogue ins(%z : tensor<4x8xi32>) maps [(i, j) -> (i, j)] {
  ^bb0(%v: i32, %b: i32):
    %s = arith.addi %v, %b : i32
    structured.yield %s : i32
  } -> tensor<4x8xi32>
  func.return %p : tensor<4x8xi32>
}

// What is returned, what a reduction sums, and what depends on two narrow numbers keep their width.
// CHECK-LABEL: @kept
// CHECK-COUNT-2: outs({{.*}} : tensor<4x8xi32>)
// CHECK: outs({{.*}} : tensor<4xi32>)
func.func @kept(%x: tensor<4x8xi8>, %y: tensor<4x8xi8>) -> (tensor<4x8xi32>, tensor<4xi32>) {
  %o = tensor.empty() : tensor<4x8xi32>
  %z = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x : tensor<4x8xi8>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i8):
    %e = arith.extsi %a : i8 to i32
    structured.yield %e : i32
  } -> tensor<4x8xi32>
  %two = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]} ins(%x, %y : tensor<4x8xi8>, tensor<4x8xi8>) outs(%o : tensor<4x8xi32>) {
  ^bb0(%a: i8, %b: i8):
    %d = arith.extsi %a : i8 to i32
    %e = arith.extsi %b : i8 to i32
    %s = arith.addi %d, %e : i32
    structured.yield %s : i32
  } -> tensor<4x8xi32>
  %p = tensor.empty() : tensor<4xi32>
  %r = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j), (i, j) -> (i)], iterators = [parallel, reduction], init = 0 : i32} ins(%z, %two : tensor<4x8xi32>, tensor<4x8xi32>) outs(%p : tensor<4xi32>) {
  ^bb0(%a: i32, %b: i32, %acc: i32):
    %s = arith.addi %a, %b : i32
    %t = arith.addi %acc, %s : i32
    structured.yield %t : i32
  } -> tensor<4xi32>
  func.return %z, %r : tensor<4x8xi32>, tensor<4xi32>
}
