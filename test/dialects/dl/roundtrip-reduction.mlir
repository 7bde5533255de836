// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @reduce_sum(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reduce_sum %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  %y = dl.reduce_sum %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  func.return
}

func.func @reduce_mean(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reduce_mean %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  %y = dl.reduce_mean %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  func.return
}

func.func @reduce_max(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reduce_max %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  %y = dl.reduce_max %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  func.return
}

func.func @reduce_min(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reduce_min %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  %y = dl.reduce_min %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  func.return
}

func.func @reduce_prod(%x: tensor<?x4x5xf32>) {
  // CHECK: %y = dl.reduce_prod %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  %y = dl.reduce_prod %x {axes = [1, 2]} : tensor<?x4x5xf32> -> tensor<?xf32>
  func.return
}

func.func @reduce_sum_2(%x: tensor<2x3x?xi64>) {
  // CHECK: %y = dl.reduce_sum %x {axes = [0, 2], keepdims} : tensor<2x3x?xi64> -> tensor<1x3x1xi64>
  %y = dl.reduce_sum %x {axes = [0, 2], keepdims} : tensor<2x3x?xi64> -> tensor<1x3x1xi64>
  func.return
}

func.func @reduce_max_2(%x: tensor<2xi1>) {
  // CHECK: %y = dl.reduce_max %x {axes = []} : tensor<2xi1> -> tensor<2xi1>
  %y = dl.reduce_max %x {axes = []} : tensor<2xi1> -> tensor<2xi1>
  func.return
}

func.func @reduce_mean_2(%x: tensor<0xbf16>) {
  // CHECK: %y = dl.reduce_mean %x {axes = [0]} : tensor<0xbf16> -> tensor<bf16>
  %y = dl.reduce_mean %x {axes = [0]} : tensor<0xbf16> -> tensor<bf16>
  func.return
}
