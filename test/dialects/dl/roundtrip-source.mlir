// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @constant() {
  // CHECK: %y = dl.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %y = dl.constant dense<[1.0, 2.0]> : tensor<2xf32>
  func.return
}

func.func @param() {
  // CHECK: %y = dl.param "fc1.weight" : tensor<784x512xf32>
  %y = dl.param "fc1.weight" : tensor<784x512xf32>
  func.return
}

func.func @iota(%n: index) {
  // CHECK: %y = dl.iota axis 1 [%n] : tensor<?x4xi64>
  %y = dl.iota axis 1 [%n] : tensor<?x4xi64>
  func.return
}

func.func @dim(%x: tensor<?x4xf32>) {
  // CHECK: %n = dl.dim %x, 0 : tensor<?x4xf32>
  %n = dl.dim %x, 0 : tensor<?x4xf32>
  func.return
}

func.func @constant_2() {
  // CHECK: %y = dl.constant dense<true> : tensor<i1>
  %y = dl.constant dense<true> : tensor<i1>
  func.return
}

func.func @constant_3() {
  // CHECK: %y = dl.constant dense<-3> : tensor<2x2xi8> {note = 1 : i32}
  %y = dl.constant dense<-3> : tensor<2x2xi8> {note = 1 : i32}
  func.return
}

func.func @constant_4() {
  // CHECK: %y = dl.constant dense<> : tensor<0xf32>
  %y = dl.constant dense<> : tensor<0xf32>
  func.return
}

func.func @iota_2() {
  // CHECK: %y = dl.iota axis 0 : tensor<4xf32>
  %y = dl.iota axis 0 : tensor<4xf32>
  func.return
}

func.func @dim_2(%x: tensor<?x4xi1>) {
  // CHECK: %n = dl.dim %x, 1 {mark} : tensor<?x4xi1>
  %n = dl.dim %x, 1 {mark} : tensor<?x4xi1>
  func.return
}
