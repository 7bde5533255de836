// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=square format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=SQUARE
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=row format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=ROW
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=row' -o /dev/null 2>&1 | filecheck %s --check-prefix=ROW-BOUND
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=add format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=ADD
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=add_bf16 format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=HALF
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=conv format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=CONV
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 function=square ideal format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=IDEAL

// The figures of A. Rodriguez, "Deep Learning Systems" (2020), chapter 7.

// Published: a product of 1024 x 1024 matrices in f32 has 128 operations per byte.
// SQUARE: "op": "dl.matmul"
// SQUARE: "intensity": 128.0,
// SQUARE: "bound": "compute",
func.func @square(%a: tensor<1024x1024xf32>, %b: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %y = dl.matmul %a, %b acc f32 : (tensor<1024x1024xf32>, tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
  func.return %y : tensor<1024x1024xf32>
}

// Published: with M = 1 it has 0.4985: a batch of one is bound by the bandwidth.
// ROW: "op": "dl.matmul"
// ROW: "intensity": 0.49853
// ROW: "bound": "memory",
// ROW-BOUND: dl.matmul {{.*}} 0.4985 {{.*}} memory
func.func @row(%a: tensor<1x1024xf32>, %b: tensor<1024x1024xf32>) -> tensor<1x1024xf32> {
  %y = dl.matmul %a, %b acc f32 : (tensor<1x1024xf32>, tensor<1024x1024xf32>) -> tensor<1x1024xf32>
  func.return %y : tensor<1x1024xf32>
}

// Published: without reuse it is 1 / (3 * sizeof(t)): 1/12 in f32, 1/6 in bf16.
// ADD: "intensity": 0.08333333333333333,
// ADD: "bound": "memory",
func.func @add(%a: tensor<1024x1024xf32>, %b: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %y = dl.add %a, %b : tensor<1024x1024xf32>
  func.return %y : tensor<1024x1024xf32>
}

// HALF: "intensity": 0.16666666666666666,
// HALF: "bound": "memory",
func.func @add_bf16(%a: tensor<1024x1024xbf16>, %b: tensor<1024x1024xbf16>) -> tensor<1024x1024xbf16> {
  %y = dl.add %a, %b : tensor<1024x1024xbf16>
  func.return %y : tensor<1024x1024xbf16>
}

// Published: 2NKCRS*Ho*Wo / (sizeof * (2N*Ho*Wo*K + KCRS + NHWC)); here N = 1, C = K = 64,
// H = W = Ho = Wo = 56, R = S = 3: 231211008 operations and 4 * (401408 + 36864 + 200704) bytes.
// CONV: "flops": 231211008,
// CONV: "bytes": 2555904,
// CONV: "intensity": 90.46153846153847,
func.func @conv(%x: tensor<1x64x56x56xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<1x64x56x56xf32> {
  %y = dl.conv2d %x, %w acc f32 {padding = [1, 1, 1, 1]} : (tensor<1x64x56x56xf32>, tensor<64x64x3x3xf32>) -> tensor<1x64x56x56xf32>
  func.return %y : tensor<1x64x56x56xf32>
}

// Published: ideal is ops / (inputs + weights + outputs), each moved once: 2 * 1024^3 / (4 * 3 * 1024^2).
// IDEAL: "intensity": 170.66666666666666,
