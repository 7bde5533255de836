// RUN: dlir-opt %s --pass-pipeline='builtin.module( func.func( canonicalize , cse ) , dce )' | filecheck %s
// RUN: dlir-opt %s -canonicalize --cse | filecheck %s
// RUN: dlir-opt %s -p canonicalize,cse | filecheck %s
// RUN: dlir-opt %s | filecheck %s --check-prefix=NONE
// RUN: dlir-opt %s --canonicalize | dlir-opt - --cse | filecheck %s

// CHECK-LABEL: func.func @fold
// CHECK-NEXT:    %{{.*}} = arith.constant 3 : i32
// CHECK-NEXT:    func.return
// NONE:          arith.addi
func.func @fold() -> i32 {
  %a = arith.constant 1 : i32
  %b = arith.constant 2 : i32
  %c = arith.addi %a, %b : i32
  func.return %c : i32
}
