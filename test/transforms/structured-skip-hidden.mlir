// RUN: dlir-opt %s --structured-skip-hidden=least-keys=0 --cse | filecheck %s

// Two panels of 16 keys: from the last one to the first, until one of the rows sees something, then
// further until each of them does. Then all ops stop behind that panel.
// CHECK-LABEL: @attention
// Magnitudes of keys, values and queries: may products show what is hidden, is 0 times a value 0?
// CHECK: math.absf
// CHECK: ins(%v :
// CHECK: [[SMALL:%.*]] = arith.cmpf ole
// CHECK: [[FINITE:%.*]] = arith.cmpf olt
// CHECK: [[SAFE:%.*]] = arith.andi [[SMALL]], [[FINITE]]
// CHECK: [[LAST:%.*]] = scf.while ([[N:%.*]] = %c2) : (index) -> index
// CHECK: memref.subview %m[0, {{.*}}] [4, 16] [1, 1]
// CHECK: iterators = [reduction, reduction]
// CHECK: arith.cmpf ugt
// CHECK: [[BOUND:%.*]] = arith.addi [[LAST]], %c1
// CHECK: scf.while ([[N:%.*]] = [[BOUND]])
// CHECK: memref.subview %m[0, {{.*}}] [4, 16] [1, 1]
// CHECK: iterators = [parallel, reduction]
// CHECK: arith.cmpf oge
// CHECK: [[KNOWN:%.*]] = arith.andi [[SAFE]],
// CHECK: [[PANELS:%.*]] = arith.select [[KNOWN]], [[BOUND]], %c2
// CHECK: [[KEYS:%.*]] = arith.minsi
// CHECK: [[K:%.*]] = memref.subview %k[0, 0, 0] {{\[}}[[PANELS]], 8, 16] [1, 1, 1]
// CHECK: memref.subview %m[0, 0] [4, {{%.*}}] [1, 1]
// CHECK: structured.generic {{.*}} ins(%q, [[K]] : {{.*}}memref<?x8x16xf32
// CHECK: [[W:%.*]] = memref.subview %s[0, 0] [4, [[KEYS]]] [1, 1]
// CHECK: structured.generic {{.*}} ins([[W]] : {{.*}}) outs(%g :
// CHECK: structured.generic {{.*}} ins([[W]], %g : {{.*}}) outs([[W]] :
// CHECK: structured.generic {{.*}} ins([[W]] : {{.*}}) outs(%g :
// CHECK: structured.generic {{.*}} ins([[W]], %g : {{.*}}) outs([[W]] :
// CHECK: [[V:%.*]] = memref.subview %v[0, 0] {{\[}}[[KEYS]], 16] [1, 1]
// CHECK: structured.generic {{.*}} ins([[W]], [[V]] :
func.func @attention(%q: memref<4x8xf32>, %k: memref<2x8x16xf32>, %v: memref<32x16xf32>, %m: memref<4x32xf32>, %y: memref<4x16xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<4x32xf32>
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16], pack = [1]>}
      ins(%q, %k : memref<4x8xf32>, memref<2x8x16xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<4x32xf32>) maps [(d0, d1, d2) -> (d0, 16 * d1 + d2)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    structured.yield %t : f32
  }
  %g = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = arith.divf %a, %b : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%s, %v : memref<4x32xf32>, memref<32x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  }
  func.return
}

// A mask of booleans chooses another score, for all rows alike: there is one count for all of them.
// CHECK-LABEL: @padding
// CHECK: scf.while
// CHECK: arith.select
// CHECK: scf.while
// CHECK-NOT: minimumf
// CHECK: memref.subview %v
func.func @padding(%q: memref<4x8xf32>, %k: memref<2x8x16xf32>, %v: memref<32x16xf32>, %m: memref<32xi1>, %y: memref<4x16xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<4x32xf32>
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16], pack = [1]>}
      ins(%q, %k : memref<4x8xf32>, memref<2x8x16xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<32xi1>) maps [(d0, d1, d2) -> (16 * d1 + d2)] {
  ^bb0(%a: f32, %b: i1):
    %c = arith.constant 0xff800000 : f32
    %t = arith.select %b, %a, %c : f32
    structured.yield %t : f32
  }
  %g = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = arith.divf %a, %b : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%s, %v : memref<4x32xf32>, memref<32x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  }
  func.return
}

