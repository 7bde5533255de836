// RUN: dlir-opt %s --structured-bufferize --split-input-file --verify-diagnostics | filecheck %s

// The result is computed in the caller's memory, what lies between in the arena. `@f.plan` tells
// how many bytes that takes, and the dynamic sizes of the results.
// CHECK: func.func @chain(%x: memref<?x8xf32>, [[Y:%.*]]: memref<?x8xf32>, %arena: memref<?xi8>) attributes {dlir.arena = [{bytes = {{[0-9]+}} : i64, live = {{[0-9]+}} : i64, factors = 1 : i64}], dlir.result_types = [tensor<?x8xf32>]} {
// CHECK: [[N:%.*]] = memref.dim %x, %c0 : memref<?x8xf32>
// CHECK: [[T:%.*]] = memref.view %arena[%{{.*}}][[[N]]] : memref<?xi8> to memref<?x8xf32>
// CHECK-NEXT: structured.generic {{.*}} ins(%x : memref<?x8xf32>) outs([[T]] : memref<?x8xf32>) {
// CHECK: structured.generic {{.*}} ins([[T]] : memref<?x8xf32>) outs([[Y]] : memref<?x8xf32>) {
// CHECK: func.return
// CHECK-NEXT: }
// CHECK-NEXT: func.func @chain.plan(%x: memref<?x8xf32>) -> (index, index) {
// CHECK: [[N:%.*]] = memref.dim %x, %c0 : memref<?x8xf32>
// CHECK: cf.assert %{{.*}}, "the sizes agree"
// CHECK: %c64 = arith.constant 64 : index
// CHECK: [[BYTES:%.*]] = arith.muli [[N]], %c64 : index
// CHECK: func.return [[BYTES]], [[N]] : index, index
func.func @chain(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %same = arith.cmpi eq, %n, %c0 : index
  cf.assert %same, "the sizes agree"
  %e = tensor.empty(%n) : tensor<?x8xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  } -> tensor<?x8xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, 7 - j)], iterators = [parallel, parallel]}
      ins(%0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<?x8xf32>
  func.return %1 : tensor<?x8xf32>
}

// -----

