// RUN: dlir-opt %s --apply-schedule{file=%S/inputs/layer-schedule.txt} 2>&1 | filecheck %s
// RUN: dlir-opt %s --apply-schedule='file=%S/inputs/layer-schedule.txt threads=1' 2>&1 | filecheck %s --check-prefix=ONE
// RUN: dlir-opt %s --apply-schedule='file=%S/inputs/none.txt database' | filecheck %s --check-prefix=NONE

// What was measured elsewhere is named once.
// CHECK: layer-schedule.txt:7: warning: 1 entries do not count here, such as this: 2 us (3 us before) with 2 threads on some other machine by dlir 0.0.1

// CHECK-LABEL: @layer
// CHECK: schedule = #structured.schedule<kernel = contraction, tile = [16, 128, 0], vector = [4, 32], pack = [1], threads = [0]>
// ONE-LABEL: @layer
// ONE: schedule = #structured.schedule<kernel = contraction, tile = [16, 128, 0], vector = [4, 32], pack = [1]>
// A database that is not there yet changes nothing.
// NONE-LABEL: @layer
// NONE: iterators = [parallel, parallel, reduction], init = 0.000000e+00 : f32} ins
func.func @layer(%x: tensor<32x784xf32>, %o: tensor<32x512xf32>) -> tensor<32x512xf32> {
  %w = dl.param "w" : tensor<784x512xf32>
  %r = structured.generic {maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
                           iterators = [parallel, parallel, reduction], init = 0.0 : f32}
      ins(%x, %w : tensor<32x784xf32>, tensor<784x512xf32>) outs(%o : tensor<32x512xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<32x512xf32>
  func.return %r : tensor<32x512xf32>
}

// A kernel of another size is another kernel; a schedule written by hand stays.
// CHECK-LABEL: @others
// CHECK: iterators = [parallel, parallel]} ins(%x, %x
// CHECK: schedule = #structured.schedule<threads = [1]>
// CHECK: schedule = #structured.schedule<threads = [0]>
func.func @others(%x: tensor<9x9xf32>, %y: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = structured.generic {maps = [(m, n) -> (m, n), (m, n) -> (m, n), (m, n) -> (m, n)],
                           iterators = [parallel, parallel]}
      ins(%x, %x : tensor<9x9xf32>, tensor<9x9xf32>) outs(%x : tensor<9x9xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<9x9xf32>
  %1 = structured.generic {maps = [(m, n) -> (m, n), (m, n) -> (m, n), (m, n) -> (m, n)],
                           iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [1]>}
      ins(%y, %y : tensor<8x8xf32>, tensor<8x8xf32>) outs(%y : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<8x8xf32>
  %2 = structured.generic {maps = [(m, n) -> (m, n), (m, n) -> (m, n), (m, n) -> (m, n)],
                           iterators = [parallel, parallel]}
      ins(%1, %1 : tensor<8x8xf32>, tensor<8x8xf32>) outs(%y : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<8x8xf32>
  func.return %2 : tensor<8x8xf32>
}
