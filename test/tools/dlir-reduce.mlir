// RUN: dlir-reduce %s 2>/dev/null | filecheck %s
// RUN: not dlir-reduce %s --test=/bin/false 2>&1 | filecheck %s --check-prefix=REFUSED

// The error is in one op of two functions; nothing else is left of them.

func.func @innocent(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dl.relu %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}

func.func @guilty(%a: tensor<4x8xf32>, %b: tensor<9x2xf32>) -> tensor<4x2xf32> {
  %0 = dl.exp %a : tensor<4x8xf32>
  %1 = dl.add %0, %a : tensor<4x8xf32>
  %2 = dl.matmul %1, %b acc f32 : (tensor<4x8xf32>, tensor<9x2xf32>) -> tensor<4x2xf32>
  %3 = dl.relu %2 : tensor<4x2xf32>
  func.return %3 : tensor<4x2xf32>
}

// CHECK-NOT: func.func @innocent
// CHECK: func.func @guilty([[A:%.*]]: tensor<9x2xf32>, [[B:%.*]]: tensor<4x8xf32>) {
// CHECK-NEXT: %{{.*}} = dl.matmul [[B]], [[A]] acc f32
// CHECK-NEXT: func.return
// CHECK-NEXT: }

// REFUSED: error: '/bin/false' does not accept the module as it is
