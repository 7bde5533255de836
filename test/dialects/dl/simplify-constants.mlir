// RUN: dlir-opt %s --dl-simplify | filecheck %s
// RUN: dlir-opt %s --canonicalize | filecheck %s

// CHECK-LABEL: @arithmetic
// CHECK-NEXT: dl.constant dense<[2.500000e+00, 4.500000e+00]> : tensor<2xf32>
// CHECK-NEXT: func.return
func.func @arithmetic() -> tensor<2xf32> {
  %0 = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = dl.constant dense<0.5> : tensor<f32>
  %2 = dl.add %0, %0 : tensor<2xf32>
  %3 = dl.add %2, %1 : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  func.return %3 : tensor<2xf32>
}

// CHECK-LABEL: @booleans
// CHECK-NEXT: dl.constant dense<[false, true, true]> : tensor<3xi1>
// CHECK-NEXT: func.return
func.func @booleans() -> tensor<3xi1> {
  %0 = dl.iota axis 0 : tensor<3xi64>
  %1 = dl.constant dense<1> : tensor<i64>
  %2 = dl.compare ge, %0, %1 : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  func.return %2 : tensor<3xi1>
}

// CHECK-LABEL: @several_results
// CHECK-DAG: dl.constant dense<[1, 2]> : tensor<2xi8>
// CHECK-DAG: dl.constant dense<3> : tensor<1xi8>
// CHECK-NEXT: func.return
func.func @several_results() -> (tensor<2xi8>, tensor<1xi8>) {
  %0 = dl.constant dense<[1, 2, 3]> : tensor<3xi8>
  %1, %2 = dl.split %0 {axis = 0, sizes = [2, 1]} : tensor<3xi8> -> (tensor<2xi8>, tensor<1xi8>)
  func.return %1, %2 : tensor<2xi8>, tensor<1xi8>
}

// What fails at run time is left to fail there.
// CHECK-LABEL: @division_by_zero
// CHECK: dl.div
func.func @division_by_zero() -> tensor<2xi32> {
  %0 = dl.constant dense<[1, 2]> : tensor<2xi32>
  %1 = dl.constant dense<[1, 0]> : tensor<2xi32>
  %2 = dl.div %0, %1 : tensor<2xi32>
  func.return %2 : tensor<2xi32>
}

// A constant does not grow.
// CHECK-LABEL: @too_large
// CHECK: dl.broadcast
// CHECK: dl.iota
func.func @too_large() -> (tensor<1000x1000xf32>, tensor<2000xi64>) {
  %0 = dl.constant dense<1.0> : tensor<f32>
  %1 = dl.broadcast %0 : tensor<f32> -> tensor<1000x1000xf32>
  %2 = dl.iota axis 0 : tensor<2000xi64>
  func.return %1, %2 : tensor<1000x1000xf32>, tensor<2000xi64>
}

// CHECK-LABEL: @weights_are_not_known
// CHECK: dl.param
// CHECK: dl.exp
func.func @weights_are_not_known() -> tensor<2xf32> {
  %0 = dl.param "w" : tensor<2xf32>
  %1 = dl.exp %0 : tensor<2xf32>
  func.return %1 : tensor<2xf32>
}
