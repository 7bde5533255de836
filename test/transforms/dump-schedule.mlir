// Two layers of one kind are one kernel; what is done to weights alone is none.
// RUN: dlir-opt %s --structured-schedule --dump-schedule{file=%t} -o /dev/null && filecheck %s --input-file=%t

// CHECK: // A schedule: how each kernel of a model is computed
// CHECK: contraction [32, 64, sum 64] f32(d0, d2), weight f32(d2, d1) -> f32(d0, d1) then addf weight f32(d1)
// CHECK-NEXT: <kernel = contraction, vector = [{{[0-9]+}}, {{[0-9]+}}], pack = [1]>
// CHECK-NEXT: map absf [?, 64] padded f32(d0 + 1, 2 * d1) -> f32(d0, d1)
// CHECK-NEXT: <>
// CHECK-NOT: <
func.func @layers(%x: tensor<32x64xf32>, %z: tensor<?x128xf32>, %o: tensor<32x64xf32>, %q: tensor<?x64xf32>) -> tensor<32x64xf32> {
  %v = dl.param "v" : tensor<64x64xf32>
  %b = dl.param "b" : tensor<64xf32>
  %e = tensor.empty() : tensor<64x64xf32>
  %w = structured.generic {maps = [(m, n) -> (n, m), (m, n) -> (m, n)], iterators = [parallel, parallel]}
      ins(%v : tensor<64x64xf32>) outs(%e : tensor<64x64xf32>) {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    structured.yield %s : f32
  } -> tensor<64x64xf32>
  %0 = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<32x64xf32>, tensor<64x64xf32>) outs(%o : tensor<32x64xf32>) {
  ^bb0(%a: f32, %c: f32, %acc: f32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<64xf32>) maps [(m, n) -> (n)] {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    structured.yield %s : f32
  } -> tensor<32x64xf32>
  %1 = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%0, %w : tensor<32x64xf32>, tensor<64x64xf32>) outs(%o : tensor<32x64xf32>) {
  ^bb0(%a: f32, %c: f32, %acc: f32):
    %p = arith.mulf %a, %c : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } epilogue ins(%b : tensor<64xf32>) maps [(m, n) -> (n)] {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    structured.yield %s : f32
  } -> tensor<32x64xf32>
  %2 = structured.generic {maps = [(m, n) -> (m + 1, 2 * n), (m, n) -> (m, n)], iterators = [parallel, parallel], padding = [0.0 : f32]}
      ins(%z : tensor<?x128xf32>) outs(%q : tensor<?x64xf32>) {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    structured.yield %s : f32
  } -> tensor<?x64xf32>
  func.return %1 : tensor<32x64xf32>
}
