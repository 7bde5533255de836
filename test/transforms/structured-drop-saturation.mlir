// RUN: dlir-opt %s --convert-dl-to-structured --structured-fuse --structured-drop-saturation | filecheck %s

// Only NaN is left to be asked for.
// CHECK-LABEL: @inside
// CHECK: arith.minimumf
// CHECK-NEXT: %[[ORD:.*]] = arith.cmpf ord
// CHECK: arith.select %[[ORD]]
// CHECK-NEXT: arith.fptosi {{.*}} : f64 to i32
// CHECK-NEXT: structured.yield
func.func @inside(%x: tensor<8xf64>) -> tensor<8xi32> {
  %c = dl.clip %x {min = -1048576.0, max = 1048576.0} : tensor<8xf64>
  %y = dl.cast %c : tensor<8xf64> -> tensor<8xi32>
  func.return %y : tensor<8xi32>
}

// The bounds of the type lie in the range: nothing is decided.
// CHECK-LABEL: @across
// CHECK-NOT: arith.cmpf ord
// CHECK: structured.yield
func.func @across(%x: tensor<8xf64>) -> tensor<8xi8> {
  %c = dl.clip %x {min = -1000.0, max = 1000.0} : tensor<8xf64>
  %y = dl.cast %c : tensor<8xf64> -> tensor<8xi8>
  func.return %y : tensor<8xi8>
}

// Nothing is known of what is not clipped.
// CHECK-LABEL: @unclipped
// CHECK-NOT: arith.cmpf ord
// CHECK: structured.yield
func.func @unclipped(%x: tensor<8xf32>) -> tensor<8xi32> {
  %y = dl.cast %x : tensor<8xf32> -> tensor<8xi32>
  func.return %y : tensor<8xi32>
}
