// RUN: dlir-opt %s --structured-merge-window | filecheck %s

// Seven columns of three channels are 21 numbers of a row; the 24 of the last groups are there.
// CHECK-LABEL: @stem
// CHECK-DAG: [[Y:%.*]] = structured.reshape %x : tensor<1x230x230x3xi8> to tensor<1x230x690xi8>
// CHECK: [[K:%.*]] = structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d3, d1, d2), (d0, d1, d2, d3) -> (d0, d1, d2, d3)], {{.*}}} ins(%k : tensor<64x3x7x7xi8>) outs(%{{.*}} : tensor<64x7x7x3xi8>)
// CHECK: [[M:%.*]] = structured.reshape [[K]] : tensor<64x7x7x3xi8> to tensor<64x7x21xi8>
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4, d5) -> (d0, 2 * d1 + d4, 6 * d2 + d5), (d0, d1, d2, d3, d4, d5) -> (d3, d4, d5), (d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)], iterators = [parallel, parallel, parallel, parallel, reduction, reduction], {{.*}}dot = u8s8>} ins([[Y]], [[M]] :
func.func @stem(%x: tensor<1x230x230x3xi8>, %o: tensor<1x112x112x64xi32>) -> tensor<1x112x112x64xi32> {
  %k = dl.param "k" : tensor<64x3x7x7xi8>
  %r = structured.generic {
      maps = [(b, h, w, o, y, x, c) -> (b, 2 * h + y, 2 * w + x, c),
              (b, h, w, o, y, x, c) -> (o, c, y, x), (b, h, w, o, y, x, c) -> (b, h, w, o)],
      iterators = [parallel, parallel, parallel, parallel, reduction, reduction, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [6, 64], pack = [1], dot = u8s8>}
      ins(%x, %k : tensor<1x230x230x3xi8>, tensor<64x3x7x7xi8>) outs(%o : tensor<1x112x112x64xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extui %p : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<1x112x112x64xi32>
  func.return %r : tensor<1x112x112x64xi32>
}

// The last window ends with the row: its last group would read behind the image.
// CHECK-LABEL: @tight
// CHECK-NOT: structured.reshape
func.func @tight(%x: tensor<1x9x9x3xi8>, %o: tensor<1x7x7x16xi32>) -> tensor<1x7x7x16xi32> {
  %k = dl.param "k" : tensor<16x3x3x3xi8>
  %r = structured.generic {
      maps = [(b, h, w, o, y, x, c) -> (b, h + y, w + x, c),
              (b, h, w, o, y, x, c) -> (o, c, y, x), (b, h, w, o, y, x, c) -> (b, h, w, o)],
      iterators = [parallel, parallel, parallel, parallel, reduction, reduction, reduction], init = 0 : i32,
      schedule = #structured.schedule<kernel = contraction, vector = [7, 16], pack = [1], dot = u8s8>}
      ins(%x, %k : tensor<1x9x9x3xi8>, tensor<16x3x3x3xi8>) outs(%o : tensor<1x7x7x16xi32>) {
  ^bb0(%p: i8, %q: i8, %acc: i32):
    %y = arith.extui %p : i8 to i32
    %z = arith.extsi %q : i8 to i32
    %m = arith.muli %y, %z : i32
    %s = arith.addi %acc, %m : i32
    structured.yield %s : i32
  } -> tensor<1x7x7x16xi32>
  func.return %r : tensor<1x7x7x16xi32>
}
