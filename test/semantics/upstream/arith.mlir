// RUN: dlir-opt %s

// Integers wrap at their width.
// RUN-VALUE[ref]: @addi(2147483647, 1) == -2147483648
// RUN-VALUE[ref]: @addi8(127, 1) == -128
// RUN-VALUE[ref]: @addi1(true, true) == false
// RUN-VALUE[ref]: @muli(65536, 65536) == 0
// RUN-VALUE[ref]: @nsw(2147483647, 1) raises "overflow<nsw>"
// RUN-VALUE[ref]: @nsw(2147483646, 1) == 2147483647
func.func @addi(%a: i32, %b: i32) -> i32 {
  %r = arith.addi %a, %b : i32
  func.return %r : i32
}
func.func @addi8(%a: i8, %b: i8) -> i8 {
  %r = arith.addi %a, %b : i8
  func.return %r : i8
}
func.func @addi1(%a: i1, %b: i1) -> i1 {
  %r = arith.addi %a, %b : i1
  func.return %r : i1
}
func.func @muli(%a: i32, %b: i32) -> i32 {
  %r = arith.muli %a, %b : i32
  func.return %r : i32
}
func.func @nsw(%a: i32, %b: i32) -> i32 {
  %r = arith.addi %a, %b overflow<nsw> : i32
  func.return %r : i32
}

// Four ways to divide, and their remainders.
// RUN-VALUE[ref]: @divisions(-7, 2) == -3, -4, -3, -1
// RUN-VALUE[ref]: @divisions(7, -2) == -3, -4, -3, 1
// RUN-VALUE[ref]: @divisions(-7, -2) == 3, 3, 4, -1
// RUN-VALUE[ref]: @divisions(6, 2) == 3, 3, 3, 0
// RUN-VALUE[ref]: @divisions(1, 0) raises "division by zero"
// RUN-VALUE[ref]: @divisions(-2147483648, -1) raises "overflows"
func.func @divisions(%a: i32, %b: i32) -> (i32, i32, i32, i32) {
  %d = arith.divsi %a, %b : i32
  %f = arith.floordivsi %a, %b : i32
  %c = arith.ceildivsi %a, %b : i32
  %m = arith.remsi %a, %b : i32
  func.return %d, %f, %c, %m : i32, i32, i32, i32
}
// RUN-VALUE[ref]: @unsigned(-1, 16) == 15, 16, 15
// RUN-VALUE[ref]: @unsigned(3, 0) raises "division by zero"
func.func @unsigned(%a: i8, %b: i8) -> (i8, i8, i8) {
  %d = arith.divui %a, %b : i8
  %c = arith.ceildivui %a, %b : i8
  %m = arith.remui %a, %b : i8
  func.return %d, %c, %m : i8, i8, i8
}

// Shifts by the width or more are refused, whatever the sign.
// RUN-VALUE[ref]: @shifts(-128, 3) == 0, 16, -16
// RUN-VALUE[ref]: @shifts(1, 8) raises "shift amount must be less than 8"
// RUN-VALUE[ref]: @shifts(1, -1) raises "shift amount"
func.func @shifts(%a: i8, %b: i8) -> (i8, i8, i8) {
  %l = arith.shli %a, %b : i8
  %u = arith.shrui %a, %b : i8
  %s = arith.shrsi %a, %b : i8
  func.return %l, %u, %s : i8, i8, i8
}

// The same bits compared as signed and as unsigned.
// RUN-VALUE[ref]: @cmpi(-1, 1) == true, false, -1, 1, 1, -1
func.func @cmpi(%a: i32, %b: i32) -> (i1, i1, i32, i32, i32, i32) {
  %s = arith.cmpi slt, %a, %b : i32
  %u = arith.cmpi ult, %a, %b : i32
  %mins = arith.minsi %a, %b : i32
  %minu = arith.minui %a, %b : i32
  %maxs = arith.maxsi %a, %b : i32
  %maxu = arith.maxui %a, %b : i32
  func.return %s, %u, %mins, %minu, %maxs, %maxu : i1, i1, i32, i32, i32, i32
}

// Floats round once and keep NaN, infinities and the sign of zero.
// RUN-VALUE[ref]: @addf(16777216.0, 1.0) == 16777216.0
// RUN-VALUE[ref]: @addf(inf, -inf) == nan
// RUN-VALUE[ref]: @addbf16(256.0, 1.0) == 256.0
// RUN-VALUE[ref]: @remf(-7.5, 2.0) == -1.5
// RUN-VALUE[ref]: @remf(7.5, -2.0) == 1.5
// RUN-VALUE[ref]: @remf(1.0, inf) == 1.0
// RUN-VALUE[ref]: @remf(1.0, 0.0) == nan
func.func @remf(%a: f32, %b: f32) -> f32 {
  %r = arith.remf %a, %b : f32
  func.return %r : f32
}

// RUN-VALUE[ref]: @divf(1.0, 0.0) == inf
// RUN-VALUE[ref]: @divf(0.0, 0.0) == nan
func.func @addf(%a: f32, %b: f32) -> f32 {
  %r = arith.addf %a, %b : f32
  func.return %r : f32
}
func.func @addbf16(%a: bf16, %b: bf16) -> bf16 {
  %r = arith.addf %a, %b : bf16
  func.return %r : bf16
}
func.func @divf(%a: f32, %b: f32) -> f32 {
  %r = arith.divf %a, %b : f32
  func.return %r : f32
}

