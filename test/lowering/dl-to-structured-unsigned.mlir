// RUN: dlir-opt %s --convert-dl-to-structured | filecheck %s

// Types lose their sign, ops have it instead; what callers and weights are is marked.

// CHECK-LABEL: func.func @compute(%x: tensor<4xi8> {dlir.element = ui8}, %s: tensor<4xf32>) -> (tensor<4xi8> {dlir.element = ui8}, tensor<4xi1>)
// CHECK: dl.param "w" {dlir.element = ui8} : tensor<4xi8>
// CHECK: arith.divui %{{.*}} : i8
// CHECK: arith.constant -56 : i8
// CHECK: arith.maxui %{{.*}} : i8
// CHECK: arith.cmpi ult, %{{.*}} : i8
func.func @compute(%x: tensor<4xui8>, %s: tensor<4xf32>) -> (tensor<4xui8>, tensor<4xi1>) {
  %w = dl.param "w" : tensor<4xui8>
  %q = dl.div %x, %w : tensor<4xui8>
  %c = dl.constant dense<200> : tensor<ui8>
  %m = dl.max %q, %c : (tensor<4xui8>, tensor<ui8>) -> tensor<4xui8>
  %b = dl.compare lt, %m, %x : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xi1>
  func.return %m, %b : tensor<4xui8>, tensor<4xi1>
}

// CHECK-LABEL: func.func @cast(%x: tensor<4xi8> {dlir.element = ui8}) -> (tensor<4xf32>, tensor<4xi32>, tensor<4xi8>)
// CHECK: arith.uitofp %{{.*}} : i8 to f32
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: ^bb0([[X:%.*]]: i8):
// CHECK-NEXT: structured.yield [[X]] : i8
func.func @cast(%x: tensor<4xui8>) -> (tensor<4xf32>, tensor<4xi32>, tensor<4xi8>) {
  %f = dl.cast %x : tensor<4xui8> -> tensor<4xf32>
  %w = dl.cast %x : tensor<4xui8> -> tensor<4xi32>
  %s = dl.cast %x : tensor<4xui8> -> tensor<4xi8>
  func.return %f, %w, %s : tensor<4xf32>, tensor<4xi32>, tensor<4xi8>
}

// CHECK-LABEL: func.func @loop
// CHECK: scf.if %{{.*}} -> (tensor<4xi8>)
func.func @loop(%x: tensor<4xui8>, %p: i1) -> tensor<4xui8> {
  %r = scf.if %p -> (tensor<4xui8>) {
    %y = dl.add %x, %x : tensor<4xui8>
    scf.yield %y : tensor<4xui8>
  } else {
    scf.yield %x : tensor<4xui8>
  }
  func.return %r : tensor<4xui8>
}
