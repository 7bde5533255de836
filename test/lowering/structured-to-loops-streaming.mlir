// RUN: dlir-opt %s -p convert-structured-to-loops,cse | filecheck %s

// Whole vectors pass the caches if the result begins at a line; the rest and other results do not.
// CHECK-LABEL: @map
// CHECK: [[P:%.*]] = "memref.extract_aligned_pointer_as_index"(%y)
// CHECK: [[R:%.*]] = arith.remui [[P]], %c64 : index
// CHECK: [[C:%.*]] = arith.cmpi eq, [[R]], %c0 : index
// CHECK: scf.if [[C]] {
// CHECK: vector.store {{.*}} {alignment = 64 : i64, nontemporal = true} : memref<1000xf32>, vector<64xf32>
// CHECK: vector.maskedstore %y
// CHECK: } else {
// CHECK-NOT: nontemporal
// CHECK: vector.store
// CHECK-NOT: nontemporal
func.func @map(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%x : memref<1000xf32>) outs(%y : memref<1000xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// CHECK-LABEL: @transpose
// CHECK: scf.if
// CHECK: vector.store {{.*}} {alignment = 64 : i64, nontemporal = true} : memref<64x32xf32>, vector<16xf32>
// CHECK: } else {
// CHECK-NOT: nontemporal
func.func @transpose(%x: memref<32x64xf32>, %y: memref<64x32xf32>) {
  structured.generic {maps = [(j, i) -> (i, j), (j, i) -> (j, i)], iterators = [parallel, parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%x : memref<32x64xf32>) outs(%y : memref<64x32xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// Rows that do not begin at lines, a part of a row, a view, and lines of another element type.
// CHECK-LABEL: @others
// CHECK-NOT: scf.if
// CHECK-NOT: nontemporal
// CHECK: func.return
func.func @others(%x: memref<8x24xf32>, %y: memref<8x24xf32>, %p: memref<63xf32>, %q: memref<64xf32>,
                  %v: memref<63xf32, strided<[1], offset: ?>>) {
  structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%x : memref<8x24xf32>) outs(%y : memref<8x24xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i + 1)], iterators = [parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%p : memref<63xf32>) outs(%q : memref<64xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                      schedule = #structured.schedule<stores = streaming>}
      ins(%p : memref<63xf32>) outs(%v : memref<63xf32, strided<[1], offset: ?>>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}
