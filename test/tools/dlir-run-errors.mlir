// What goes wrong is said in one sentence, without a traceback, and leaves no file behind.

// RUN: not dlir-run %s --target=ref 2>&1 | filecheck %s --check-prefix=COUNT
// COUNT: error: @main takes 2 input(s), got 0
// RUN: not dlir-run %s --target=ref --input=2x4xf32=1 --input=i32=0 2>&1 | filecheck %s --check-prefix=SHAPE
// SHAPE: error: input 0 (%x): expected tensor<?x3xf32>, got 2x4xf32: dimension 1 must be 3
// RUN: not dlir-run %s --target=ref --input=2x3xf64=1 --input=i32=0 2>&1 | filecheck %s --check-prefix=TYPE
// TYPE: error: input 0 (%x): expected tensor<?x3xf32>, got 2x3xf64: element types differ
// RUN: not dlir-run %s --target=ref --input=2x3xq8=1 2>&1 | filecheck %s --check-prefix=FORM
// FORM: error: bad type '2x3xq8' in --input=2x3xq8=1: write x.npy, 2x3xf32=1.5, 2xf32=1,2 or f32=1.5
// RUN: not dlir-run %s --target=ref --input=2xf32=1,2,3 2>&1 | filecheck %s --check-prefix=VALUES
// VALUES: error: --input=2xf32=1,2,3: 3 values for 2xf32
// RUN: not dlir-run %s --target=ref --input=i8=300 2>&1 | filecheck %s --check-prefix=RANGE
// RANGE: error: bad value in --input=i8=300: not all are i8
// RUN: not dlir-run %s --target=ref --input=%S/nowhere.npy 2>&1 | filecheck %s --check-prefix=FILE
// FILE: error: cannot read '{{.*}}nowhere.npy': No such file or directory
// RUN: not dlir-run %s --target=reff 2>&1 | filecheck %s --check-prefix=TARGET
// TARGET: error: unknown target 'reff'; did you mean 'ref'?
// RUN: not dlir-run %s --target=ref --function=mian 2>&1 | filecheck %s --check-prefix=FUNCTION
// FUNCTION: error: no function '@mian'
// FUNCTION: help: functions with a body here: @main
// RUN: not dlir-run %s --targt=ref 2>&1 | filecheck %s --check-prefix=FLAG
// FLAG: error: unknown option '--targt=ref'; did you mean 'target'?
// RUN: not dlir-run %S/nowhere.mlir 2>&1 | filecheck %s --check-prefix=NOWHERE
// NOWHERE: error: cannot read '{{.*}}nowhere.mlir': No such file or directory

// A fault at run time points into the text.
// RUN: not dlir-run %s --target=ref --input=1x3xf32=1 --input=i32=0 --output=%t.npz 2>&1 | filecheck %s --check-prefix=FAULT
// FAULT: dlir-run-errors.mlir:[[# @LINE + 9]]:8: error: 'arith.divsi' division by zero
// FAULT-NEXT: %d = arith.divsi %n, %n : i32
// FAULT-NEXT: ^
// RUN: not ls %t.npz
// RUN: not dlir-run %s --compare=ref --input=1x3xf32=1 --input=i32=0 2>&1 | filecheck %s --check-prefix=COMPARED
// COMPARED: dlir-run-errors.mlir:[[# @LINE + 4]]:8: error: 'arith.divsi' division by zero

func.func @main(%x: tensor<?x3xf32>, %n: i32) -> i32 {

  %d = arith.divsi %n, %n : i32
  func.return %d : i32
}
