// RUN: dlir-opt %s --view-op-graph -o /dev/null 2>&1 | filecheck %s
// RUN: dlir-opt %s --view-op-graph=output=%t.dot | filecheck %s --check-prefix=KEPT
// RUN: filecheck %s --input-file=%t.dot

// CHECK:      digraph {
// CHECK:      subgraph cluster_[[MODULE:n[0-9]+]] {
// CHECK-NEXT:   label="builtin.module"
// CHECK:        label="func.func"
// CHECK:        [[A:n[0-9]+]] [shape=oval label="%a"]
// CHECK-NEXT:   [[ADD:n[0-9]+]] [label="arith.addi"]
// CHECK-NEXT:   [[A]] -> [[ADD]] [label="i32"]
// CHECK-NEXT:   [[A]] -> [[ADD]] [label="i32"]
// CHECK-NEXT:   [[RETURN:n[0-9]+]] [label="func.return"]
// CHECK-NEXT:   [[ADD]] -> [[RETURN]] [label="i32"]

// KEPT: arith.addi %a, %a : i32
func.func @f(%a: i32) -> i32 {
  %r = arith.addi %a, %a : i32
  func.return %r : i32
}