// Each thread has its rows, then its columns, then its rows again: columns have memory of their own,
// the last rows that of the first ones, which are 256 kB.
// CHECK: func.func @divided(%x: memref<256x256xf32>, [[Y:%.*]]: memref<256x256xf32>, %arena: memref<?xi8>) attributes {dlir.arena = [{bytes = 786432 : i64, live = 524288 :
// CHECK: %c0 = arith.constant 0 : index
// CHECK: memref.view %arena[%c0][]
// CHECK: %c262144 = arith.constant 262144 : index
// CHECK: memref.view %arena[%c262144][]
// CHECK: %c524288 = arith.constant 524288 : index
// CHECK: memref.view %arena[%c524288][]
// CHECK: memref.view %arena[%c0][]
func.func @divided(%x: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %e = tensor.empty() : tensor<256x256xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, 255 - j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [0]>}
      ins(%x : tensor<256x256xf32>) outs(%e : tensor<256x256xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<256x256xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, 255 - j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [0]>}
      ins(%0 : tensor<256x256xf32>) outs(%e : tensor<256x256xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<256x256xf32>
  %2 = structured.generic {maps = [(i, j) -> (i, 255 - j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [1]>}
      ins(%1 : tensor<256x256xf32>) outs(%e : tensor<256x256xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<256x256xf32>
  %3 = structured.generic {maps = [(i, j) -> (i, 255 - j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [0]>}
      ins(%2 : tensor<256x256xf32>) outs(%e : tensor<256x256xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<256x256xf32>
  %4 = structured.generic {maps = [(i, j) -> (i, 255 - j), (i, j) -> (i, j)], iterators = [parallel, parallel],
                           schedule = #structured.schedule<threads = [1]>}
      ins(%3 : tensor<256x256xf32>) outs(%e : tensor<256x256xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<256x256xf32>
  func.return %4 : tensor<256x256xf32>
}

// -----

// A concatenation: each copy is written in place.
// CHECK: func.func @concat(%x: memref<2x8xf32>, %y: memref<2x8xf32>, [[R:%.*]]: memref<4x8xf32>, %arena: memref<?xi8>)
// CHECK-NEXT: structured.generic {{.*}} ins(%x : memref<2x8xf32>) outs([[R]] : memref<4x8xf32>) {
// CHECK: structured.generic {{.*}} ins(%y : memref<2x8xf32>) outs([[R]] : memref<4x8xf32>) {
// CHECK-NOT: structured.generic
// CHECK: func.func @concat.plan
func.func @concat(%x: tensor<2x8xf32>, %y: tensor<2x8xf32>) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)],
                           iterators = [parallel, parallel], domain = array<i64: 2, -1>}
      ins(%x : tensor<2x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4x8xf32>
  %1 = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i + 2, j)], iterators = [parallel, parallel]}
      ins(%y : tensor<2x8xf32>) outs(%0 : tensor<4x8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<4x8xf32>
  func.return %1 : tensor<4x8xf32>
}

// -----

// An argument is never written, and never returned as it is. (A fill keeps nothing of it.)
// CHECK: func.func @arguments(%x: memref<4xf32>, [[A:%.*]]: memref<4xf32>, [[B:%.*]]: memref<2x2xf32>, %arena: memref<?xi8>)
// CHECK-NOT: structured.generic
// CHECK: structured.fill ins(%v : f32) outs([[A]] : memref<4xf32>)
// CHECK: [[V:%.*]] = structured.reshape %x : memref<4xf32> to memref<2x2xf32>
// CHECK: structured.generic {{.*}} ins([[V]] : memref<2x2xf32>) outs([[B]] : memref<2x2xf32>) {
func.func @arguments(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xf32>) {
  %v = arith.constant 1.0 : f32
  %0 = structured.fill ins(%v : f32) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  %1 = structured.reshape %x : tensor<4xf32> to tensor<2x2xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<2x2xf32>
}

// -----

// An op that reads its own destination gets other memory to write.
// CHECK: func.func @reads_its_destination(
// CHECK-SAME: [[R:%[0-9]+]]: memref<8xf32>, %arena: memref<?xi8>)
// CHECK: [[T:%.*]] = memref.view
// CHECK-NEXT: structured.fill ins(%v : f32) outs([[T]] : memref<8xf32>)
// CHECK: structured.generic {maps = [(d0) -> (-d0 + 7), (d0) -> (d0)], iterators = [parallel]} ins([[T]] : memref<8xf32>) outs([[R]] : memref<8xf32>)
func.func @reads_its_destination(%v: f32) -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %0 = structured.fill ins(%v : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %1 = structured.generic {maps = [(i) -> (7 - i), (i) -> (i)], iterators = [parallel]}
      ins(%0 : tensor<8xf32>) outs(%0 : tensor<8xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<8xf32>
  func.return %1 : tensor<8xf32>
}

// -----

// Two static buffers of 256 bytes that are never in use together share their place.
// CHECK: func.func @shared(
// CHECK: memref.view %arena[%c0{{.*}}] : memref<?xi8> to memref<64xf32>
// CHECK: memref.view %arena[%c256{{.*}}] : memref<?xi8> to memref<64xf32>
// CHECK: memref.view %arena[%c0{{.*}}] : memref<?xi8> to memref<64xf32>
// CHECK: func.func @shared.plan(
// CHECK: [[BYTES:%.*]] = arith.constant 512 : index
// CHECK: func.return [[BYTES]] : index
func.func @shared(%x: tensor<64xf32>) -> tensor<64xf32> {
  %e = tensor.empty() : tensor<64xf32>
  %0 = structured.generic {maps = [(i) -> (i), (i) -> (63 - i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<64xf32>
  %1 = structured.generic {maps = [(i) -> (i), (i) -> (63 - i)], iterators = [parallel]}
      ins(%0 : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<64xf32>
  %2 = structured.generic {maps = [(i) -> (i), (i) -> (63 - i)], iterators = [parallel]}
      ins(%1 : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<64xf32>
  %3 = structured.generic {maps = [(i) -> (i), (i) -> (63 - i)], iterators = [parallel]}
      ins(%2 : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32):
    structured.yield %a : f32
  } -> tensor<64xf32>
  func.return %3 : tensor<64xf32>
}

// -----

func.func @not_structured(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'dl.relu' on tensors cannot be bufferized}}
  %y = dl.relu %x : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
