// RUN: dlir-opt %s --mlir-print-op-generic | filecheck %s --check-prefix=GENERIC
// RUN: dlir-opt %s --mlir-print-debuginfo | filecheck %s --check-prefix=DEBUG
// RUN: dlir-opt %s --mlir-elide-elementsattrs-if-larger=2 | filecheck %s --check-prefix=ELIDE
// RUN: not dlir-opt %s --verify-diagnostics --pass-pipeline='func.func()' -p cse 2>&1 | filecheck %s --check-prefix=USAGE

// GENERIC: "func.func"() <{
// DEBUG:   arith.constant dense<[1, 2, 3]> : tensor<3xi32> loc("{{.*}}opt-printing.mlir":12:8)
// ELIDE:   arith.constant dense_resource<__elided__> : tensor<3xi32>
// ELIDE:   arith.constant dense<7> : tensor<3xi32>
// USAGE:   give the passes once
func.func @f() {
  %c = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %s = arith.constant dense<7> : tensor<3xi32>
  func.return
}
