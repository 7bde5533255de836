// RUN: dlir-opt %s --structured-fuse-siblings | filecheck %s

// Two folds of one tensor: the second one, with its destination, moves next to the first.
// CHECK-LABEL: @folds
// CHECK: %f = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: %a = structured.generic {{.*}} schedule = #structured.schedule<siblings = [0]>} ins(%x : tensor<4x8xf32>)
// CHECK: %b = structured.generic {{.*}} schedule = #structured.schedule<siblings = [0]>} ins(%x : tensor<4x8xf32>) outs(%f
// CHECK: %n = structured.generic {{.*}} ins(%a
// CHECK-NOT: siblings
func.func @folds(%x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %a = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32, %acc: f32):
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %n = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %f = tensor.empty() : tensor<4xf32>
  %b = structured.generic {maps = [(i, k) -> (i, k), (i, k) -> (i)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%p: f32, %acc: f32):
    %s = arith.maximumf %acc, %p : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %n, %b : tensor<4xf32>, tensor<4xf32>
}

// Small ops share a call though they read nothing together; large ones do not.
// CHECK-LABEL: @strangers
// CHECK-COUNT-2: siblings = [0]
// CHECK-NOT: siblings
func.func @strangers(%x: tensor<64xf32>, %y: tensor<64xf32>, %u: tensor<4096x64xf32>, %v: tensor<4096x64xf32>)
    -> (tensor<64xf32>, tensor<64xf32>, tensor<4096x64xf32>, tensor<4096x64xf32>) {
  %e = tensor.empty() : tensor<64xf32>
  %a = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %b = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%y : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %f = tensor.empty() : tensor<4096x64xf32>
  %c = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%u : tensor<4096x64xf32>) outs(%f : tensor<4096x64xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  } -> tensor<4096x64xf32>
  %d = structured.generic {maps = [(i, j) -> (i, j), (i, j) -> (i, j)], iterators = [parallel, parallel]}
      ins(%v : tensor<4096x64xf32>) outs(%f : tensor<4096x64xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  } -> tensor<4096x64xf32>
  func.return %a, %b, %c, %d : tensor<64xf32>, tensor<64xf32>, tensor<4096x64xf32>, tensor<4096x64xf32>
}

// No siblings: one reads what the other makes; different points; memory that is not fresh; sizes
// that are not known; ops whose rows are walked together.
// CHECK-LABEL: @others
// CHECK-NOT: siblings
func.func @others(%x: tensor<64xf32>, %o: tensor<64xf32>, %z: tensor<?xf32>, %k: index)
    -> (tensor<64xf32>, tensor<32xf32>, tensor<64xf32>, tensor<?xf32>, tensor<?xf32>, tensor<64xf32>) {
  %e = tensor.empty() : tensor<64xf32>
  %a = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %b = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x, %a : tensor<64xf32>, tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %f = tensor.empty() : tensor<32xf32>
  %c = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%f : tensor<32xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  } -> tensor<32xf32>
  %d = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%x : tensor<64xf32>) outs(%o : tensor<64xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  %g = tensor.empty(%k) : tensor<?xf32>
  %h = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%z : tensor<?xf32>) outs(%g : tensor<?xf32>) {
  ^bb0(%p: f32):
    %s = math.sqrt %p : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  %l = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%z : tensor<?xf32>) outs(%g : tensor<?xf32>) {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    structured.yield %s : f32
  } -> tensor<?xf32>
  %m = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel],
                           schedule = #structured.schedule<rows = [0, 0]>}
      ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%p: f32):
    %s = math.absf %p : f32
    structured.yield %s : f32
  } -> tensor<64xf32>
  func.return %b, %c, %d, %h, %l, %m : tensor<64xf32>, tensor<32xf32>, tensor<64xf32>, tensor<?xf32>, tensor<?xf32>, tensor<64xf32>
}
