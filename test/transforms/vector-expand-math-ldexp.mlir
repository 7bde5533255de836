// RUN: dlir-opt %s --vector-expand-math='ldexp=true' | filecheck %s
// RUN: dlir-opt %s --vector-expand-math | filecheck %s --check-prefix=PLAIN

// Where one instruction multiplies by a power of two, exp ends in it; f64 has no use for it. What
// rounds to 0 is 0 before that: rounding to a subnormal number, or to 0, is slow.
// CHECK-LABEL: @exponential
// CHECK: %[[LEAST:.*]] = arith.constant dense<-1.505000e+02> : vector<2x8xf32>
// CHECK: %[[GONE:.*]] = arith.cmpf olt, %[[N:.*]], %[[LEAST]] : vector<2x8xf32>
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<2x8xf32>
// CHECK: %[[VALUE:.*]] = arith.select %[[GONE]], %[[ZERO]], %{{.*}} : vector<2x8xi1>, vector<2x8xf32>
// CHECK: %[[POWER:.*]] = arith.fptosi %[[N]] : vector<2x8xf32> to vector<2x8xi32>
// CHECK: llvm.intr.ldexp(%[[VALUE]], %[[POWER]]) : (vector<2x8xf32>, vector<2x8xi32>) -> vector<2x8xf32>
// PLAIN-LABEL: @exponential
// PLAIN-NOT: llvm.intr.ldexp
// PLAIN: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<2x8xi1>, vector<2x8xf32>
// PLAIN: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<2x8xi1>, vector<2x8xi32>
func.func @exponential(%x: vector<2x8xf32>) -> vector<2x8xf32> {
  %y = math.exp %x : vector<2x8xf32>
  func.return %y : vector<2x8xf32>
}

// CHECK-LABEL: @wide
// CHECK-NOT: llvm.intr.ldexp
// PLAIN-LABEL: @wide
func.func @wide(%x: vector<2x8xf64>) -> vector<2x8xf64> {
  %y = math.exp %x : vector<2x8xf64>
  func.return %y : vector<2x8xf64>
}
