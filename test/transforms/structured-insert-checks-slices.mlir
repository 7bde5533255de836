// RUN: dlir-opt %s --structured-insert-checks --split-input-file --verify-diagnostics | filecheck %s

// A slice must lie inside its destination and be as large as its source.

// CHECK-LABEL: func.func @dynamic
// CHECK: arith.cmpi sge, %n, %{{.*}} : index
// CHECK-NEXT: cf.assert %{{.*}}: the slice begins before dimension 0"
// CHECK: arith.cmpi sle
// CHECK-NEXT: cf.assert %{{.*}}: the slice leaves dimension 0"
// CHECK: arith.cmpi eq
// CHECK-NEXT: cf.assert %{{.*}}: the slice and size 0 of its source differ"
// CHECK-NOT: cf.assert
func.func @dynamic(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>, %n: index, %m: index)
    -> tensor<?x3xf32> {
  %r = tensor.insert_slice %x into %y[%n, 0] [%m, 3] [1, 1]
      : tensor<?x3xf32> into tensor<?x3xf32>
  func.return %r : tensor<?x3xf32>
}

// -----

func.func @outside(%x: tensor<3xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{the slice leaves dimension 0}}
  %r = tensor.insert_slice %x into %y[2] [3] [1] : tensor<3xf32> into tensor<4xf32>
  func.return %r : tensor<4xf32>
}

// -----

func.func @strided(%x: tensor<2xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{a slice with strides is unsupported}}
  %r = tensor.insert_slice %x into %y[0] [2] [2] : tensor<2xf32> into tensor<4xf32>
  func.return %r : tensor<4xf32>
}
