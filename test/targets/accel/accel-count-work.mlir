// RUN: dlir-opt %s --accel-count-work='machine=edge16' | filecheck %s
// RUN: dlir-opt %s --accel-count-work='machine=tpu1' | filecheck %s --check-prefix=HOST

// 64 x 32 x 48 products; both factors and the result once, as bf16; 32 * 48 / 16 rows of weights;
// each result once through the vector unit. So small a product can be kept on the chip.
// CHECK: func.func @main
// CHECK-SAME: accel.work = {whole = {bf16 = 98304 : i64, dram_bytes = 13312 : i64, load_rows = 96 : i64, vector_cycles = 192 : i64, reuse_bytes = 13312 : i64, array_cycles = 384 : i64}
// CHECK-SAME: layers = [{name = "product 64x48", origins = ["{{.*}}accel-count-work.mlir:15:8"], bf16 = 98304 : i64,

// What the host gives or takes comes over a channel of its own, where there is one.
// HOST: dram_bytes = 3072 : i64, host_bytes = 10240 : i64
func.func @main(%x: tensor<64x32xf32>) -> tensor<64x48xf32> {
  %w = dl.param "w" : tensor<32x48xf32>
  %o = tensor.empty() : tensor<64x48xf32>
  %r = structured.generic {maps = [(i, j, k) -> (i, k), (i, j, k) -> (k, j), (i, j, k) -> (i, j)], iterators = [parallel, parallel, reduction], init = 0.0 : f32} ins(%x, %w : tensor<64x32xf32>, tensor<32x48xf32>) outs(%o : tensor<64x48xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    structured.yield %s : f32
  } -> tensor<64x48xf32>
  func.return %r : tensor<64x48xf32>
}

// Sizes that are not known make work that is not known.
// CHECK: func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]} ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) {
  ^bb0(%a: f32):
    %p = arith.mulf %a, %a : f32
    structured.yield %p : f32
  } -> tensor<?xf32>
  func.return %r : tensor<?xf32>
}
