// RUN: dlir-opt %s --convert-structured-to-linalg | filecheck %s

// A first value is a fill, an epilogue an op of its own, a padding a pad; the extent that no
// operand tells is told by an empty tensor.

// CHECK-LABEL: func.func @pool
// CHECK: %[[P:.*]] = tensor.pad %x low[0, 1, 1] high[0, 0, 0] {
// CHECK:   arith.constant 0xff800000 : f32
// CHECK: } : tensor<3x8x8xf32> to tensor<3x9x9xf32>
// CHECK: %[[I:.*]] = arith.constant 0xff800000 : f32
// CHECK: %[[F:.*]] = linalg.fill ins(%[[I]] : f32) outs(%{{.*}} : tensor<3x4x4xf32>)
// CHECK: %[[W:.*]] = tensor.empty() : tensor<3x3xf32>
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3, d4) -> (d0, ((d1 * 2) + d3), ((d2 * 2) + d4))>, affine_map<(d0, d1, d2, d3, d4) -> (d3, d4)>, affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[P]], %[[W]] : tensor<3x9x9xf32>, tensor<3x3xf32>) outs(%[[F]] : tensor<3x4x4xf32>) {
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:   arith.maximumf
// CHECK-NEXT:   linalg.yield
// CHECK:     linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1, d2)>], iterator_types = ["parallel", "parallel", "parallel"]} ins(%[[R]] : tensor<3x4x4xf32>) outs(%o : tensor<3x4x4xf32>) {
// CHECK:   arith.negf
func.func @pool(%x: tensor<3x8x8xf32>, %o: tensor<3x4x4xf32>) -> tensor<3x4x4xf32> {
  %y = structured.generic {maps = [(c, y, x, u, v) -> (c, 2 * y + u - 1, 2 * x + v - 1), (c, y, x, u, v) -> (c, y, x)],
                           iterators = [parallel, parallel, parallel, reduction, reduction],
                           init = 0xFF800000 : f32, padding = [0xFF800000 : f32], domain = array<i64: -1, -1, -1, 3, 3>}
      ins(%x : tensor<3x8x8xf32>) outs(%o : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %m = arith.maximumf %acc, %a : f32
    structured.yield %m : f32
  } epilogue {
  ^bb0(%a: f32):
    %m = arith.negf %a : f32
    structured.yield %m : f32
  } -> tensor<3x4x4xf32>
  func.return %y : tensor<3x4x4xf32>
}

// A block of an output is computed on its own and put in its place; what would lie outside of
// the output is left out. A part of an input is a slice.

// CHECK-LABEL: func.func @blocks
// CHECK: %[[S:.*]] = tensor.extract_slice %x[0] [16] [1] : tensor<64xf32> to tensor<16xf32>
// CHECK: %[[E:.*]] = tensor.empty() : tensor<2x8xf32>
// CHECK: %[[G:.*]] = linalg.generic
// CHECK-SAME: outs(%{{.*}} : tensor<2x8xf32>)
// CHECK: %[[C:.*]] = tensor.collapse_shape {{.*}} : tensor<2x8xf32> into tensor<16xf32>
// CHECK: %[[T:.*]] = tensor.extract_slice %[[C]][0] [13] [1] : tensor<16xf32> to tensor<13xf32>
// CHECK: tensor.insert_slice %[[T]] into %o[4] [13] [1] : tensor<13xf32> into tensor<17xf32>
func.func @blocks(%x: tensor<64xf32>, %w: tensor<16xf32>, %o: tensor<17xf32>) -> (tensor<17xf32>, tensor<16xf32>) {
  %z = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%w : tensor<16xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<16xf32>
  %y = structured.generic {maps = [(i, j) -> (8 * i + j), (i, j) -> (8 * i + j + 4)],
                           iterators = [parallel, parallel], domain = array<i64: 2, 8>}
      ins(%z : tensor<16xf32>) outs(%o : tensor<17xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<17xf32>
  func.return %y, %z : tensor<17xf32>, tensor<16xf32>
}

// Gathers count negative indices from the end.

// CHECK-LABEL: func.func @companions
// CHECK: linalg.fill ins(%v : f32) outs(%o : tensor<?x8xf32>)
// CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<?xi64>)
// CHECK-NEXT: ^bb0(%[[I:.*]]: i64, %{{.*}}: f32):
// CHECK-NEXT:   %[[N:.*]] = arith.index_cast %[[I]] : i64 to index
// CHECK-NEXT:   arith.constant 0 : index
// CHECK-NEXT:   arith.cmpi slt, %[[N]]
// CHECK-NEXT:   arith.addi %[[N]]
// CHECK-NEXT:   %[[R:.*]] = arith.select
// CHECK-NEXT:   %[[D:.*]] = linalg.index 1 : index
// CHECK-NEXT:   tensor.extract %t[%[[R]], %[[D]]] : tensor<100x8xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] output_shape [%{{.*}}, 2, 4] : tensor<?x8xf32> into tensor<?x2x4xf32>
func.func @companions(%t: tensor<100x8xf32>, %i: tensor<?xi64>, %o: tensor<?x8xf32>, %v: f32) -> (tensor<?x8xf32>, tensor<?x2x4xf32>) {
  %c0 = arith.constant 0 : index
  %d = tensor.dim %o, %c0 : tensor<?x8xf32>
  %0 = structured.fill ins(%v : f32) outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = structured.gather axis 0 ins(%t, %i : tensor<100x8xf32>, tensor<?xi64>) outs(%o : tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = structured.reshape %1 [%d] : tensor<?x8xf32> to tensor<?x2x4xf32>
  func.return %0, %2 : tensor<?x8xf32>, tensor<?x2x4xf32>
}

// Weights are arguments that know their names.

// CHECK-LABEL: func.func @weights(%x: tensor<4xf32>, %w: tensor<4xf32> {dl.param = "fc.bias"}) -> (tensor<4xf32>, tensor<4xf32>) {
// CHECK-NEXT: func.return %w, %w
func.func @weights(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %w = dl.param "fc.bias" : tensor<4xf32>
  %w2 = dl.param "fc.bias" : tensor<4xf32>
  func.return %w, %w2 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @unsigned_weights(%w: tensor<4xi8> {dl.param = "codes", dlir.unsigned}) -> tensor<4xi8> {
func.func @unsigned_weights() -> tensor<4xi8> {
  %w = dl.param "codes" {dlir.unsigned} : tensor<4xi8>
  func.return %w : tensor<4xi8>
}
