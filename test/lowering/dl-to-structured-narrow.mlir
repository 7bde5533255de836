// RUN: dlir-opt %s --convert-dl-to-structured | filecheck %s

// Narrow numbers are bytes: they are decoded where they become others, and encoded at the end.

// CHECK-LABEL: func.func @main(%x: tensor<?xi8> {dlir.element = f8E5M2}) -> (tensor<?xi8> {dlir.element = i4}, tensor<2xi8> {dlir.element = f8E4M3FN})
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: arith.bitcast %{{.*}} : i32 to f32
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK: arith.shli %{{.*}} : i8
// CHECK: arith.shrsi %{{.*}} : i8
// CHECK: arith.constant dense<[60, -2]> : tensor<2xi8>
func.func @main(%x: tensor<?xf8E5M2>) -> (tensor<?xi4>, tensor<2xf8E4M3FN>) {
  %y = dl.cast %x : tensor<?xf8E5M2> -> tensor<?xi4>
  %c = dl.constant dense<[1.5, -448.0]> : tensor<2xf8E4M3FN>
  func.return %y, %c : tensor<?xi4>, tensor<2xf8E4M3FN>
}
