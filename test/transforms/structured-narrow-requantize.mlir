// RUN: dlir-opt %s --convert-dl-to-structured --structured-narrow-requantize | filecheck %s

// The high half of each product is rounded in 32 bits: these shifts are constants of at least 2.
// CHECK-LABEL: @narrow
// CHECK: arith.extui {{.*}} : i32 to i64
// CHECK: arith.shrui {{.*}} : i64
// CHECK-NEXT: arith.trunci {{.*}} : i64 to i32
// CHECK: arith.shrui {{.*}} : i32
// CHECK: arith.trunci {{.*}} : i32 to i8
// CHECK-NOT: arith.select {{.*}} : i64
func.func @narrow(%x: tensor<4x2xi32>) -> tensor<4x2xi8> {
  %m = dl.constant dense<[1500000000, 1]> : tensor<2xi32>
  %s = dl.constant dense<[9, 2]> : tensor<2xi32>
  %y = dl.requantize %x, %m, %s {axis = 1}
    : (tensor<4x2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<4x2xi8>
  func.return %y : tensor<4x2xi8>
}

// A multiplier that may be negative changes signs.
// CHECK-LABEL: @negative
// CHECK-COUNT-2: math.absi
// CHECK: arith.xori
func.func @negative(%x: tensor<4xi32>, %m: tensor<i32>) -> tensor<4xui8> {
  %s = dl.constant dense<9> : tensor<i32>
  %z = dl.constant dense<200> : tensor<ui8>
  %y = dl.requantize %x, %m, %s, %z
    : (tensor<4xi32>, tensor<i32>, tensor<i32>, tensor<ui8>) -> tensor<4xui8>
  func.return %y : tensor<4xui8>
}

// A zero point that is no number is extended as its own type says.
// CHECK-LABEL: @unsigned_zero_point
// CHECK: arith.extui {{.*}} : i8 to i32
// CHECK: math.absi
func.func @unsigned_zero_point(%x: tensor<2xi32>, %z: tensor<2xui8>) -> tensor<2xui8> {
  %m = dl.constant dense<5> : tensor<2xi32>
  %s = dl.constant dense<2> : tensor<2xi32>
  %y = dl.requantize %x, %m, %s, %z {axis = 0}
    : (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xui8>) -> tensor<2xui8>
  func.return %y : tensor<2xui8>
}

// A shift that is too small, and one that is not known: 64 bits.
// CHECK-LABEL: @wide
// CHECK-NOT: math.absi
func.func @wide(%x: tensor<4x2xi32>, %s: tensor<i32>) -> (tensor<4x2xi8>, tensor<4x2xi8>) {
  %m = dl.constant dense<[1500000000, 1]> : tensor<2xi32>
  %t = dl.constant dense<[9, 1]> : tensor<2xi32>
  %y = dl.requantize %x, %m, %t {axis = 1}
    : (tensor<4x2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<4x2xi8>
  %n = dl.constant dense<3> : tensor<i32>
  %z = dl.requantize %x, %n, %s
    : (tensor<4x2xi32>, tensor<i32>, tensor<i32>) -> tensor<4x2xi8>
  func.return %y, %z : tensor<4x2xi8>, tensor<4x2xi8>
}
