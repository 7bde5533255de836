// RUN: dlir-opt %s '--convert-loops-to-llvm=dots=u8s8,s16s16,bf16' | filecheck %s
// RUN: dlir-opt %s '--convert-loops-to-llvm=vector-bits=256 dots=s16s16' | filecheck %s --check-prefix=AVX2
// RUN: dlir-opt %s --convert-loops-to-llvm | filecheck %s --check-prefix=NONE

// One instruction per register; a machine without it takes the bytes out of their lanes.
// CHECK-LABEL: @bytes
// CHECK: llvm.shufflevector %a, %a [0, 1, {{.*}} 15]
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"({{.*}}) : (vector<16xi32>, vector<16xi32>, vector<16xi32>) -> vector<16xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK-NOT: llvm.call_intrinsic
// AVX2-LABEL: @bytes
// AVX2-NOT: llvm.call_intrinsic
// AVX2: llvm.lshr
// AVX2: llvm.ashr
// NONE-LABEL: @bytes
// NONE-COUNT-4: llvm.mul
// NONE-NOT: llvm.mul
func.func @bytes(%a: vector<32xi32>, %b: vector<32xi32>, %acc: vector<32xi32>) -> vector<32xi32> {
  %r = vector.dot u8s8 %a, %b, %acc : vector<32xi32>
  func.return %r : vector<32xi32>
}

// The instruction for 16-bit integers leaves the addition to another one.
// CHECK-LABEL: @shorts
// CHECK: [[D:%.*]] = llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"({{.*}}) : (vector<32xi16>, vector<32xi16>) -> vector<16xi32>
// CHECK: llvm.add %acc{{.*}}, [[D]] : vector<16xi32>
// AVX2-LABEL: @shorts
// AVX2: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"({{.*}}) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// AVX2: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// NONE-LABEL: @shorts
// NONE-COUNT-2: llvm.mul
func.func @shorts(%a: vector<16xi32>, %b: vector<16xi32>, %acc: vector<16xi32>) -> vector<16xi32> {
  %r = vector.dot s16s16 %a, %b, %acc : vector<16xi32>
  func.return %r : vector<16xi32>
}

// CHECK-LABEL: @brain
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"({{.*}}) : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>
// NONE-LABEL: @brain
// NONE-COUNT-2: llvm.intr.fma
func.func @brain(%a: vector<16xi32>, %b: vector<16xi32>, %acc: vector<16xf32>) -> vector<16xf32> {
  %r = vector.dot bf16 %a, %b, %acc : vector<16xf32>
  func.return %r : vector<16xf32>
}
