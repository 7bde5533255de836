// RUN: dlir-opt %s --structured-hoist-constants='group-bytes=15' | filecheck %s
// RUN: dlir-opt %s --structured-hoist-constants='group-bytes=16' | filecheck %s --check-prefix=ONE
// RUN: not dlir-opt %s --structured-hoist-constants='group-bytes=big' 2>&1 | filecheck %s --check-prefix=WRONG
// WRONG: error: {{.*}}expected int, got 'big'

// A group ends with the result that makes it larger than asked for. %p and %r share %q, so that
// they stay together; the results are counted through all groups.
// CHECK-LABEL: func.func @main.init(%u: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {dlir.params = ["u"]}
// CHECK-LABEL: func.func @main.init.1(%w: tensor<4xf32>) -> tensor<4xf32> attributes {dlir.params = ["w"]}
// CHECK-LABEL: func.func @main(
// CHECK-SAME: dlir.constants = [0 : i64, 2 : i64, 1 : i64]
// ONE-LABEL: func.func @main.init(
// ONE-SAME: dlir.params = ["u", "w"]
// ONE-NOT: @main.init.1
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %u = dl.param "u" : tensor<4xf32>
  %w = dl.param "w" : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %q = structured.generic {maps = [(i) -> (3 - i), (i) -> (i)], iterators = [parallel]}
      ins(%u : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %p = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%q : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %r = structured.generic {maps = [(i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%q : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.addf %a, %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %v = structured.generic {maps = [(i) -> (3 - i), (i) -> (i)], iterators = [parallel]}
      ins(%w : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32):
    %s = arith.negf %a : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  %y = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%p, %v, %x : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.addf %s, %c : f32
    structured.yield %t : f32
  } -> tensor<4xf32>
  %z = structured.generic {maps = [(i) -> (i), (i) -> (i), (i) -> (i)], iterators = [parallel]}
      ins(%y, %r : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    structured.yield %s : f32
  } -> tensor<4xf32>
  func.return %z : tensor<4xf32>
}