// maximumf propagates NaN, maxnumf ignores it; the larger zero is the positive one.
// RUN-VALUE[ref]: @extremes(nan, 1.0) == nan, 1.0, nan, 1.0
// RUN-VALUE[ref]: @extremes(1.0, 2.0) == 2.0, 2.0, 1.0, 1.0
// RUN-VALUE[ref]: @zeros(-0.0, 0.0) == inf, -inf
// RUN-VALUE[ref]: @zeros(0.0, -0.0) == inf, -inf
func.func @extremes(%a: f32, %b: f32) -> (f32, f32, f32, f32) {
  %0 = arith.maximumf %a, %b : f32
  %1 = arith.maxnumf %a, %b : f32
  %2 = arith.minimumf %a, %b : f32
  %3 = arith.minnumf %a, %b : f32
  func.return %0, %1, %2, %3 : f32, f32, f32, f32
}
func.func @zeros(%a: f32, %b: f32) -> (f32, f32) {
  %one = arith.constant 1.0 : f32
  %max = arith.maximumf %a, %b : f32
  %min = arith.minimumf %a, %b : f32
  %p = arith.divf %one, %max : f32
  %n = arith.divf %one, %min : f32
  func.return %p, %n : f32, f32
}

// RUN-VALUE[ref]: @cmpf(nan, 1.0) == false, true, false, true, true, false
// RUN-VALUE[ref]: @cmpf(1.0, 1.0) == true, true, false, false, false, true
func.func @cmpf(%a: f32, %b: f32) -> (i1, i1, i1, i1, i1, i1) {
  %0 = arith.cmpf oeq, %a, %b : f32
  %1 = arith.cmpf ueq, %a, %b : f32
  %2 = arith.cmpf one, %a, %b : f32
  %3 = arith.cmpf une, %a, %b : f32
  %4 = arith.cmpf uno, %a, %b : f32
  %5 = arith.cmpf ord, %a, %b : f32
  func.return %0, %1, %2, %3, %4, %5 : i1, i1, i1, i1, i1, i1
}

// RUN-VALUE[ref]: @casts(-1) == -1, 255, -1.0, 255.0
// RUN-VALUE[ref]: @bool(true) == -1, 1
// RUN-VALUE[ref]: @truncate(-7.9) == -7
// RUN-VALUE[ref]: @truncate(nan) raises "does not fit"
// RUN-VALUE[ref]: @truncate(2147483648.0) raises "does not fit"
// RUN-VALUE[ref]: @truncate(-2147483648.0) == -2147483648
// RUN-VALUE[ref]: @narrow(258) == 2, false
// RUN-VALUE[ref]: @bits(1.0) == 1065353216
func.func @casts(%a: i8) -> (i32, i32, f32, f32) {
  %s = arith.extsi %a : i8 to i32
  %u = arith.extui %a : i8 to i32
  %fs = arith.sitofp %a : i8 to f32
  %fu = arith.uitofp %a : i8 to f32
  func.return %s, %u, %fs, %fu : i32, i32, f32, f32
}
func.func @bool(%a: i1) -> (i8, i8) {
  %s = arith.extsi %a : i1 to i8
  %u = arith.extui %a : i1 to i8
  func.return %s, %u : i8, i8
}
func.func @truncate(%a: f32) -> i32 {
  %r = arith.fptosi %a : f32 to i32
  func.return %r : i32
}
func.func @narrow(%a: i32) -> (i8, i1) {
  %r = arith.trunci %a : i32 to i8
  %b = arith.trunci %a : i32 to i1
  func.return %r, %b : i8, i1
}
func.func @bits(%a: f32) -> i32 {
  %r = arith.bitcast %a : f32 to i32
  func.return %r : i32
}

// Through f32, 1 + 2^-8 + 2^-40 would round to a tie first, and then down to 1.
// RUN-VALUE[ref]: @once(1.0039062500009095) == 1.0078125
func.func @once(%a: f64) -> bf16 {
  %r = arith.truncf %a : f64 to bf16
  func.return %r : bf16
}

// RUN-VALUE[ref]: @extended(-1, -1) == -2, true, 1, -2
func.func @extended(%a: i8, %b: i8) -> (i8, i1, i8, i8) {
  %sum, %carry = arith.addui_extended %a, %b : i8, i1
  %low, %high = arith.mului_extended %a, %b : i8
  func.return %sum, %carry, %low, %high : i8, i1, i8, i8
}

// Vectors and tensors work element by element.
// RUN-VALUE[ref]: @tensors([1.0, 2.0], [3.0, 4.0]) == [4.0, 6.0]
func.func @tensors(%a: tensor<2xf32>, %b: tensor<2xf32>) -> tensor<2xf32> {
  %r = arith.addf %a, %b : tensor<2xf32>
  func.return %r : tensor<2xf32>
}
// RUN-VALUE[ref]: @select(false, [1, 2], [3, 4]) == [3, 4]
func.func @select(%c: i1, %a: tensor<2xi32>, %b: tensor<2xi32>) -> tensor<2xi32> {
  %r = arith.select %c, %a, %b : tensor<2xi32>
  func.return %r : tensor<2xi32>
}
