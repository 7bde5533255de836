// RUN: dlir-opt %s --mlir-print-ir-before=cse --mlir-print-ir-after-all -p 'func.func(canonicalize,cse)' -o /dev/null 2>&1 | filecheck %s
// RUN: dlir-opt %s --mlir-print-ir-after-change -p canonicalize,cse -o /dev/null 2>&1 | filecheck %s --check-prefix=CHANGE
// RUN: dlir-opt %s --print-ir-diff -p canonicalize -o /dev/null 2>&1 | filecheck %s --check-prefix=DIFF
// RUN: dlir-opt %s --mlir-print-ir-after-all -p cse 2>/dev/null | filecheck %s --check-prefix=STDOUT

// CHECK:      // -----// IR Dump After CanonicalizePass (canonicalize) //----- //
// CHECK-NEXT: func.func @f
// CHECK:      // -----// IR Dump Before CommonSubexpressionElimination (cse) //----- //
// CHECK-NEXT: func.func @f
// CHECK:      // -----// IR Dump After CommonSubexpressionElimination (cse) //----- //
// CHECK-NEXT: func.func @f

// CHANGE:     // -----// IR Dump After CanonicalizePass (canonicalize) //----- //
// CHANGE-NOT: IR Dump

// DIFF:      // -----// IR Diff After CanonicalizePass (canonicalize) //----- //
// DIFF-NEXT: --- before canonicalize
// DIFF-NEXT: +++ after canonicalize
// DIFF:      -    %s = arith.addi %x, %y : i32
// DIFF:      +    %s = arith.constant 2 : i32

// STDOUT-NOT: IR Dump
// STDOUT:     builtin.module {
func.func @f() -> i32 {
  %x = arith.constant 1 : i32
  %y = arith.constant 1 : i32
  %s = arith.addi %x, %y : i32
  func.return %s : i32
}
