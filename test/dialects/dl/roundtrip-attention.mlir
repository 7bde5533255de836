// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @attention(%q: tensor<?x12x?x64xf32>, %k: tensor<?x12x?x64xf32>, %v: tensor<?x12x?x32xf32>, %mask: tensor<?x1x1x?xf32>) {
  // CHECK: %y = dl.attention %q, %k, %v, %mask {scale = 0.125} : (tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>, tensor<?x12x?x32xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x32xf32>
  %y = dl.attention %q, %k, %v, %mask {scale = 0.125} : (tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>, tensor<?x12x?x32xf32>, tensor<?x1x1x?xf32>) -> tensor<?x12x?x32xf32>
  func.return
}

func.func @attention_2(%q: tensor<3x4xf64>, %kv: tensor<5x4xf64>) {
  // CHECK: %y = dl.attention %q, %kv, %kv : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>) -> tensor<3x4xf64>
  %y = dl.attention %q, %kv, %kv : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>) -> tensor<3x4xf64>
  func.return
}

func.func @attention_3(%q: tensor<3x4xf32>, %kv: tensor<5x4xf32>, %mask: tensor<3x5xi1>) {
  // CHECK: %y = dl.attention %q, %kv, %kv, %mask {fill = -1.0e+30} : (tensor<3x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<3x5xi1>) -> tensor<3x4xf32>
  %y = dl.attention %q, %kv, %kv, %mask {fill = -1.0e+30} : (tensor<3x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>, tensor<3x5xi1>) -> tensor<3x4xf32>
  func.return
}

func.func @additive_attention(%q: tensor<?x?x64xf32>, %k: tensor<?x?x64xf32>, %v: tensor<?x?x128xf32>, %w: tensor<64xf32>, %mask: tensor<?x1x?xi1>) {
  // CHECK: %y = dl.additive_attention %q, %k, %v, %w, %mask : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<?x?x128xf32>, tensor<64xf32>, tensor<?x1x?xi1>) -> tensor<?x?x128xf32>
  %y = dl.additive_attention %q, %k, %v, %w, %mask : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<?x?x128xf32>, tensor<64xf32>, tensor<?x1x?xi1>) -> tensor<?x?x128xf32>
  func.return
}

func.func @additive_attention_2(%q: tensor<3x4xf16>, %kv: tensor<5x?xf16>, %w: tensor<?xf16>, %mask: tensor<5xf16>) {
  // CHECK: %y = dl.additive_attention %q, %kv, %kv, %w, %mask {fill = -65504.0} : (tensor<3x4xf16>, tensor<5x?xf16>, tensor<5x?xf16>, tensor<?xf16>, tensor<5xf16>) -> tensor<3x?xf16>
  %y = dl.additive_attention %q, %kv, %kv, %w, %mask {fill = -65504.0} : (tensor<3x4xf16>, tensor<5x?xf16>, tensor<5x?xf16>, tensor<?xf16>, tensor<5xf16>) -> tensor<3x?xf16>
  func.return
}

func.func @additive_attention_3(%q: tensor<3x4xf64>, %kv: tensor<5x4xf64>, %w: tensor<4xf64>) {
  // CHECK: %y = dl.additive_attention %q, %kv, %kv, %w : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>, tensor<4xf64>) -> tensor<3x4xf64>
  %y = dl.additive_attention %q, %kv, %kv, %w : (tensor<3x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>, tensor<4xf64>) -> tensor<3x4xf64>
  func.return
}
