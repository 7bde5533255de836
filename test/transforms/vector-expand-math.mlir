// RUN: dlir-opt %s --vector-expand-math | filecheck %s

// CHECK-LABEL: @exp
// CHECK-NOT: math.exp
// CHECK: math.fma %{{.*}} : vector<6x64xf32>
// CHECK: arith.bitcast %{{.*}} : vector<6x64xi32> to vector<6x64xf32>
// CHECK: func.return %y : vector<6x64xf32>
func.func @exp(%x: vector<6x64xf32>) -> vector<6x64xf32> {
  %y = math.exp %x : vector<6x64xf32>
  func.return %y : vector<6x64xf32>
}

// Halves are computed in f32.

// CHECK-LABEL: @tanh_half
// CHECK: arith.extf %x : f16 to f32
// CHECK: math.copysign %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @tanh_half(%x: f16) -> f16 {
  %y = math.tanh %x : f16
  func.return %y : f16
}

// What has an instruction stays.

// CHECK-LABEL: @kept
// CHECK: math.sqrt
// CHECK: math.floor
func.func @kept(%x: f64) -> f64 {
  %y = math.sqrt %x : f64
  %z = math.floor %y : f64
  func.return %z : f64
}

// Powers of integers are a loop over the bits of the exponent.

// CHECK-LABEL: @power
// CHECK: scf.for {{.*}} -> (vector<4xi16>, vector<4xi16>, vector<4xi16>)
// CHECK-NOT: math.ipowi
// RUN-VALUE[ref]: @power([3, -1, 2, 0], [3, -3, -1, 0]) == [27, -1, 0, 1]
func.func @power(%x: vector<4xi16>, %y: vector<4xi16>) -> vector<4xi16> {
  %r = math.ipowi %x, %y : vector<4xi16>
  func.return %r : vector<4xi16>
}
