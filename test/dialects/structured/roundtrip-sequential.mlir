// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// CHECK-LABEL: @scan
// CHECK: structured.scan {axis = 1 : i64, init = 1.000000e+00 : f32, exclusive, reverse} ins(%x : tensor<?x8xbf16>) outs(%o : tensor<?x8xf32>) {
// CHECK-NEXT: ^bb0(%a: bf16, %acc: f32):
// CHECK: } -> tensor<?x8xf32>
func.func @scan(%x: tensor<?x8xbf16>, %o: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = structured.scan {axis = 1, init = 1.0 : f32, exclusive, reverse}
      ins(%x : tensor<?x8xbf16>) outs(%o : tensor<?x8xf32>) {
  ^bb0(%a: bf16, %acc: f32):
    %w = arith.extf %a : bf16 to f32
    %s = arith.mulf %acc, %w : f32
    structured.yield %s : f32
  } -> tensor<?x8xf32>
  func.return %r : tensor<?x8xf32>
}

// CHECK-LABEL: @sort
// CHECK: structured.sort {axis = 0 : i64, more = "kept"} ins(%x, %y : memref<?xf32>, memref<?xi8>) outs(%o : memref<3xi64>) {
// CHECK-NEXT: ^bb0(%a: f32, %b: i8, %c: f32, %d: i8):
func.func @sort(%x: memref<?xf32>, %y: memref<?xi8>, %o: memref<3xi64>) {
  structured.sort {axis = 0, more = "kept"}
      ins(%x, %y : memref<?xf32>, memref<?xi8>) outs(%o : memref<3xi64>) {
  ^bb0(%a: f32, %b: i8, %c: f32, %d: i8):
    %less = arith.cmpi slt, %b, %d : i8
    structured.yield %less : i1
  }
  func.return
}

// CHECK-LABEL: @scatter
// CHECK: structured.scatter ins(%i, %u : tensor<?xi32>, tensor<?x8xf32>) outs(%o : tensor<100x8xf32>) {
// CHECK: } -> tensor<100x8xf32>
func.func @scatter(%i: tensor<?xi32>, %u: tensor<?x8xf32>, %o: tensor<100x8xf32>)
    -> tensor<100x8xf32> {
  %r = structured.scatter ins(%i, %u : tensor<?xi32>, tensor<?x8xf32>)
                          outs(%o : tensor<100x8xf32>) {
  ^bb0(%old: f32, %new: f32):
    structured.yield %new : f32
  } -> tensor<100x8xf32>
  func.return %r : tensor<100x8xf32>
}

// CHECK-LABEL: @sparse_matmul
// CHECK: structured.sparse_matmul ins(%v, %c, %r, %x : tensor<3x2x4xf32>, tensor<3xi32>, tensor<3xi32>, tensor<6x?xf32>) outs(%o : tensor<5x?xf32>) -> tensor<5x?xf32>
func.func @sparse_matmul(%v: tensor<3x2x4xf32>, %c: tensor<3xi32>, %r: tensor<3xi32>,
                         %x: tensor<6x?xf32>, %o: tensor<5x?xf32>) -> tensor<5x?xf32> {
  %y = structured.sparse_matmul
      ins(%v, %c, %r, %x : tensor<3x2x4xf32>, tensor<3xi32>, tensor<3xi32>, tensor<6x?xf32>)
      outs(%o : tensor<5x?xf32>) -> tensor<5x?xf32>
  func.return %y : tensor<5x?xf32>
}

// CHECK-LABEL: @sparse_matmul_in_memory
// CHECK: structured.sparse_matmul {schedule = #structured.schedule<vector = [1, 64], threads = [0]>} ins(%v, %c, %r, %x : memref<3xf64>, memref<3xi32>, memref<6xi32>, memref<6x8xf64>) outs(%o : memref<5x8xf64>)
func.func @sparse_matmul_in_memory(%v: memref<3xf64>, %c: memref<3xi32>, %r: memref<6xi32>,
                                   %x: memref<6x8xf64>, %o: memref<5x8xf64>) {
  structured.sparse_matmul {schedule = #structured.schedule<vector = [1, 64], threads = [0]>}
      ins(%v, %c, %r, %x : memref<3xf64>, memref<3xi32>, memref<6xi32>, memref<6x8xf64>)
      outs(%o : memref<5x8xf64>)
  func.return
}
