// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// What dlir adds to vector.
func.func @dot(%a: vector<6x64xi32>, %b: vector<6x64xi32>, %acc: vector<6x64xi32>, %f: vector<6x64xf32>) {
  // CHECK: vector.dot u8s8 %a, %b, %acc : vector<6x64xi32>
  %0 = vector.dot u8s8 %a, %b, %acc : vector<6x64xi32>
  // CHECK: vector.dot s16s16 %a, %b, %{{.*}} : vector<6x64xi32>
  %1 = vector.dot s16s16 %a, %b, %0 : vector<6x64xi32>
  // CHECK: vector.dot bf16 %a, %b, %f : vector<6x64xf32>
  %2 = vector.dot bf16 %a, %b, %f : vector<6x64xf32>
  func.return
}
