// RUN: dlir-opt %s --mlir-generate-reproducer=%t.mlir --cse --dce | filecheck %s
// RUN: filecheck %s --check-prefix=FILE --input-file=%t.mlir
// RUN: dlir-opt %t.mlir --run-reproducer | filecheck %s
// RUN: not dlir-opt %s --run-reproducer 2>&1 | filecheck %s --check-prefix=NONE

// FILE: // dlir-reproducer: pipeline=builtin.module(cse,dce)
// FILE: func.func @f

// NONE: is not a reproducer

// CHECK-LABEL: func.func @f
// CHECK-NEXT:    func.return
func.func @f() {
  %a = arith.constant 1 : i32
  func.return
}
