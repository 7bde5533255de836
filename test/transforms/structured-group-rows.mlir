// RUN: dlir-opt %s --structured-group-rows | filecheck %s

// Maxima of rows, then the rows less these: one group, whose rows are numbered by the first iterator.
// CHECK-LABEL: @rows
// CHECK: iterators = [parallel, reduction], {{.*}}schedule = #structured.schedule<rows = [0, 0]>
// CHECK: iterators = [parallel, parallel], schedule = #structured.schedule<rows = [0, 0]>
func.func @rows(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %o = tensor.empty() : tensor<8x64xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<8xf32>) outs(%o : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

// Columns: the vectors run across what would be rows.
// CHECK-LABEL: @columns
// CHECK-NOT: rows =
// Two reductions of the same tensor: the second one does not read what the first one made.
// CHECK-LABEL: @apart
// CHECK-NOT: rows =
// A row is written over a tensor that is read elsewhere: only fresh memory may be written.
// CHECK-LABEL: @overwriting
// CHECK-NOT: rows =
func.func @columns(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<64xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d1, d0), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<64xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<64xf32>
  %o = tensor.empty() : tensor<8x64xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<64xf32>) outs(%o : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}

func.func @apart(%x: tensor<8x64xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %f = tensor.empty() : tensor<8xf32>
  %s = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0.0 : f32}
      ins(%x : tensor<8x64xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  func.return %m, %s : tensor<8xf32>, tensor<8xf32>
}

func.func @overwriting(%x: tensor<8x64xf32>, %old: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %e = tensor.empty() : tensor<8xf32>
  %m = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0)],
                           iterators = [parallel, reduction], init = 0xff800000 : f32}
      ins(%x : tensor<8x64xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %acc, %a : f32
    structured.yield %v : f32
  } -> tensor<8xf32>
  %y = structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0), (d0, d1) -> (d0, d1)],
                           iterators = [parallel, parallel]}
      ins(%x, %m : tensor<8x64xf32>, tensor<8xf32>) outs(%old : tensor<8x64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %v = arith.subf %a, %b : f32
    structured.yield %v : f32
  } -> tensor<8x64xf32>
  func.return %y : tensor<8x64xf32>
}
