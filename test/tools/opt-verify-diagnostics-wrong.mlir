// RUN: not dlir-opt %s --verify-diagnostics 2>&1 | filecheck %s

// CHECK: opt-verify-diagnostics-wrong.mlir:6: error: unexpected error: {{.*}}'no.such'
// CHECK: opt-verify-diagnostics-wrong.mlir:5: error: expected error was not produced: something else
// expected-error@+1 {{something else}}
"no.such"() : () -> ()
