// RUN: dlir-opt %s --convert-linalg-to-structured --split-input-file --verify-diagnostics

func.func @on_memory(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{'linalg.exp' works on memory}}
  linalg.exp ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
  func.return
}

// -----

func.func @control_flow(%x: tensor<4xf32>, %p: i1) -> tensor<4xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    // expected-error @+1 {{'scf.while' in the body of 'linalg.generic' has no form in the structured dialect}}
    %r = scf.while (%b = %a) : (f32) -> f32 {
      scf.condition(%p) %b : f32
    } do {
    ^bb1(%b: f32):
      scf.yield %b : f32
    }
    linalg.yield %r : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @not_linear(%x: tensor<8xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{operand 1: '(d0 floordiv 2)' is not linear in the iterators}}
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i floordiv 2)>], iterator_types = ["parallel"]} ins(%x : tensor<8xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @race(%x: tensor<4x5xf32>, %o: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{iterator d1 is parallel, but output 0 is not indexed by it}}
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x5xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @circle(%x: tensor<4xf32>, %o: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // expected-error @+1 {{outputs 0 and 1 are computed from each other}}
  %y:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>], iterator_types = ["reduction"]} ins(%x : tensor<4xf32>) outs(%o, %o : tensor<f32>, tensor<f32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.addf %a, %c : f32
    %e = arith.addf %d, %b : f32
    linalg.yield %d, %e : f32, f32
  } -> (tensor<f32>, tensor<f32>)
  func.return %y#0, %y#1 : tensor<f32>, tensor<f32>
}

// -----

func.func @sizes(%x: tensor<4xf32>, %s: tensor<1xindex>) -> tensor<?xf32> {
  // expected-error @+1 {{'tensor.reshape' takes its sizes from a tensor that is computed}}
  %y = tensor.reshape %x(%s) : (tensor<4xf32>, tensor<1xindex>) -> tensor<?xf32>
  func.return %y : tensor<?xf32>
}

// -----

func.func @pad_positions(%x: tensor<4xindex>) -> tensor<6xindex> {
  // expected-error @+1 {{'tensor.pad' puts positions outside}}
  %y = tensor.pad %x low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<4xindex> to tensor<6xindex>
  func.return %y : tensor<6xindex>
}

// -----

func.func @guarded_division(%x: tensor<4xi32>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i32
  %y = linalg.map ins(%x : tensor<4xi32>) outs(%x : tensor<4xi32>) (%a: i32) {
    %p = arith.cmpi eq, %a, %zero : i32
    // expected-error @+1 {{'scf.if' in the body of 'linalg.map' has no form in the structured dialect}}
    %r = scf.if %p -> (i32) {
      scf.yield %zero : i32
    } else {
      %d = arith.divsi %a, %a : i32
      scf.yield %d : i32
    }
    linalg.yield %r : i32
  }
  func.return %y : tensor<4xi32>
}

// -----

func.func @generated(%t: tensor<4xf32>) -> tensor<4xf32> {
  %y = tensor.generate {
  ^bb0(%i: index):
    // expected-error @+1 {{'tensor.extract' in the region of 'tensor.generate' has no form}}
    %e = tensor.extract %t[%i] : tensor<4xf32>
    tensor.yield %e : f32
  } : tensor<4xf32>
  func.return %y : tensor<4xf32>
}
