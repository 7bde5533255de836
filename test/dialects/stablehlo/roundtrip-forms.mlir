// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

// Older texts: properties among the attributes, lists of numbers as dense constants.

// CHECK-LABEL: func.func @older
// CHECK-NEXT: stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: stablehlo.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
func.func @older(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<2xf32>) {
  %t = "stablehlo.transpose"(%x) {permutation = dense<[1, 0]> : tensor<2xi64>}
      : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %c = "stablehlo.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %r = "stablehlo.reduce"(%x, %c) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %s = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %s : tensor<f32>
  }) {dimensions = dense<1> : tensor<1xi64>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %t, %r : tensor<3x2xf32>, tensor<2xf32>
}

// Bounds of sizes, and types that differ where one is not known.

// CHECK-LABEL: func.func @bounds
// CHECK-NEXT: stablehlo.tanh %x : tensor<?x3xf32, #stablehlo.bounds<4, ?>>
// CHECK-NEXT: stablehlo.add %y, %z : (tensor<?xf32>, tensor<3xf32>) -> tensor<?xf32>
func.func @bounds(%x: tensor<?x3xf32, #stablehlo.bounds<4, ?>>, %y: tensor<?xf32>, %z: tensor<3xf32>) {
  %0 = stablehlo.tanh %x : tensor<?x3xf32, #stablehlo.bounds<4, ?>>
  %1 = stablehlo.add %y, %z : (tensor<?xf32>, tensor<3xf32>) -> tensor<?xf32>
  func.return
}

// Precision, algorithm and accuracy.

// CHECK-LABEL: func.func @precision
// CHECK-NEXT: stablehlo.dot_general %x, %x, contracting_dims = [1] x [0], precision = [DEFAULT, HIGHEST], algorithm = <lhs_precision_type = f16, rhs_precision_type = f16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: stablehlo.dot %x, %x, precision = [HIGH, HIGH]
// CHECK-NEXT: stablehlo.exponential %x {result_accuracy = #stablehlo.result_accuracy<atol = 0.5, ulps = 2, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} : tensor<2x2xf32>
func.func @precision(%x: tensor<2x2xf32>) {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0], precision = [DEFAULT, HIGHEST], algorithm = <lhs_precision_type = f16, rhs_precision_type = f16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = stablehlo.dot %x, %x, precision = [HIGH, HIGH] : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = "stablehlo.exponential"(%x) <{result_accuracy = #stablehlo.result_accuracy<atol = 0.5, rtol = 0.0, ulps = 2, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>}> : (tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return
}

// Reductions of several tensors, loops without values, attributes.

// CHECK-LABEL: func.func @regions
// CHECK-NEXT: stablehlo.reduce(%x init: %v), (%i init: %w) across dimensions = [0] {note = 1 : i32} : (tensor<3xf32>, tensor<3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
// CHECK-NEXT: reducer(%a: tensor<f32>, %b: tensor<f32>) (%j: tensor<i32>, %k: tensor<i32>) {
// CHECK-NEXT:   stablehlo.return %a, %j : tensor<f32>, tensor<i32>
// CHECK-NEXT: }
// CHECK-NEXT: stablehlo.while()
// CHECK-NEXT: cond {
// CHECK-NEXT:   stablehlo.return %c : tensor<i1>
// CHECK-NEXT: } do {
// CHECK-NEXT:   stablehlo.return
// CHECK-NEXT: }
func.func @regions(%x: tensor<3xf32>, %i: tensor<3xi32>, %v: tensor<f32>, %w: tensor<i32>, %c: tensor<i1>) {
  %y:2 = stablehlo.reduce(%x init: %v), (%i init: %w) across dimensions = [0] {note = 1 : i32}
      : (tensor<3xf32>, tensor<3xi32>, tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
   reducer(%a: tensor<f32>, %b: tensor<f32>) (%j: tensor<i32>, %k: tensor<i32>) {
    stablehlo.return %a, %j : tensor<f32>, tensor<i32>
  }
  stablehlo.while()
  cond {
    stablehlo.return %c : tensor<i1>
  } do {
    stablehlo.return
  }
  func.return
}

// What else exporters write: loops of several values, quoted targets, barriers, empty slices.

// CHECK-LABEL: func.func @texts
// CHECK-NEXT: stablehlo.custom_call @"a b"(%x) {api_version = 2 : i32, backend_config = ""} : (tensor<3xf32>) -> ()
// CHECK-NEXT: stablehlo.optimization_barrier %x, %n : tensor<3xf32>, tensor<i32>
// CHECK-NEXT: stablehlo.constant {note = 1 : i32} dense<[-2, 4]> : tensor<2xi64>
// CHECK-NEXT: stablehlo.slice %n [] : (tensor<i32>) -> tensor<i32>
func.func @texts(%x: tensor<3xf32>, %n: tensor<i32>) {
  stablehlo.custom_call @"a b"(%x) {api_version = 2 : i32, backend_config = ""} : (tensor<3xf32>) -> ()
  %0:2 = stablehlo.optimization_barrier %x, %n : tensor<3xf32>, tensor<i32>
  %1 = stablehlo.constant {note = 1 : i32} dense<[-2, 4]> : tensor<2xi64>
  %2 = stablehlo.slice %n [] : (tensor<i32>) -> tensor<i32>
  func.return
}
