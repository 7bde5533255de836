// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @dot_kind(%a: vector<8xi32>) {
  // expected-error@+1 {{expected one of u8s8, s16s16, bf16}}
  %0 = vector.dot u4s4 %a, %a, %a : vector<8xi32>
  func.return
}

// -----

func.func @dot_operands(%a: vector<8xi32>) {
  // expected-error@+1 {{expected a, b and the sum}}
  %0 = vector.dot u8s8 %a, %a : vector<8xi32>
  func.return
}

// -----

func.func @dot_sums(%a: vector<8xi32>) {
  // expected-error@+1 {{the sums of bf16 are vectors of f32}}
  %0 = vector.dot bf16 %a, %a, %a : vector<8xi32>
  func.return
}

// -----

func.func @dot_lanes(%a: vector<8xi32>, %b: vector<4xi32>) {
  // expected-error@+1 {{expected a and b of type vector<8xi32>}}
  %0 = "vector.dot"(%a, %b, %a) <{kind = #vector.dot_kind u8s8}> : (vector<8xi32>, vector<4xi32>, vector<8xi32>) -> vector<8xi32>
  func.return
}
