// RUN: dlir-doc dl.conv2d canonicalize | filecheck %s
// RUN: dlir-doc | filecheck %s --check-prefix=ALL
// RUN: dlir-doc --json | filecheck %s --check-prefix=JSON
// RUN: not dlir-doc dl.cnov2d 2>&1 | filecheck %s --check-prefix=UNKNOWN

// CHECK: ## `dl.conv2d`
// CHECK: | `weight` | tensor |
// CHECK: | `strides` | array of i64 | optional |
// CHECK: - `dl-conv2d-c3`:
// CHECK: ```mlir
// CHECK-NEXT: %y = dl.conv2d
// CHECK: Class `Conv2dOp`.
// CHECK: ## `canonicalize`

// ALL: dialect dl

// JSON: "name": "dl.conv2d"

// UNKNOWN: error: nothing has the name 'dl.cnov2d'; did you mean 'dl.conv2d'?
