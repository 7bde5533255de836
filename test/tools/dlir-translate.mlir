// RUN: dlir-translate %s | filecheck %s
// RUN: dlir-translate --from mlir --to mlir %s -o %t.mlir
// RUN: filecheck %s < %t.mlir
// RUN: dlir-translate --mlir-print-debuginfo %s | filecheck %s --check-prefix=DEBUG
// RUN: not dlir-translate --from onnyx %s 2>&1 | filecheck %s --check-prefix=FROM
// RUN: not dlir-translate --to object --target=ref %s 2>&1 | filecheck %s --check-prefix=OBJECT
// RUN: not dlir-translate %s -o %S/dlir-translate.mlir/x.mlir 2>&1 | filecheck %s --check-prefix=OUT

// CHECK: func.func @f(%a: f32) -> f32
// DEBUG: func.return %a : f32 loc({{.*}}dlir-translate.mlir{{.*}})
// FROM: error: unknown frontend 'onnyx'; did you mean 'onnx'?
// OBJECT: error: target 'ref' has no level 'object'
// OUT: error: cannot write '{{.*}}x.mlir'
func.func @f(%a: f32) -> f32 {
  func.return %a : f32
}
