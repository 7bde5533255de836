// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @rotary_embedding(%x: tensor<?x12x?x64xf32>, %c: tensor<?x64xf32>, %s: tensor<?x64xf32>) {
  // CHECK: %y = dl.rotary_embedding %x, %c, %s : (tensor<?x12x?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x12x?x64xf32>
  %y = dl.rotary_embedding %x, %c, %s : (tensor<?x12x?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x12x?x64xf32>
  // CHECK: %z = dl.rotary_embedding %x, %c, %s {interleaved} : (tensor<?x12x?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x12x?x64xf32>
  %z = dl.rotary_embedding %x, %c, %s {interleaved} : (tensor<?x12x?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x12x?x64xf32>
  func.return
}
