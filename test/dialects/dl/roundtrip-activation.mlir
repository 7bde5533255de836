// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @relu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.relu %x : tensor<?x4xf32>
  %y = dl.relu %x : tensor<?x4xf32>
  func.return
}

func.func @sigmoid(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.sigmoid %x : tensor<?x4xf32>
  %y = dl.sigmoid %x : tensor<?x4xf32>
  func.return
}

func.func @silu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.silu %x : tensor<?x4xf32>
  %y = dl.silu %x : tensor<?x4xf32>
  func.return
}

func.func @softplus(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.softplus %x : tensor<?x4xf32>
  %y = dl.softplus %x : tensor<?x4xf32>
  func.return
}

func.func @softsign(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.softsign %x : tensor<?x4xf32>
  %y = dl.softsign %x : tensor<?x4xf32>
  func.return
}

func.func @mish(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.mish %x : tensor<?x4xf32>
  %y = dl.mish %x : tensor<?x4xf32>
  func.return
}

func.func @selu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.selu %x : tensor<?x4xf32>
  %y = dl.selu %x : tensor<?x4xf32>
  func.return
}

func.func @hard_swish(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.hard_swish %x : tensor<?x4xf32>
  %y = dl.hard_swish %x : tensor<?x4xf32>
  func.return
}

func.func @gelu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.gelu %x {approximate = "tanh"} : tensor<?x4xf32>
  %y = dl.gelu %x {approximate = "tanh"} : tensor<?x4xf32>
  func.return
}

func.func @elu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.elu %x {alpha = 0.5} : tensor<?x4xf32>
  %y = dl.elu %x {alpha = 0.5} : tensor<?x4xf32>
  func.return
}

func.func @leaky_relu(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.leaky_relu %x {alpha = 0.1} : tensor<?x4xf32>
  %y = dl.leaky_relu %x {alpha = 0.1} : tensor<?x4xf32>
  func.return
}

func.func @hard_sigmoid(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.hard_sigmoid %x {alpha = 0.25} : tensor<?x4xf32>
  %y = dl.hard_sigmoid %x {alpha = 0.25} : tensor<?x4xf32>
  func.return
}

func.func @clip(%x: tensor<?x4xf32>) {
  // CHECK: %y = dl.clip %x {min = 0.0, max = 6.0} : tensor<?x4xf32>
  %y = dl.clip %x {min = 0.0, max = 6.0} : tensor<?x4xf32>
  func.return
}

func.func @relu_2(%x: tensor<?x?xi32>) {
  // CHECK: %y = dl.relu %x : tensor<?x?xi32>
  %y = dl.relu %x : tensor<?x?xi32>
  func.return
}

func.func @gelu_2(%x: tensor<2xbf16>) {
  // CHECK: %y = dl.gelu %x : tensor<2xbf16>
  %y = dl.gelu %x : tensor<2xbf16>
  func.return
}

func.func @elu_2(%x: tensor<2xf32>) {
  // CHECK: %y = dl.elu %x : tensor<2xf32>
  %y = dl.elu %x : tensor<2xf32>
  func.return
}

func.func @clip_2(%x: tensor<4xi16>) {
  // CHECK: %y = dl.clip %x {max = -1} : tensor<4xi16>
  %y = dl.clip %x {max = -1} : tensor<4xi16>
  func.return
}

func.func @clip_3(%x: tensor<4xf16>) {
  // CHECK: %y = dl.clip %x {min = -inf, max = inf} : tensor<4xf16>
  %y = dl.clip %x {min = -inf, max = inf} : tensor<4xf16>
  func.return
}

func.func @clip_4(%x: tensor<4xf32>) {
  // CHECK: %y = dl.clip %x : tensor<4xf32>
  %y = dl.clip %x : tensor<4xf32>
  func.return
}

func.func @hard_sigmoid_2(%x: tensor<1x1xf64>) {
  // CHECK: %y = dl.hard_sigmoid %x {alpha = 0.16666666666666666, beta = 1.0e-07} : tensor<1x1xf64>
  %y = dl.hard_sigmoid %x {alpha = 0.16666666666666666, beta = 1.0e-07} : tensor<1x1xf64>
  func.return
}
