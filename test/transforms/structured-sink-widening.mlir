// RUN: dlir-opt %s --convert-dl-to-structured --structured-sink-widening | filecheck %s

// Both operands of the sum are bytes in memory.
// CHECK-LABEL: @sum
// CHECK: structured.generic {{.*}} ins(%x, %y : tensor<4x8xi8>, tensor<4x8xi8>) outs({{.*}} : tensor<4x8xi32>)
// CHECK: arith.extsi
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK-NOT: structured.generic
func.func @sum(%x: tensor<4x8xi8>, %y: tensor<4x8xi8>) -> tensor<4x8xi32> {
  %c = dl.constant dense<3> : tensor<i32>
  %a = dl.cast %x : tensor<4x8xi8> -> tensor<4x8xi32>
  %b = dl.cast %y : tensor<4x8xi8> -> tensor<4x8xi32>
  %m = dl.mul %b, %c : (tensor<4x8xi32>, tensor<i32>) -> tensor<4x8xi32>
  %s = dl.add %a, %m : (tensor<4x8xi32>, tensor<4x8xi32>) -> tensor<4x8xi32>
  func.return %s : tensor<4x8xi32>
}

// Two ops read the wide numbers: they stay.
// CHECK-LABEL: @read_twice
// CHECK-COUNT-3: structured.generic
func.func @read_twice(%x: tensor<4xi8>) -> (tensor<4xi32>, tensor<4xi32>) {
  %a = dl.cast %x : tensor<4xi8> -> tensor<4xi32>
  %p = dl.add %a, %a : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %q = dl.mul %a, %a : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  func.return %p, %q : tensor<4xi32>, tensor<4xi32>
}

// Every row reads the same wide numbers, which are computed once.
// CHECK-LABEL: @broadcast
// CHECK-COUNT-2: structured.generic
func.func @broadcast(%x: tensor<8xi8>, %y: tensor<4x8xi32>) -> tensor<4x8xi32> {
  %a = dl.cast %x : tensor<8xi8> -> tensor<8xi32>
  %s = dl.add %a, %y : (tensor<8xi32>, tensor<4x8xi32>) -> tensor<4x8xi32>
  func.return %s : tensor<4x8xi32>
}

// A reduction reads them more than once; what is as wide as its operand is left alone, too.
// CHECK-LABEL: @others
// CHECK-COUNT-4: structured.generic
func.func @others(%x: tensor<4x8xi8>, %y: tensor<4xf32>) -> (tensor<4xi32>, tensor<4xf32>) {
  %a = dl.cast %x : tensor<4x8xi8> -> tensor<4x8xi32>
  %s = dl.reduce_sum %a {axes = [1]} : (tensor<4x8xi32>) -> tensor<4xi32>
  %e = dl.exp %y : tensor<4xf32>
  %r = dl.neg %e : tensor<4xf32>
  func.return %s, %r : tensor<4xi32>, tensor<4xf32>
}
