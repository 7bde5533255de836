// RUN: dlir-opt %s --structured-pack | filecheck %s

// Four neighbours in k of a column lie side by side, zero behind the last k and the last column;
// the left side reads zeros behind its last k.
// CHECK-LABEL: @groups
// CHECK: [[E:%.*]] = tensor.empty() : tensor<3x197x64xi8>
// CHECK-NEXT: [[P:%.*]] = structured.generic {maps = [(d0, d1, d2, d3) -> (4 * d1 + d3, 16 * d0 + d2), (d0, d1, d2, d3) -> (d0, d1, 4 * d2 + d3)], iterators = [parallel, parallel, parallel, parallel], padding = [0 : i8], domain = array<i64: -1, -1, 16, 4>} ins(%w : tensor<785x37xi8>) outs([[E]] : tensor<3x197x64xi8>)
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4) -> (d0, 4 * d2 + d4), (d0, d1, d2, d3, d4) -> (d1, d2, 4 * d3 + d4), (d0, d1, d2, d3, d4) -> (d0, 16 * d1 + d3)], iterators = [parallel, parallel, reduction, parallel, reduction], init = 0 : i32, padding = [0 : i8, unit], domain = array<i64: -1, -1, -1, 16, 4>, schedule = {{.*}}} ins(%x, [[P]] : tensor<?x785xi8>, tensor<3x197x64xi8>) outs(%o : tensor<?x37xi32>)
func.func @groups(%x: tensor<?x785xi8>, %w: tensor<785x37xi8>, %o: tensor<?x37xi32>) -> tensor<?x37xi32> {
  %r = structured.generic {
      maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 16], pack = [1], dot = u8s8>}
      ins(%x, %w : tensor<?x785xi8>, tensor<785x37xi8>) outs(%o : tensor<?x37xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extui %p : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<?x37xi32>
  func.return %r : tensor<?x37xi32>
}
