// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @reshape(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reshape %x : tensor<?x4x5xf32> -> tensor<?x20xf32>
  %y = dl.reshape %x : tensor<?x4x5xf32> -> tensor<?x20xf32>
  func.return
}

func.func @transpose(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.transpose %x {perm = [0, 2, 1]} : tensor<?x4x5xf32> -> tensor<?x5x4xf32>
  %y = dl.transpose %x {perm = [0, 2, 1]} : tensor<?x4x5xf32> -> tensor<?x5x4xf32>
  func.return
}

func.func @broadcast(%x: tensor<1x4xf32>, %n: index) {
  // CHECK: %y = dl.broadcast %x [%n] : tensor<1x4xf32> -> tensor<?x3x4xf32>
  %y = dl.broadcast %x [%n] : tensor<1x4xf32> -> tensor<?x3x4xf32>
  func.return
}

func.func @slice(%x: tensor<?x4xf32>, %n: index) {
  // CHECK: %y = dl.slice %x [%n] {offsets = [0, 3], strides = [1, -1]} : tensor<?x4xf32> -> tensor<?x2xf32>
  %y = dl.slice %x [%n] {offsets = [0, 3], strides = [1, -1]} : tensor<?x4xf32> -> tensor<?x2xf32>
  func.return
}

func.func @pad(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.pad %x {low = [0, 1], high = [0, 2], value = 0.0} : tensor<?x4xf32> -> tensor<?x7xf32>
  %y = dl.pad %x {low = [0, 1], high = [0, 2], value = 0.0} : tensor<?x4xf32> -> tensor<?x7xf32>
  func.return
}

func.func @gather(%x: tensor<30000x768xf32>, %i: tensor<?x128xi64>) {
  // CHECK: %y = dl.gather %x, %i {axis = 0} : (tensor<30000x768xf32>, tensor<?x128xi64>) -> tensor<?x128x768xf32>
  %y = dl.gather %x, %i {axis = 0} : (tensor<30000x768xf32>, tensor<?x128xi64>) -> tensor<?x128x768xf32>
  func.return
}

func.func @concat(%a: tensor<?x4xf32>, %b: tensor<?x3xf32>) {
  // CHECK: %y = dl.concat %a, %b {axis = 1} : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x7xf32>
  %y = dl.concat %a, %b {axis = 1} : (tensor<?x4xf32>, tensor<?x3xf32>) -> tensor<?x7xf32>
  func.return
}

func.func @split(%x: tensor<?x7xf32>) {
  // CHECK: %y, %z = dl.split %x {axis = 1, sizes = [4, 3]} : tensor<?x7xf32> -> (tensor<?x4xf32>, tensor<?x3xf32>)
  %y, %z = dl.split %x {axis = 1, sizes = [4, 3]} : tensor<?x7xf32> -> (tensor<?x4xf32>, tensor<?x3xf32>)
  func.return
}

func.func @gather_2(%x: tensor<4x?xi1>, %i: tensor<i8>) {
  // CHECK: %y = dl.gather %x, %i {axis = 1} : (tensor<4x?xi1>, tensor<i8>) -> tensor<4xi1>
  %y = dl.gather %x, %i {axis = 1} : (tensor<4x?xi1>, tensor<i8>) -> tensor<4xi1>
  func.return
}

func.func @reshape_2(%x: tensor<?x4xf32>, %n: index, %m: index) {
  // CHECK: %y = dl.reshape %x [%n, %m] : tensor<?x4xf32> -> tensor<?x2x?xf32>
  %y = dl.reshape %x [%n, %m] : tensor<?x4xf32> -> tensor<?x2x?xf32>
  func.return
}

func.func @reshape_3(%x: tensor<1xi8>) {
  // CHECK: %y = dl.reshape %x : tensor<1xi8> -> tensor<i8>
  %y = dl.reshape %x : tensor<1xi8> -> tensor<i8>
  func.return
}

func.func @transpose_2(%x: tensor<f32>) {
  // CHECK: %y = dl.transpose %x {perm = []} : tensor<f32> -> tensor<f32>
  %y = dl.transpose %x {perm = []} : tensor<f32> -> tensor<f32>
  func.return
}

func.func @broadcast_2(%x: tensor<f32>) {
  // CHECK: %y = dl.broadcast %x : tensor<f32> -> tensor<2x3xf32>
  %y = dl.broadcast %x : tensor<f32> -> tensor<2x3xf32>
  func.return
}

func.func @slice_2(%x: tensor<4xi16>) {
  // CHECK: %y = dl.slice %x {offsets = [3], strides = [-2]} : tensor<4xi16> -> tensor<2xi16>
  %y = dl.slice %x {offsets = [3], strides = [-2]} : tensor<4xi16> -> tensor<2xi16>
  func.return
}

func.func @pad_2(%x: tensor<?xf16>) {
  // CHECK: %y = dl.pad %x {low = [2], high = [0], value = -inf} : tensor<?xf16> -> tensor<?xf16>
  %y = dl.pad %x {low = [2], high = [0], value = -inf} : tensor<?xf16> -> tensor<?xf16>
  func.return
}

func.func @pad_3(%x: tensor<3xi8>) {
  // CHECK: %y = dl.pad %x {low = [2], high = [0], value = -128} : tensor<3xi8> -> tensor<5xi8>
  %y = dl.pad %x {low = [2], high = [0], value = -128} : tensor<3xi8> -> tensor<5xi8>
  func.return
}

func.func @concat_2(%a: tensor<?xf32>) {
  // CHECK: %y = dl.concat %a {axis = 0} : tensor<?xf32> -> tensor<?xf32>
  %y = dl.concat %a {axis = 0} : tensor<?xf32> -> tensor<?xf32>
  func.return
}

func.func @split_2(%x: tensor<?x?xf32>) {
  // CHECK: %y, %z, %u = dl.split %x {axis = 1, sizes = [0, 1, 2]} : tensor<?x?xf32> -> (tensor<?x0xf32>, tensor<?x1xf32>, tensor<?x2xf32>)
  %y, %z, %u = dl.split %x {axis = 1, sizes = [0, 1, 2]} : tensor<?x?xf32> -> (tensor<?x0xf32>, tensor<?x1xf32>, tensor<?x2xf32>)
  func.return
}
