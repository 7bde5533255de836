// RUN: dlir-opt %s --allow-unregistered-dialect | filecheck %s
// RUN: not dlir-opt %s 2>&1 | filecheck %s --check-prefix=REFUSED

// CHECK: "some.op"() {a = 1 : i32} : () -> ()
// REFUSED: error: {{.*}}'some.op'
"some.op"() {a = 1 : i32} : () -> ()
