// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @return(%x: tensor<2xf32>, %z: tensor<2xf32>, %c: tensor<i1>) -> tensor<2xf32> {
  %y = "stablehlo.if"(%c) ({
  // CHECK: stablehlo.return %x : tensor<2xf32>
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %z : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @if(%x: tensor<2xf32>, %z: tensor<2xf32>, %c: tensor<i1>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.if"(%c) ({
  %y = "stablehlo.if"(%c) ({
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %z : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @case(%x: tensor<2xf32>, %z: tensor<2xf32>, %i: tensor<i32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.case"(%i) ({
  %y = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %z : tensor<2xf32>
  }) : (tensor<i32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @while(%x: tensor<i32>, %n: tensor<i32>) -> tensor<i32> {
  // CHECK: %y = stablehlo.while(%i = %x) : tensor<i32>
  %y = stablehlo.while(%i = %x) : tensor<i32>
  cond {
    %c = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %j = stablehlo.add %i, %i : tensor<i32>
    stablehlo.return %j : tensor<i32>
  }
  func.return %y : tensor<i32>
}

func.func @composite(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %y = stablehlo.composite "chlo.erf" %x {decomposition = @erf, version = 1 : i32} : (tensor<3xf32>) -> tensor<3xf32>
  %y = stablehlo.composite "chlo.erf" %x {decomposition = @erf, version = 1 : i32} : (tensor<3xf32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @custom_call(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %y = stablehlo.custom_call @Sharding(%x) {backend_config = ""} : (tensor<3xf32>) -> tensor<3xf32>
  %y = stablehlo.custom_call @Sharding(%x) {backend_config = ""} : (tensor<3xf32>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @optimization_barrier(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %y = stablehlo.optimization_barrier %x : tensor<3xf32>
  %y = stablehlo.optimization_barrier %x : tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @tuple(%x: tensor<3xf32>, %z: tensor<i32>) -> tensor<3xf32> {
  // CHECK: %t = stablehlo.tuple %x, %z : tuple<tensor<3xf32>, tensor<i32>>
  %t = stablehlo.tuple %x, %z : tuple<tensor<3xf32>, tensor<i32>>
  %y = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @get_tuple_element(%x: tensor<3xf32>, %z: tensor<i32>) -> tensor<3xf32> {
  %t = stablehlo.tuple %x, %z : tuple<tensor<3xf32>, tensor<i32>>
  // CHECK: %y = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>
  %y = stablehlo.get_tuple_element %t[0] : (tuple<tensor<3xf32>, tensor<i32>>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @rng(%a: tensor<f32>, %b: tensor<f32>, %n: tensor<1xi64>) -> tensor<3xf32> {
  // CHECK: %y = stablehlo.rng %a, %b, %n, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>
  %y = stablehlo.rng %a, %b, %n, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>
  func.return %y : tensor<3xf32>
}

func.func @rng_bit_generator(%x: tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>) {
  // CHECK: %state, %y = stablehlo.rng_bit_generator %x, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)
  %state, %y = stablehlo.rng_bit_generator %x, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)
  func.return %state, %y : tensor<2xui64>, tensor<3xui32>
}
