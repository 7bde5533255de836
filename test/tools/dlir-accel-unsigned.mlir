// RUN: not dlir-run %s --target=accel --machine=gemmini --input=2xui8=1 2>&1 | filecheck %s
// CHECK: dlir-accel-unsigned.mlir:[[# @LINE + 7]]:1: error: 'func.func' works on tensor<2xui8>, but target 'accel' has no ui8
// CHECK: help: use --target=cpu, or signed integers of 8 bits or more

// Text that was lowered remembers what its callers pass.
// RUN: dlir-opt %s --convert-dl-to-structured | dlir-run - --target=ref --input=2xui8=1,200 | filecheck %s --check-prefix=LOWERED
// LOWERED: o0: 2xui8 = [101, 100]

func.func @main(%x: tensor<2xui8>) -> tensor<2xui8> {
  %c = dl.constant dense<100> : tensor<2xui8>
  %m = dl.min %x, %c : tensor<2xui8>
  %y = dl.cast %x : tensor<2xui8> -> tensor<2xi1>
  %z = dl.compare lt, %x, %c : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xi1>
  %w = dl.add %m, %c : tensor<2xui8>
  %r = dl.select %z, %w, %c : (tensor<2xi1>, tensor<2xui8>, tensor<2xui8>) -> tensor<2xui8>
  func.return %r : tensor<2xui8>
}
