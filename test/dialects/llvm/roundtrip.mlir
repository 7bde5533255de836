// RUN: dlir-opt %s | dlir-opt | filecheck %s

// CHECK-LABEL: llvm.func @vectors
llvm.func @vectors(%a: vector<4xf32>, %b: vector<4xf32>, %p: !llvm.ptr) {
  %i = llvm.mlir.constant(1) : i64
  // CHECK: llvm.fcmp "olt" %a, %b : vector<4xf32>
  %m = llvm.fcmp "olt" %a, %b : vector<4xf32>
  // CHECK: llvm.select %m, %a, %b : vector<4xi1>, vector<4xf32>
  %s = llvm.select %m, %a, %b : vector<4xi1>, vector<4xf32>
  // CHECK: llvm.extractelement %s[%i : i64] : vector<4xf32>
  %e = llvm.extractelement %s[%i : i64] : vector<4xf32>
  // CHECK: llvm.freeze %e : f32
  %f = llvm.freeze %e : f32
  // CHECK: llvm.intr.masked.load %p, %m, %a {alignment = 4 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
  %l = llvm.intr.masked.load %p, %m, %a {alignment = 4 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xf32>) -> vector<4xf32>
  // CHECK: llvm.intr.masked.store %l, %p, %m {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.ptr
  llvm.intr.masked.store %l, %p, %m {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.ptr
  // CHECK: llvm.mlir.poison : vector<4xf32>
  %q = llvm.mlir.poison : vector<4xf32>
  // CHECK: llvm.intr.fmuladd(%a, %b, %q) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
  %u = llvm.intr.fmuladd(%a, %b, %q) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
  // CHECK: llvm.intr.roundeven(%u)
  %r = llvm.intr.roundeven(%u) : (vector<4xf32>) -> vector<4xf32>
  %whole = llvm.fptosi %r : vector<4xf32> to vector<4xi32>
  // CHECK: llvm.intr.ldexp(%r, %whole) : (vector<4xf32>, vector<4xi32>) -> vector<4xf32>
  %scaled = llvm.intr.ldexp(%r, %whole) : (vector<4xf32>, vector<4xi32>) -> vector<4xf32>
  // CHECK: llvm.intr.trunc(%u)
  %t = llvm.intr.trunc(%u) : (vector<4xf32>) -> vector<4xf32>
  // CHECK: llvm.intr.round(%u)
  %o = llvm.intr.round(%u) : (vector<4xf32>) -> vector<4xf32>
  // CHECK: llvm.intr.maximum(%r, %t)
  %x = llvm.intr.maximum(%r, %t) : (vector<4xf32>, vector<4xf32>) -> vector<4xf32>
  // CHECK: llvm.intr.minimum(%r, %t)
  %n = llvm.intr.minimum(%r, %t) : (vector<4xf32>, vector<4xf32>) -> vector<4xf32>
  llvm.return
}

// CHECK-LABEL: llvm.func @integers
llvm.func @integers(%v: i32, %g: f32, %d: !llvm.ptr, %k: i64) -> i32 {
  // CHECK: llvm.intr.smax(%v, %v) : (i32, i32) -> i32
  %0 = llvm.intr.smax(%v, %v) : (i32, i32) -> i32
  // CHECK: llvm.intr.smin
  %1 = llvm.intr.smin(%0, %v) : (i32, i32) -> i32
  // CHECK: llvm.intr.umax
  %2 = llvm.intr.umax(%1, %v) : (i32, i32) -> i32
  // CHECK: llvm.intr.umin
  %3 = llvm.intr.umin(%2, %v) : (i32, i32) -> i32
  // CHECK: "llvm.intr.abs"(%{{.*}}) <{is_int_min_poison = false}> : (i32) -> i32
  %4 = "llvm.intr.abs"(%3) <{is_int_min_poison = false}> : (i32) -> i32
  // CHECK: llvm.intr.ctpop(%{{.*}}) : (i32) -> i32
  %5 = llvm.intr.ctpop(%4) : (i32) -> i32
  // CHECK: llvm.uitofp %{{.*}} : i32 to f32
  %6 = llvm.uitofp %5 : i32 to f32
  // CHECK: llvm.fptosi %{{.*}} : f32 to i32
  %7 = llvm.fptosi %6 : f32 to i32
  // CHECK: llvm.fptoui %g : f32 to i32
  %8 = llvm.fptoui %g : f32 to i32
  // CHECK: "llvm.intr.memcpy"(%d, %d, %k) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  "llvm.intr.memcpy"(%d, %d, %k) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()
  // CHECK: "llvm.intr.prefetch"(%d) <{{.*}}rw = 0 : i32{{.*}} : (!llvm.ptr) -> ()
  "llvm.intr.prefetch"(%d) <{cache = 1 : i32, hint = 2 : i32, rw = 0 : i32}> : (!llvm.ptr) -> ()
  // CHECK: "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
  "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
  // CHECK: llvm.switch %v : i32, ^[[D:.*]](%{{.*}} : i32) [1: ^[[ONE:.*]], 2: ^[[D]](%{{.*}} : i32)]
  llvm.switch %v : i32, ^bb2(%7 : i32) [1: ^bb1, 2: ^bb2(%8 : i32)]
^bb1:
  llvm.br ^bb2(%v : i32)
^bb2(%w: i32):
  llvm.return %w : i32
}
