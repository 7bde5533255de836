// RUN: dlir-opt %s --split-input-file --verify-diagnostics | filecheck %s
// RUN: not dlir-opt %s --split-input-file 2>&1 | filecheck %s --check-prefix=PLAIN

// The parts that are fine are printed; those that are wrong as expected are not an error.
// CHECK: func.func private @fine()
// CHECK: func.func private @fine_too()

func.func private @fine()

// -----

// PLAIN: opt-verify-diagnostics.mlir:14:1: error: {{.*}}'no.such'
// expected-error@+1 {{'no.such'}}
"no.such"() : () -> ()

// -----

func.func private @fine_too()
