// RUN: dlir-opt %s --convert-linalg-to-structured | filecheck %s

// A fill becomes the first value; an argument that names a weight becomes one.

// CHECK-LABEL: func.func @matmul(%x: tensor<?x8xf32>, %n: index) -> tensor<?x4xf32> {
// CHECK-NEXT: %w = dl.param "fc.weight" : tensor<8x4xf32>
// CHECK-NEXT: %e = tensor.empty(%n)
// CHECK-NEXT: structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)], iterators = [parallel, parallel, reduction], init = 0.000000e+00 : f32} ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%e : tensor<?x4xf32>) {
func.func @matmul(%x: tensor<?x8xf32>, %w: tensor<8x4xf32> {dl.param = "fc.weight"}, %n: index) -> tensor<?x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  func.return %y : tensor<?x4xf32>
}

// The shape of a window becomes its extent, and the window's own operand goes.

// CHECK-LABEL: func.func @pool
// CHECK-NOT: tensor<3x3xf32>
// CHECK: structured.generic {maps = [(d0, d1, d2, d3, d4, d5) -> (d0, d1, 2 * d2 + d4, 2 * d3 + d5), (d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)], iterators = [parallel, parallel, parallel, parallel, reduction, reduction], domain = array<i64: -1, -1, -1, -1, 3, 3>}
func.func @pool(%x: tensor<1x2x9x9xf32>, %o: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = tensor.empty() : tensor<3x3xf32>
  %y = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>} ins(%x, %w : tensor<1x2x9x9xf32>, tensor<3x3xf32>) outs(%o : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %y : tensor<1x2x4x4xf32>
}

// Numbers of the function around go into the body, other scalars become inputs; an output that
// its body reads is an input, too.

// CHECK-LABEL: func.func @captured
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (), (d0) -> (), (d0) -> (d0), (d0) -> (d0)], iterators = [parallel]} ins(%x, %k, %s, %o : tensor<4xf32>, f32, tensor<f32>, tensor<4xf32>) outs(%{{.*}} : tensor<4xf32>) {
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[K:.*]]: f32, %[[S:.*]]: f32, %[[O:.*]]: f32):
// CHECK: arith.constant 2.000000e+00 : f32
func.func @captured(%x: tensor<4xf32>, %o: tensor<4xf32>, %k: f32, %s: tensor<f32>) -> tensor<4xf32> {
  %two = arith.constant 2.0 : f32
  %v = tensor.extract %s[] : tensor<f32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %two : f32
    %1 = arith.mulf %0, %k : f32
    %2 = arith.addf %1, %b : f32
    %3 = arith.addf %2, %v : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// Rows of a table are gathered whole; single elements by their number in row-major order.

// CHECK-LABEL: func.func @reads
// CHECK: structured.gather axis 0 ins(%t, %{{.*}} : tensor<10x6xf32>, tensor<4xi64>) outs(%{{.*}} : tensor<4x6xf32>)
// CHECK: structured.reshape %t : tensor<10x6xf32> to tensor<60xf32>
// CHECK: arith.constant 6 : i64
// CHECK: structured.gather axis 0 ins(%{{.*}}, %{{.*}} : tensor<60xf32>, tensor<4x6xi64>) outs(%{{.*}} : tensor<4x6xf32>)
func.func @reads(%t: tensor<10x6xf32>, %i: tensor<4xi64>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %e = tensor.empty() : tensor<4x6xf32>
  %five = arith.constant 5 : index
  %0 = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<4xi64>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%n: i64, %o: f32):
    %r = arith.index_cast %n : i64 to index
    %c = linalg.index 1 : index
    %v = tensor.extract %t[%r, %c] : tensor<10x6xf32>
    linalg.yield %v : f32
  } -> tensor<4x6xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<4xi64>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%n: i64, %o: f32):
    %r = arith.index_cast %n : i64 to index
    %c = linalg.index 1 : index
    %d = arith.xori %c, %five : index
    %m = arith.minsi %d, %five : index
    %v = tensor.extract %t[%r, %m] : tensor<10x6xf32>
    linalg.yield %v : f32
  } -> tensor<4x6xf32>
  func.return %0, %1 : tensor<4x6xf32>, tensor<4x6xf32>
}

// The index of a maximum looks at the running maximum, which becomes a tensor: for each point a fold
// over the points before it.

// CHECK-LABEL: func.func @argmax
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> ()], iterators = [reduction]} ins(%x : tensor<9xf32>) outs(%m : tensor<f32>) {
// CHECK: %[[R:.*]] = structured.generic {maps = [(d0, d1) -> (d1), (d0, d1) -> (d0)], iterators = [parallel, reduction]} ins(%x : tensor<9xf32>)
// CHECK: arith.cmpi slt
// CHECK: structured.generic {maps = [(d0) -> (d0), (d0) -> (d0), (d0) -> ()], iterators = [reduction]} ins(%x, %[[R]] : tensor<9xf32>, tensor<9xf32>) outs(%i : tensor<i64>) {
func.func @argmax(%x: tensor<9xf32>, %m: tensor<f32>, %i: tensor<i64>) -> (tensor<f32>, tensor<i64>) {
  %r:2 = linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> ()>, affine_map<(k) -> ()>], iterator_types = ["reduction"]} ins(%x : tensor<9xf32>) outs(%m, %i : tensor<f32>, tensor<i64>) {
  ^bb0(%a: f32, %best: f32, %at: i64):
    %k = linalg.index 0 : index
    %n = arith.index_cast %k : index to i64
    %p = arith.cmpf ogt, %a, %best : f32
    %v = arith.select %p, %a, %best : f32
    %w = arith.select %p, %n, %at : i64
    linalg.yield %v, %w : f32, i64
  } -> (tensor<f32>, tensor<i64>)
  func.return %r#0, %r#1 : tensor<f32>, tensor<i64>
}

// Pads are copies that read a number outside; slices copies through a map; casts views.

// CHECK-LABEL: func.func @tensors
// CHECK: structured.generic {maps = [(d0) -> (d0 - 1), (d0) -> (d0)], iterators = [parallel], padding = [0.000000e+00 : f32]} ins(%x : tensor<8xf32>) outs(%{{.*}} : tensor<11xf32>)
// CHECK: structured.generic {maps = [(d0) -> (2 * d0 + 1), (d0) -> (d0)], iterators = [parallel]} ins(%x : tensor<8xf32>) outs(%{{.*}} : tensor<3xf32>)
// CHECK: structured.reshape %x[%c8] : tensor<8xf32> to tensor<?xf32>
func.func @tensors(%x: tensor<8xf32>) -> (tensor<11xf32>, tensor<3xf32>, tensor<?xf32>) {
  %zero = arith.constant 0.0 : f32
  %0 = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<8xf32> to tensor<11xf32>
  %1 = tensor.extract_slice %x[1] [3] [2] : tensor<8xf32> to tensor<3xf32>
  %2 = tensor.cast %x : tensor<8xf32> to tensor<?xf32>
  func.return %0, %1, %2 : tensor<11xf32>, tensor<3xf32>, tensor<?xf32>
}
