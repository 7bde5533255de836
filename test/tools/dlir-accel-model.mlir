// A model with a `?`, from dl down to a file and back; what the machine cannot do runs here.

// RUN: dlir-run %s --target=accel --machine=gemmini --input=2x32xf32=0.5 | filecheck %s
// RUN: dlir-run %s --target=accel --machine=edge16 --set=spm.bytes=32768 --input=2x32xf32=0.5 --compare=ref | filecheck %s --check-prefix=COMPARE
// RUN: dlir-compile %s --target=accel --machine=gemmini --shape=x=2x32 -o %t.dlx
// RUN: dlir-run %t.dlx --input=2x32xf32=0.5 --report=%t.json | filecheck %s
// RUN: filecheck %s --check-prefix=REPORT < %t.json
// RUN: not dlir-run %t.dlx --input=3x32xf32=0.5 2>&1 | filecheck %s --check-prefix=SHAPE
// RUN: dlir-compile %s --target=accel --machine=gemmini --shape=x=2x32 --check-support | filecheck %s --check-prefix=SUPPORT
// RUN: dlir-compile %s --target=accel --machine=gemmini --shape=x=2x32 --compile-to=scheduled -o %t.mlir
// RUN: dlir-compile %t.mlir --target=accel --machine=gemmini --compile-from=scheduled -o %t.2.dlx
// RUN: dlir-run %t.2.dlx --input=2x32xf32=0.5 | filecheck %s
// RUN: dlir-compile %s --target=accel --machine=gemmini --shape=x=2x32 --compile-to=isa-text | filecheck %s --check-prefix=TEXT

// 20 times sin(32 * 0.5 * 0.25), which is rounded to bf16 on its way.
// CHECK: y: 2x4xf32 = {{\[\[}}-15.1{{[0-9]+}}, -15.1{{[0-9]+}}, -15.1{{[0-9]+}}, -15.1{{[0-9]+}}],
// COMPARE: y: agrees
// REPORT: "macs": 1440
// REPORT: "op": "structured.generic",
// REPORT: "why": "the machine has no function for 'math.sin'"
// SHAPE: error: input 0 (%x): expected tensor<2x32xf32>, got 3x32xf32: dimension 0 must be 2
// SUPPORT: on the host: 1 structured.generic ({{.*}}): the machine has no function for 'math.sin'
// TEXT: .machine gemmini

func.func @main(%x: tensor<?x32xf32>) -> tensor<?x4xf32> attributes {dlir.result_names = ["y"]} {
  %w = dl.constant dense<0.25> : tensor<32x20xf32>
  %v = dl.constant dense<1.0> : tensor<20x4xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<?x32xf32>, tensor<32x20xf32>) -> tensor<?x20xf32>
  %1 = dl.relu %0 : tensor<?x20xf32>
  %t = dl.transpose %1 {perm = [1, 0]} : tensor<?x20xf32> -> tensor<20x?xf32>
  %s = dl.sin %t : tensor<20x?xf32>
  %2 = dl.transpose %s {perm = [1, 0]} : tensor<20x?xf32> -> tensor<?x20xf32>
  %3 = dl.matmul %2, %v acc f32 : (tensor<?x20xf32>, tensor<20x4xf32>) -> tensor<?x4xf32>
  func.return %3 : tensor<?x4xf32>
}
