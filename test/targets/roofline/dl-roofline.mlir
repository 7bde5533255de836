// RUN: dlir-opt %s --dl-roofline=machine=xeon-8280 2>&1 | filecheck %s
// RUN: dlir-opt %s '--dl-roofline{machine=xeon-8280}' 2>&1 | filecheck %s
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 threads=1' -o /dev/null 2>&1 | filecheck %s --check-prefix=ONE
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 ideal' -o /dev/null 2>&1 | filecheck %s --check-prefix=IDEAL
// RUN: dlir-opt %s --dl-roofline='machine=%S/inputs/small.toml set=memory.gb_per_s=1;machine.cores=2' -o /dev/null 2>&1 | filecheck %s --check-prefix=FILE
// RUN: dlir-opt %s --dl-roofline='machine=gemmini' -o /dev/null 2>&1 | filecheck %s --check-prefix=ACCEL
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 format=json' -o /dev/null 2>&1 | filecheck %s --check-prefix=JSON
// RUN: dlir-opt %s --dl-roofline='machine=xeon-8280 output=%t.html' | filecheck %s --check-prefix=KEPT
// RUN: filecheck %s --check-prefix=HTML --input-file=%t.html

// A compute-bound op, two memory-bound ones and one that only gives another shape.

// CHECK:      Roofline of @main on xeon-8280: 28 of 28 cores at 2700 MHz, f32 4.838 Top/s, memory 140.8 GB/s, ridge 34.37 op/B
// CHECK:      op {{ *}} at {{ *}} class {{ *}} ops {{ *}} bytes {{ *}} op/B {{ *}} at least {{ *}} bound {{ *}} footprint {{ *}} in
// CHECK-NEXT: dl.matmul {{.*}}:67:8 {{ *}} contraction {{ *}} 2.147 G {{ *}} 16.78 MB {{ *}} 128 {{ *}} 443.8 us {{ *}} compute {{ *}} 12.58 MB {{ *}} l2
// CHECK-NEXT: dl.add {{.*}}:68:8 {{ *}} elementwise {{ *}} 1.049 M {{ *}} 8.393 MB {{ *}} 0.1249 {{ *}} 59.61 us {{ *}} memory {{ *}} 8.393 MB {{ *}} l2
// CHECK-NEXT: dl.softmax {{.*}}:69:8 {{ *}} reduction {{ *}} 5.241 M {{ *}} 8.389 MB {{ *}} 0.6248 {{ *}} 59.58 us {{ *}} memory {{ *}} 8.389 MB {{ *}} l2
// CHECK-NEXT: dl.reshape {{.*}}:70:8 {{ *}} movement {{ *}} 0 {{ *}} 0 B {{ *}} - {{ *}} 0 ns {{ *}} none {{ *}} 0 B {{ *}} -
// CHECK-NEXT: total {{ *}} 4 ops {{ *}} 2.154 G {{ *}} 33.56 MB {{ *}} 64.18 {{ *}} 563 us {{ *}} compute {{ *}} 16.78 MB
// CHECK-NEXT: whole {{ *}} fused {{ *}} 2.154 G {{ *}} 12.59 MB {{ *}} 171.1 {{ *}} 445.1 us {{ *}} compute

// CHECK:      contraction: 1 op, 2.147 G operations, 78.8 % of the time
// CHECK-NEXT: elementwise: 1 op, 1.049 M operations, 10.6 % of the time
// CHECK-NEXT: reduction: 1 op, 5.241 M operations, 10.6 % of the time
// CHECK-NEXT: movement: 1 op, 0 operations, 0.0 % of the time
// CHECK-NEXT: Footprint: 4.198 MB of weights, at most 12.58 MB of other tensors live at one time.
// CHECK-NEXT: Results of products move twice, as sums that grow in memory; all other tensors once per op.
// CHECK-NEXT: Arithmetic binds for 78.8 % of the time: faster units alone make it at most 4.724 times as fast, twice as fast ones 1.651.

// ONE: 1 of 28 cores at 2700 MHz, f32 172.8 Gop/s, memory 140.8 GB/s, ridge 1.227 op/B
// ONE: dl.matmul {{.*}} 12.43 ms {{ *}} compute

// IDEAL: dl.matmul {{.*}} 12.58 MB {{ *}} 170.7
// IDEAL: Results of products move once; all other tensors once per op.

// FILE: Roofline of @main on small: 2 of 2 cores at 1000 MHz, f32 32 Gop/s, memory 1 GB/s, ridge 32 op/B
// FILE: dl.matmul {{.*}} 67.11 ms {{ *}} compute {{ *}} 12.58 MB {{ *}} memory

// The array takes 16 x 16 x 2 operations per cycle, the channel 16 bytes; f32 is stored as bf16.
// ACCEL: Roofline of @main on gemmini: array 16x16 at 1000 MHz, 16 vector lanes, dram 16 GB/s
// ACCEL: dl.matmul {{.*}} 2.147 G {{ *}} 6.291 MB {{ *}} 341.3 {{ *}} 4.194 ms {{ *}} compute {{ *}} 6.291 MB {{ *}} dram
// ACCEL: dl.add {{.*}} 1.049 M {{ *}} 4.196 MB {{ *}} 0.2499 {{ *}} 262.3 us {{ *}} dram

// JSON:      "ops": [
// JSON:        "op": "dl.matmul",
// JSON-NEXT:   "loc": "{{.*}}dl-roofline.mlir:67:8",
// JSON-NEXT:   "class": "contraction",
// JSON-NEXT:   "flops": 2147483648,
// JSON-NEXT:   "macs": 1073741824,
// JSON-NEXT:   "bytes": 16777216,
// JSON-NEXT:   "intensity": 128.0,
// JSON-NEXT:   "bound": "compute",
// JSON-NEXT:   "time_s": 0.000443
// JSON:      "total": {
// JSON-NEXT:   "flops": 2153773056,

// HTML: <h1>Roofline of @main on xeon-8280</h1>
// HTML: aria-label="operations per second over operations per byte of memory traffic"
// HTML: memory, 140.8 GB/s
// HTML: f32: 4.838 T
// HTML: <title>dl.matmul at {{.*}}dl-roofline.mlir:67:8: 2.147 G operations, 16.78 MB, 128 op/B, 443.8 us at least (compute)</title>

// KEPT: dl.matmul
func.func @main(%x: tensor<1024x1024xf32>) -> tensor<1048576xf32> {
  %w = dl.param "w" : tensor<1024x1024xf32>
  %b = dl.param "b" : tensor<1024xf32>
  %0 = dl.matmul %x, %w acc f32 : (tensor<1024x1024xf32>, tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
  %1 = dl.add %0, %b : (tensor<1024x1024xf32>, tensor<1024xf32>) -> tensor<1024x1024xf32>
  %2 = dl.softmax %1 {axis = 1} : tensor<1024x1024xf32>
  %3 = dl.reshape %2 : tensor<1024x1024xf32> -> tensor<1048576xf32>
  func.return %3 : tensor<1048576xf32>
}
