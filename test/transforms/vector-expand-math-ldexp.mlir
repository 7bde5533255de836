// RUN: dlir-opt %s --vector-expand-math='ldexp=true' | filecheck %s
// RUN: dlir-opt %s --vector-expand-math | filecheck %s --check-prefix=PLAIN

// Where one instruction multiplies by a power of two, exp ends in it; f64 has no use for it.
// CHECK-LABEL: @exponential
// CHECK: %[[POWER:.*]] = arith.fptosi %{{.*}} : vector<2x8xf32> to vector<2x8xi32>
// CHECK: llvm.intr.ldexp(%{{.*}}, %[[POWER]]) : (vector<2x8xf32>, vector<2x8xi32>) -> vector<2x8xf32>
// PLAIN-LABEL: @exponential
// PLAIN-NOT: llvm.intr.ldexp
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
