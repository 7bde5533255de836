// RUN: dlir-opt %s

// RUN-VALUE[ref]: @functions(0.5) ~= 1.6487213, 0.5204999, 0.46211716, 1.4142135 within 1e-7
// RUN-VALUE[ref]: @functions(0.0) == 1.0, 0.0, 0.0, inf
func.func @functions(%x: f32) -> (f32, f32, f32, f32) {
  %0 = math.exp %x : f32
  %1 = math.erf %x : f32
  %2 = math.tanh %x : f32
  %3 = math.rsqrt %x : f32
  func.return %0, %1, %2, %3 : f32, f32, f32, f32
}

// Halves: to even, and away from zero.
// RUN-VALUE[ref]: @rounding(2.5) == 2.0, 3.0, 2.0, 3.0, 2.0
// RUN-VALUE[ref]: @rounding(-2.5) == -2.0, -3.0, -3.0, -2.0, -2.0
// RUN-VALUE[ref]: @rounding(0.49999997) == 0.0, 0.0, 0.0, 1.0, 0.0
func.func @rounding(%x: f32) -> (f32, f32, f32, f32, f32) {
  %0 = math.roundeven %x : f32
  %1 = math.round %x : f32
  %2 = math.floor %x : f32
  %3 = math.ceil %x : f32
  %4 = math.trunc %x : f32
  func.return %0, %1, %2, %3, %4 : f32, f32, f32, f32, f32
}

// One rounding: (1 + 2^-23) * (1 - 2^-23) - 1 is -2^-46, and not 0.
// RUN-VALUE[ref]: @fma(1.00000011920928955078125, 0.99999988079071044921875, -1.0) == -1.4210854715202004e-14
// One rounding again: in float64 the sum is a tie that the exact value is not.
// RUN-VALUE[ref]: @fma(4097.0, 4097.0, 1e-12) == 16785410.0
// RUN-VALUE[ref]: @fma(inf, 0.0, 1.0) == nan
func.func @fma(%a: f32, %b: f32, %c: f32) -> f32 {
  %r = math.fma %a, %b, %c : f32
  func.return %r : f32
}

// RUN-VALUE[ref]: @fma64(1.0000000000000002, 0.9999999999999998, -1.0) == -4.930380657631324e-32
func.func @fma64(%a: f64, %b: f64, %c: f64) -> f64 {
  %r = math.fma %a, %b, %c : f64
  func.return %r : f64
}

// RUN-VALUE[ref]: @count(8) == 4, 3, 1
// RUN-VALUE[ref]: @count(0) == 8, 8, 0
// RUN-VALUE[ref]: @count(-1) == 0, 0, 8
func.func @count(%x: i8) -> (i8, i8, i8) {
  %0 = math.ctlz %x : i8
  %1 = math.cttz %x : i8
  %2 = math.ctpop %x : i8
  func.return %0, %1, %2 : i8, i8, i8
}

// RUN-VALUE[ref]: @ipowi(3, 5) == -13
// RUN-VALUE[ref]: @ipowi(2, -1) == 0
// RUN-VALUE[ref]: @ipowi(-1, -3) == -1
// RUN-VALUE[ref]: @ipowi(0, -1) raises "0 to a negative power"
func.func @ipowi(%a: i8, %b: i8) -> i8 {
  %r = math.ipowi %a, %b : i8
  func.return %r : i8
}
