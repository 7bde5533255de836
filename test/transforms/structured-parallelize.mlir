// RUN: dlir-opt %s --pass-pipeline='builtin.module(structured-parallelize{threads=2})' | filecheck %s
// RUN: dlir-opt %s --structured-parallelize | filecheck %s --check-prefix=ONE
// ONE-COUNT-4: threads = [
// ONE-NOT: threads

// The one iterator of a long map.
// CHECK-LABEL: @long
// CHECK: threads = [0]
func.func @long(%x: memref<1000000xf32>, %y: memref<1000000xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
      ins(%x : memref<1000000xf32>) outs(%y : memref<1000000xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// Less work than a region of threads costs.
// CHECK-LABEL: @short
// CHECK-NOT: threads
func.func @short(%x: memref<1000xf32>, %y: memref<1000xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
      ins(%x : memref<1000xf32>) outs(%y : memref<1000xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// A copy computes nothing, but takes as long as its bytes need: 0.8 MB are 13 microseconds.
// CHECK-LABEL: @copied
// CHECK: threads = [0]
func.func @copied(%x: memref<100000xf32>, %y: memref<100000xf32>) {
  structured.generic {maps = [(d0) -> (d0), (d0) -> (d0)], iterators = [parallel]}
      ins(%x : memref<100000xf32>) outs(%y : memref<100000xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  }
  func.return
}

// Three rows would leave one thread waiting for the other; the strips of 4096 columns do not.
// CHECK-LABEL: @even
// CHECK: threads = [1]
func.func @even(%x: memref<3x262144xf32>, %y: memref<3x262144xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%x : memref<3x262144xf32>) outs(%y : memref<3x262144xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// Under a mask later rows see more keys and take longer: 12 heads are the same work each, though
// dividing the rows would divide the larger mask.
// CHECK-LABEL: @masked
// CHECK: threads = [0]
func.func @masked(%q: memref<12x2048x64xf32>, %k: memref<12x64x2048xf32>, %m: memref<2048x2048xf32>,
                  %s: memref<12x2048x2048xf32>) {
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3), (d0, d1, d2, d3) -> (d0, d3, d2),
                              (d0, d1, d2, d3) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 64],
                                                       rows = [0, 0, 1]>}
      ins(%q, %k : memref<12x2048x64xf32>, memref<12x64x2048xf32>)
      outs(%s : memref<12x2048x2048xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<2048x2048xf32>) maps [(d0, d1, d2) -> (d1, d2)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    structured.yield %t : f32
  }
  func.return
}

// What is added is a bias of each key: all rows are the same work, and there are more of them.
// CHECK-LABEL: @bias
// CHECK: threads = [1]
func.func @bias(%q: memref<3x2048x64xf32>, %k: memref<3x64x2048xf32>, %m: memref<2048xf32>,
                %s: memref<3x2048x2048xf32>) {
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d1, d3), (d0, d1, d2, d3) -> (d0, d3, d2),
                              (d0, d1, d2, d3) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 64],
                                                       rows = [0, 0, 1]>}
      ins(%q, %k : memref<3x2048x64xf32>, memref<3x64x2048xf32>)
      outs(%s : memref<3x2048x2048xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<2048xf32>) maps [(d0, d1, d2) -> (d2)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    structured.yield %t : f32
  }
  func.return
}

// What reads a buffer is divided as what wrote it, whatever shape it is seen as: by columns, which
// are 64 x 64 here, or by rows.
// CHECK-LABEL: @alike_by_columns
// CHECK: threads = [1]
// CHECK: threads = [1]
func.func @alike_by_columns(%x: memref<256x4096xf32>, %t: memref<256x4096xf32>, %y: memref<256x64x64xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<threads = [1]>}
      ins(%x : memref<256x4096xf32>) outs(%t : memref<256x4096xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  %r = structured.reshape %t : memref<256x4096xf32> to memref<256x64x64xf32>
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel]}
      ins(%r : memref<256x64x64xf32>) outs(%y : memref<256x64x64xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// CHECK-LABEL: @alike_by_rows
// CHECK: threads = [0]
// CHECK: threads = [0]
func.func @alike_by_rows(%x: memref<256x4096xf32>, %t: memref<256x4096xf32>, %y: memref<256x64x64xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<threads = [0]>}
      ins(%x : memref<256x4096xf32>) outs(%t : memref<256x4096xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  %r = structured.reshape %t : memref<256x4096xf32> to memref<256x64x64xf32>
  structured.generic {maps = [(d0, d1, d2) -> (d0, d1, d2), (d0, d1, d2) -> (d0, d1, d2)],
                      iterators = [parallel, parallel, parallel]}
      ins(%r : memref<256x64x64xf32>) outs(%y : memref<256x64x64xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// A layer reads its few rows, which columns divide, on all cores, and each its own weights only.
// CHECK-LABEL: @layer
// CHECK: threads = [1]
// CHECK: threads = [1]
func.func @layer(%x: memref<64x512xf32>, %t: memref<64x512xf32>, %w: memref<512x4096xf32>,
                 %y: memref<64x4096xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<threads = [1]>}
      ins(%x : memref<64x512xf32>) outs(%t : memref<64x512xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1),
                              (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [6, 64]>}
      ins(%t, %w : memref<64x512xf32>, memref<512x4096xf32>) outs(%y : memref<64x4096xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  }
  func.return
}

// A person's choice stays.
// CHECK-LABEL: @chosen
// CHECK: threads = [0]
func.func @chosen(%x: memref<3x262144xf32>, %y: memref<3x262144xf32>) {
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel],
                      schedule = #structured.schedule<threads = [0]>}
      ins(%x : memref<3x262144xf32>) outs(%y : memref<3x262144xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// Rows beside the axis are shared: those of which there are more.
// CHECK-LABEL: @rows
// CHECK: structured.sort {axis = 1 : i64, schedule = #structured.schedule<threads = [2]>}
// CHECK: structured.scan {axis = 2 : i64, init = 0.000000e+00 : f32, schedule = #structured.schedule<threads = [1]>}
func.func @rows(%x: memref<3x100x1000xf32>, %i: memref<3x5x1000xi64>, %y: memref<3x100x1000xf32>) {
  structured.sort {axis = 1} ins(%x : memref<3x100x1000xf32>) outs(%i : memref<3x5x1000xi64>) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    structured.yield %less : i1
  }
  structured.scan {axis = 2, init = 0.0 : f32}
      ins(%x : memref<3x100x1000xf32>) outs(%y : memref<3x100x1000xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %acc, %a : f32
    structured.yield %s : f32
  }
  func.return
}

// One row is for one thread, and so is little work.
// CHECK-LABEL: @one_row
// CHECK-NOT: threads
func.func @one_row(%x: memref<100000xf32>, %i: memref<5xi64>, %y: memref<2x8xf32>, %j: memref<2x8xi64>) {
  structured.sort {axis = 0} ins(%x : memref<100000xf32>) outs(%i : memref<5xi64>) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    structured.yield %less : i1
  }
  structured.sort {axis = 1} ins(%y : memref<2x8xf32>) outs(%j : memref<2x8xi64>) {
  ^bb0(%a: f32, %b: f32):
    %less = arith.cmpf olt, %a, %b : f32
    structured.yield %less : i1
  }
  func.return
}