// What is added to each row as a whole hides no key.
// CHECK-LABEL: @no_mask
// CHECK-NOT: scf.while
// CHECK-LABEL: @factor
func.func @no_mask(%q: memref<4x8xf32>, %k: memref<2x8x16xf32>, %v: memref<32x16xf32>, %m: memref<4xf32>, %y: memref<4x16xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<4x32xf32>
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16], pack = [1]>}
      ins(%q, %k : memref<4x8xf32>, memref<2x8x16xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<4xf32>) maps [(d0, d1, d2) -> (d0)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    structured.yield %t : f32
  }
  %g = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = arith.divf %a, %b : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%s, %v : memref<4x32xf32>, memref<32x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  }
  func.return
}

// A factor that is 0 or infinite hides no score for sure.
// CHECK-NOT: scf.while
// CHECK-LABEL: @sigmoid
func.func @factor(%q: memref<4x8xf32>, %k: memref<2x8x16xf32>, %v: memref<32x16xf32>, %m: memref<4x32xf32>, %y: memref<4x16xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<4x32xf32>
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16], pack = [1]>}
      ins(%q, %k : memref<4x8xf32>, memref<2x8x16xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<4x32xf32>) maps [(d0, d1, d2) -> (d0, 16 * d1 + d2)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.mulf %a, %b : f32
    structured.yield %t : f32
  }
  %g = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.subf %a, %b : f32
    %e = math.exp %d : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = arith.divf %a, %b : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%s, %v : memref<4x32xf32>, memref<32x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  }
  func.return
}

// What is no exponential of a hidden score may be anything.
// CHECK-NOT: scf.while
func.func @sigmoid(%q: memref<4x8xf32>, %k: memref<2x8x16xf32>, %v: memref<32x16xf32>, %m: memref<4x32xf32>, %y: memref<4x16xf32>) {
  %s = memref.alloca() {alignment = 64 : i64} : memref<4x32xf32>
  structured.generic {maps = [(d0, d1, d2, d3) -> (d0, d2), (d0, d1, d2, d3) -> (d1, d2, d3), (d0, d1, d2, d3) -> (d0, 16 * d1 + d3)],
                      iterators = [parallel, parallel, reduction, parallel], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16], pack = [1]>}
      ins(%q, %k : memref<4x8xf32>, memref<2x8x16xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  } epilogue ins(%m : memref<4x32xf32>) maps [(d0, d1, d2) -> (d0, 16 * d1 + d2)] {
  ^bb0(%a: f32, %b: f32):
    %t = arith.addf %a, %b : f32
    structured.yield %t : f32
  }
  %g = memref.alloca() {alignment = 64 : i64} : memref<4xf32>
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.maximumf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %d = arith.subf %a, %b : f32
    %e = math.tanh %d : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                      iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%s : memref<4x32xf32>) outs(%g : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %t = arith.addf %acc, %a : f32
    structured.yield %t : f32
  }
  structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                      iterators = [parallel, parallel]}
      ins(%s, %g : memref<4x32xf32>, memref<4xf32>) outs(%s : memref<4x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = arith.divf %a, %b : f32
    structured.yield %e : f32
  }
  structured.generic {maps = [(d0, d1, d2) -> (d0, d2), (d0, d1, d2) -> (d2, d1), (d0, d1, d2) -> (d0, d1)],
                      iterators = [parallel, parallel, reduction], init = 0.0 : f32,
                      schedule = #structured.schedule<kernel = contraction, vector = [4, 16]>}
      ins(%s, %v : memref<4x32xf32>, memref<32x16xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %acc, %p : f32
    structured.yield %t : f32
  }
  func.return
}
