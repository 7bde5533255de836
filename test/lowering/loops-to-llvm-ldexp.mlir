// RUN: dlir-opt %s --convert-loops-to-llvm='vector-bits=512' | filecheck %s
// RUN: dlir-opt %s --convert-loops-to-llvm='vector-bits=256' | filecheck %s --check-prefix=NARROW

// AVX-512's instruction takes the power as the float that it is, sixteen lanes at a time.
// CHECK-LABEL: @float_power
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// CHECK-NOT: ldexp
// NARROW-LABEL: @float_power
// NARROW: llvm.fptosi
// NARROW: llvm.intr.ldexp
func.func @float_power(%x: vector<32xf32>, %n: vector<32xf32>) -> vector<32xf32> {
  %whole = arith.fptosi %n : vector<32xf32> to vector<32xi32>
  %y = llvm.intr.ldexp(%x, %whole) : (vector<32xf32>, vector<32xi32>) -> vector<32xf32>
  func.return %y : vector<32xf32>
}

// CHECK-LABEL: @integer_power
// CHECK: llvm.intr.ldexp(%{{.*}}, %{{.*}}) : (vector<32xf32>, vector<32xi32>) -> vector<32xf32>
func.func @integer_power(%x: vector<32xf32>, %n: vector<32xi32>) -> vector<32xf32> {
  %y = llvm.intr.ldexp(%x, %n) : (vector<32xf32>, vector<32xi32>) -> vector<32xf32>
  func.return %y : vector<32xf32>
}

// CHECK-LABEL: @doubles
// CHECK: llvm.intr.ldexp
func.func @doubles(%x: vector<16xf64>, %n: vector<16xf64>) -> vector<16xf64> {
  %whole = arith.fptosi %n : vector<16xf64> to vector<16xi32>
  %y = llvm.intr.ldexp(%x, %whole) : (vector<16xf64>, vector<16xi32>) -> vector<16xf64>
  func.return %y : vector<16xf64>
}
