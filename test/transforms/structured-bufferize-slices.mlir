// RUN: dlir-opt %s --structured-bufferize | filecheck %s

// A slice is copied into a view of its destination, in place where nobody else looks at that.

// CHECK-LABEL: func.func @insert(%x: memref<?xf32>, %n: index, %{{.*}}: memref<?xf32>, %arena: memref<?xi8>)
// CHECK: %[[VIEW:.*]] = memref.subview %[[OUT:.*]][%n] [%{{.*}}] [1] : memref<?xf32> to memref<?xf32, strided<[1], offset: ?>>
// CHECK-NEXT: "memref.copy"(%x, %[[VIEW]])
// CHECK-NEXT: func.return
func.func @insert(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %size = tensor.dim %x, %c0 : tensor<?xf32>
  %total = arith.addi %size, %n : index
  %e = tensor.empty(%total) : tensor<?xf32>
  %r = tensor.insert_slice %x into %e[%n] [%size] [1] : tensor<?xf32> into tensor<?xf32>
  func.return %r : tensor<?xf32>
}

// An argument is not ours to change: it is copied first.

// CHECK-LABEL: func.func @argument
// CHECK: structured.generic
// CHECK-SAME: ins(%y : memref<4xf32>)
// CHECK: memref.subview
// CHECK: "memref.copy"
func.func @argument(%x: tensor<2xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %r = tensor.insert_slice %x into %y[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  func.return %r : tensor<4xf32>
}
