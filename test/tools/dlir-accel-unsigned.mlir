// RUN: not dlir-run %s --target=accel --machine=gemmini --input=2xui16=1 2>&1 | filecheck %s
// CHECK: dlir-accel-unsigned.mlir:[[# @LINE + 7]]:1: error: 'func.func' works on tensor<2xui16>, but target 'accel' has no ui16
// CHECK: help: use --target=cpu, or integers of 8 bits, or signed ones of more

// Text that was lowered remembers what its callers pass.
// RUN: dlir-opt %s --convert-dl-to-structured | dlir-run - --target=ref --input=2xui16=1,200 | filecheck %s --check-prefix=LOWERED
// LOWERED: o0: 2xui16 = [101, 100]

func.func @main(%x: tensor<2xui16>) -> tensor<2xui16> {
  %c = dl.constant dense<100> : tensor<2xui16>
  %m = dl.min %x, %c : tensor<2xui16>
  %y = dl.cast %x : tensor<2xui16> -> tensor<2xi1>
  %z = dl.compare lt, %x, %c : (tensor<2xui16>, tensor<2xui16>) -> tensor<2xi1>
  %w = dl.add %m, %c : tensor<2xui16>
  %r = dl.select %z, %w, %c : (tensor<2xi1>, tensor<2xui16>, tensor<2xui16>) -> tensor<2xui16>
  func.return %r : tensor<2xui16>
}
