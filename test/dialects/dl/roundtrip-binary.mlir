// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @add(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.add %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.add %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @sub(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.sub %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.sub %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @mul(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.mul %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.mul %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @div(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.div %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.div %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @mod(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.mod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.mod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @fmod(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.fmod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.fmod %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @pow(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.pow %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.pow %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @max(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.max %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.max %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @min(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.min %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.min %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @atan2(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.atan2 %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.atan2 %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @prelu(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.prelu %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %y = dl.prelu %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @and(%a: tensor<?x4xi1>, %b: tensor<4xi1>) {
  // CHECK: %y = dl.and %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  %y = dl.and %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  func.return
}

func.func @or(%a: tensor<?x4xi1>, %b: tensor<4xi1>) {
  // CHECK: %y = dl.or %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  %y = dl.or %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  func.return
}

func.func @xor(%a: tensor<?x4xi1>, %b: tensor<4xi1>) {
  // CHECK: %y = dl.xor %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  %y = dl.xor %a, %b : (tensor<?x4xi1>, tensor<4xi1>) -> tensor<?x4xi1>
  func.return
}

func.func @compare(%a: tensor<?x4xf32>, %b: tensor<4xf32>) {
  // CHECK: %y = dl.compare lt, %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xi1>
  %y = dl.compare lt, %a, %b : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xi1>
  func.return
}

func.func @select(%c: tensor<?x4xi1>, %a: tensor<4xf32>, %b: tensor<?x1xf32>) {
  // CHECK: %y = dl.select %c, %a, %b : (tensor<?x4xi1>, tensor<4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y = dl.select %c, %a, %b : (tensor<?x4xi1>, tensor<4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  func.return
}

func.func @cast(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.cast %x : tensor<?x4xf32> -> tensor<?x4xi8>
  %y = dl.cast %x : tensor<?x4xf32> -> tensor<?x4xi8>
  func.return
}

func.func @add_2(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) {
  // CHECK: %y = dl.add %a, %b : tensor<?x4xf32>
  %y = dl.add %a, %b : tensor<?x4xf32>
  func.return
}

func.func @add_3(%a: tensor<4xi8>, %b: tensor<4xi8>) {
  // CHECK: %y = dl.add %a, %b : tensor<4xi8>
  %y = dl.add %a, %b : (tensor<4xi8>, tensor<4xi8>) -> tensor<4xi8>
  func.return
}

func.func @mul_2(%a: tensor<f64>, %b: tensor<0x1xf64>) {
  // CHECK: %y = dl.mul %a, %b : (tensor<f64>, tensor<0x1xf64>) -> tensor<0x1xf64>
  %y = dl.mul %a, %b : (tensor<f64>, tensor<0x1xf64>) -> tensor<0x1xf64>
  func.return
}

func.func @div_2(%a: tensor<?x?xf16>, %b: tensor<3xf16>) {
  // CHECK: %y = dl.div %a, %b : (tensor<?x?xf16>, tensor<3xf16>) -> tensor<?x3xf16>
  %y = dl.div %a, %b : (tensor<?x?xf16>, tensor<3xf16>) -> tensor<?x3xf16>
  func.return
}

func.func @xor_2(%a: tensor<2xi64>, %b: tensor<2xi64>) {
  // CHECK: %y = dl.xor %a, %b : tensor<2xi64>
  %y = dl.xor %a, %b : tensor<2xi64>
  func.return
}

func.func @compare_2(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // CHECK: %y = dl.compare eq, %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  %y = dl.compare eq, %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  func.return
}

func.func @compare_3(%a: tensor<?xf32>, %b: tensor<?xf32>) {
  // CHECK: %y = dl.compare ge, %a, %b {mark} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xi1>
  %y = dl.compare ge, %a, %b {mark} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xi1>
  func.return
}

func.func @select_2(%c: tensor<2xi1>, %a: tensor<2xi1>, %b: tensor<2xi1>) {
  // CHECK: %y = dl.select %c, %a, %b : (tensor<2xi1>, tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  %y = dl.select %c, %a, %b : tensor<2xi1>
  func.return
}

func.func @select_3(%c: tensor<i1>, %a: tensor<?xbf16>, %b: tensor<?xbf16>) {
  // CHECK: %y = dl.select %c, %a, %b : (tensor<i1>, tensor<?xbf16>, tensor<?xbf16>) -> tensor<?xbf16>
  %y = dl.select %c, %a, %b : (tensor<i1>, tensor<?xbf16>, tensor<?xbf16>) -> tensor<?xbf16>
  func.return
}

func.func @cast_2(%x: tensor<i1>) {
  // CHECK: %y = dl.cast %x : tensor<i1> -> tensor<f32>
  %y = dl.cast %x : tensor<i1> -> tensor<f32>
  func.return
}

func.func @cast_3(%x: tensor<4xf32>) {
  // CHECK: %y = dl.cast %x : tensor<4xf32> -> tensor<4xf32>
  %y = dl.cast %x : tensor<4xf32> -> tensor<4xf32>
  func.return
}
