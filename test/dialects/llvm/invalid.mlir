// RUN: dlir-opt %s --split-input-file --verify-diagnostics

llvm.func @fcmp_c1(%a: vector<4xf32>) {
  // expected-error@+1 {{result must be vector<4xi1>}}
  %0 = "llvm.fcmp"(%a, %a) <{predicate = 4 : i64, fastmathFlags = #llvm.fastmath<none>}> : (vector<4xf32>, vector<4xf32>) -> i1
  llvm.return
}

// -----

llvm.func @select_c1(%c: vector<4xi1>, %a: vector<8xf32>) {
  // expected-error@+1 {{condition}}
  %0 = llvm.select %c, %a, %a : vector<4xi1>, vector<8xf32>
  llvm.return
}

// -----

llvm.func @switch_c1(%v: i32) {
  // expected-error@+1 {{0 case values for 1 case destinations}}
  "llvm.switch"(%v)[^bb1, ^bb2] <{case_operand_segments = array<i32: 0>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (i32) -> ()
^bb1:
  llvm.return
^bb2:
  llvm.return
}

// -----

llvm.func @switch_c2(%v: i32) {
  // expected-error@+1 {{expected one operand segment per case destination}}
  "llvm.switch"(%v)[^bb1, ^bb2] <{case_values = dense<1> : tensor<1xi32>, case_operand_segments = array<i32: 0, 0>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (i32) -> ()
^bb1:
  llvm.return
^bb2:
  llvm.return
}
