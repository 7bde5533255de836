// RUN: dlir-opt %s --vector-expand-math | filecheck %s

// Half of 1 + erf(c x) is one function: c is in its polynomial, and the half in its power of two.
// CHECK-LABEL: @normal_distribution
// CHECK-NOT: math.copysign
// CHECK: %[[NEGATIVE:.*]] = arith.cmpf olt, %x, %{{.*}} : vector<16xf32>
// CHECK: %[[LACKS:.*]] = arith.subf %[[ONE:.*]], %[[TAIL:.*]] : vector<16xf32>
// CHECK: arith.select %[[NEGATIVE]], %[[TAIL]], %[[LACKS]] : vector<16xi1>, vector<16xf32>
// CHECK-NEXT: return
func.func @normal_distribution(%x: vector<16xf32>) -> vector<16xf32> {
  %half = arith.constant dense<0.5> : vector<16xf32>
  %one = arith.constant dense<1.0> : vector<16xf32>
  %root = arith.constant dense<0.707106769> : vector<16xf32>
  %a = arith.mulf %x, %root : vector<16xf32>
  %e = math.erf %a : vector<16xf32>
  %s = arith.addf %one, %e : vector<16xf32>
  %y = arith.mulf %half, %s : vector<16xf32>
  func.return %y : vector<16xf32>
}

// Another use of erf needs erf itself; so does another number than 1, and f64.
// CHECK-LABEL: @used_twice
// CHECK: math.copysign
func.func @used_twice(%x: f32) -> (f32, f32) {
  %one = arith.constant 1.0 : f32
  %e = math.erf %x : f32
  %s = arith.addf %e, %one : f32
  func.return %s, %e : f32, f32
}

// CHECK-LABEL: @plus_two
// CHECK: math.copysign
func.func @plus_two(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %e = math.erf %x : f32
  %s = arith.addf %e, %two : f32
  func.return %s : f32
}

// CHECK-LABEL: @wide
// CHECK: math.copysign
func.func @wide(%x: f64) -> f64 {
  %one = arith.constant 1.0 : f64
  %e = math.erf %x : f64
  %s = arith.addf %e, %one : f64
  func.return %s : f64
}

// No power of two: the factor stays.
// CHECK-LABEL: @third
// CHECK-NOT: math.copysign
// CHECK: arith.mulf %{{.*}}, %third : f32
func.func @third(%x: f32) -> f32 {
  %one = arith.constant 1.0 : f32
  %third = arith.constant 0.3 : f32
  %e = math.erf %x : f32
  %s = arith.addf %e, %one : f32
  %y = arith.mulf %s, %third : f32
  func.return %y : f32
}
