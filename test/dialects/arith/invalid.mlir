// RUN: dlir-opt %s --split-input-file --verify-diagnostics

func.func @select(%c: vector<4xi1>, %a: vector<8xf32>) {
  // expected-error@+1 {{the condition's shape must be that of the selected values}}
  %0 = arith.select %c, %a, %a : vector<4xi1>, vector<8xf32>
  func.return
}

// -----

func.func @extsi(%a: vector<4xi32>) {
  // expected-error@+1 {{Destination bit-width must be larger than the input bit-width}}
  %0 = arith.extsi %a : vector<4xi32> to vector<4xi8>
  func.return
}

// -----

func.func @sitofp(%a: vector<4xi32>) {
  // expected-error@+1 {{operand and result type must have compatible shape}}
  %0 = arith.sitofp %a : vector<4xi32> to vector<8xf32>
  func.return
}

// -----

func.func @index_cast(%a: vector<4xi32>) {
  // expected-error@+1 {{are cast incompatible}}
  %0 = arith.index_cast %a : vector<4xi32> to vector<4xi64>
  func.return
}
