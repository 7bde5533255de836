// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

#trait = {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
          iterator_types = ["parallel", "reduction"], doc = "sums", library_call = "sums"}

// CHECK-LABEL: func.func @generic
func.func @generic(%x: tensor<4x5xf32>, %v: tensor<5xf32>, %o: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xindex>) {
  // CHECK: linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"], doc = "sums", library_call = "sums"} ins(%x, %v : tensor<4x5xf32>, tensor<5xf32>) outs(%o : tensor<4xf32>) attrs = {tag = 1 : i64} {
  // CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
  // CHECK: linalg.yield %{{.*}} : f32
  // CHECK-NEXT: } -> tensor<4xf32>
  %0 = linalg.generic #trait ins(%x, %v : tensor<4x5xf32>, tensor<5xf32>) outs(%o : tensor<4xf32>) attrs = {tag = 1 : i64} {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %e = tensor.empty() : tensor<4xindex>
  // CHECK: linalg.index 0 : index
  // CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, index
  // CHECK-NEXT: } -> (tensor<4xf32>, tensor<4xindex>)
  %1:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%o, %e : tensor<4xf32>, tensor<4xindex>) {
  ^bb0(%a: f32, %b: index):
    %i = linalg.index 0 : index
    linalg.yield %a, %i : f32, index
  } -> (tensor<4xf32>, tensor<4xindex>)
  func.return %0, %1#0, %1#1 : tensor<4xf32>, tensor<4xf32>, tensor<4xindex>
}

// CHECK-LABEL: func.func @on_memory
func.func @on_memory(%x: memref<4xf32>, %y: memref<4xf32>) {
  // CHECK: linalg.exp ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
  linalg.exp ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
  func.return
}

// CHECK-LABEL: func.func @dimensions
func.func @dimensions(%x: tensor<4x5xf32>, %v: tensor<5xf32>, %o: tensor<5x4xf32>) {
  // CHECK: linalg.transpose ins(%x : tensor<4x5xf32>) outs(%o : tensor<5x4xf32>) permutation = [1, 0]
  %0 = linalg.transpose ins(%x : tensor<4x5xf32>) outs(%o : tensor<5x4xf32>) permutation = [1, 0]
  // CHECK: linalg.broadcast ins(%v : tensor<5xf32>) outs(%o : tensor<5x4xf32>) dimensions = [1]
  %1 = linalg.broadcast ins(%v : tensor<5xf32>) outs(%o : tensor<5x4xf32>) dimensions = [1]
  // CHECK: linalg.reduce ins(%x : tensor<4x5xf32>) outs(%v : tensor<5xf32>) dimensions = [0] (%{{.*}}: f32, %{{.*}}: f32) {
  // CHECK: arith.addf
  %2 = linalg.reduce {arith.addf} ins(%x : tensor<4x5xf32>) outs(%v : tensor<5xf32>) dimensions = [0]
  // CHECK: linalg.reduce ins(%x, %x : tensor<4x5xf32>, tensor<4x5xf32>) outs(%v, %v : tensor<5xf32>, tensor<5xf32>) dimensions = [0]
  %3:2 = linalg.reduce ins(%x, %x : tensor<4x5xf32>, tensor<4x5xf32>) outs(%v, %v : tensor<5xf32>, tensor<5xf32>) dimensions = [0] (%a: f32, %b: f32, %c: f32, %d: f32) {
    linalg.yield %a, %b : f32, f32
  }
  // CHECK: linalg.map ins(%v : tensor<5xf32>) outs(%v : tensor<5xf32>) (%{{.*}}: f32) {
  // CHECK-NEXT: math.exp
  %4 = linalg.map {math.exp} ins(%v : tensor<5xf32>) outs(%v : tensor<5xf32>)
  // CHECK: linalg.map ins(%v, %v : tensor<5xf32>, tensor<5xf32>) outs(%v : tensor<5xf32>) (%{{.*}}: f32, %{{.*}}: f32) {
  %5 = linalg.map ins(%v, %v : tensor<5xf32>, tensor<5xf32>) outs(%v : tensor<5xf32>) (%a: f32, %b: f32) {
    linalg.yield %b : f32
  }
  func.return
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%a: tensor<4x3xf32>, %b: tensor<3x2xf32>, %c: tensor<4x2xf32>, %d: tensor<3x4xf32>, %e: tensor<2x3xf32>, %f: tensor<4x3xi8>, %g: tensor<3x2xi8>, %h: i32, %i: tensor<4x2xi32>, %j: tensor<2x4x3xf32>, %k: tensor<2x3x2xf32>, %l: tensor<2x4x2xf32>, %m: tensor<2x3x4xf32>, %n: tensor<2x2x3xf32>, %o: tensor<2x4x3xi8>, %p: tensor<2x3x2xi8>, %q: tensor<2x4x2xi32>, %r: tensor<3xf32>, %s: tensor<4xf32>, %t: tensor<2xf32>, %u: tensor<2x4xf32>, %v: tensor<2x2xf32>, %w: tensor<f32>, %x: tensor<4x3x2x2xf32>, %y: tensor<2x3x2x2xf32>, %z: tensor<4x2x2x2xf32>, %A: tensor<2x4x3x2x2xf32>, %B: tensor<2x2x3x2x2xf32>, %C: tensor<2x4x2x2x2xf32>) {
  // CHECK: linalg.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: linalg.matmul_transpose_a ins(%d, %b : tensor<3x4xf32>, tensor<3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.matmul_transpose_a ins(%d, %b : tensor<3x4xf32>, tensor<3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: linalg.matmul_transpose_b ins(%a, %e : tensor<4x3xf32>, tensor<2x3xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  %2 = linalg.matmul_transpose_b ins(%a, %e : tensor<4x3xf32>, tensor<2x3xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: linalg.quantized_matmul ins(%f, %g, %h, %h : tensor<4x3xi8>, tensor<3x2xi8>, i32, i32) outs(%i : tensor<4x2xi32>) -> tensor<4x2xi32>
  %3 = linalg.quantized_matmul ins(%f, %g, %h, %h : tensor<4x3xi8>, tensor<3x2xi8>, i32, i32) outs(%i : tensor<4x2xi32>) -> tensor<4x2xi32>
  // CHECK: linalg.batch_matmul ins(%j, %k : tensor<2x4x3xf32>, tensor<2x3x2xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  %4 = linalg.batch_matmul ins(%j, %k : tensor<2x4x3xf32>, tensor<2x3x2xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  // CHECK: linalg.batch_matmul_transpose_a ins(%m, %k : tensor<2x3x4xf32>, tensor<2x3x2xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  %5 = linalg.batch_matmul_transpose_a ins(%m, %k : tensor<2x3x4xf32>, tensor<2x3x2xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  // CHECK: linalg.batch_matmul_transpose_b ins(%j, %n : tensor<2x4x3xf32>, tensor<2x2x3xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  %6 = linalg.batch_matmul_transpose_b ins(%j, %n : tensor<2x4x3xf32>, tensor<2x2x3xf32>) outs(%l : tensor<2x4x2xf32>) -> tensor<2x4x2xf32>
  // CHECK: linalg.quantized_batch_matmul ins(%o, %p, %h, %h : tensor<2x4x3xi8>, tensor<2x3x2xi8>, i32, i32) outs(%q : tensor<2x4x2xi32>) -> tensor<2x4x2xi32>
  %7 = linalg.quantized_batch_matmul ins(%o, %p, %h, %h : tensor<2x4x3xi8>, tensor<2x3x2xi8>, i32, i32) outs(%q : tensor<2x4x2xi32>) -> tensor<2x4x2xi32>
  // CHECK: linalg.batch_reduce_matmul ins(%j, %k : tensor<2x4x3xf32>, tensor<2x3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  %8 = linalg.batch_reduce_matmul ins(%j, %k : tensor<2x4x3xf32>, tensor<2x3x2xf32>) outs(%c : tensor<4x2xf32>) -> tensor<4x2xf32>
  // CHECK: linalg.matvec ins(%a, %r : tensor<4x3xf32>, tensor<3xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  %9 = linalg.matvec ins(%a, %r : tensor<4x3xf32>, tensor<3xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  // CHECK: linalg.vecmat ins(%r, %b : tensor<3xf32>, tensor<3x2xf32>) outs(%t : tensor<2xf32>) -> tensor<2xf32>
  %10 = linalg.vecmat ins(%r, %b : tensor<3xf32>, tensor<3x2xf32>) outs(%t : tensor<2xf32>) -> tensor<2xf32>
  // CHECK: linalg.batch_matvec ins(%j, %e : tensor<2x4x3xf32>, tensor<2x3xf32>) outs(%u : tensor<2x4xf32>) -> tensor<2x4xf32>
  %11 = linalg.batch_matvec ins(%j, %e : tensor<2x4x3xf32>, tensor<2x3xf32>) outs(%u : tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: linalg.batch_vecmat ins(%e, %k : tensor<2x3xf32>, tensor<2x3x2xf32>) outs(%v : tensor<2x2xf32>) -> tensor<2x2xf32>
  %12 = linalg.batch_vecmat ins(%e, %k : tensor<2x3xf32>, tensor<2x3x2xf32>) outs(%v : tensor<2x2xf32>) -> tensor<2x2xf32>
  // CHECK: linalg.dot ins(%r, %r : tensor<3xf32>, tensor<3xf32>) outs(%w : tensor<f32>) -> tensor<f32>
  %13 = linalg.dot ins(%r, %r : tensor<3xf32>, tensor<3xf32>) outs(%w : tensor<f32>) -> tensor<f32>
  // CHECK: linalg.mmt4d ins(%x, %y : tensor<4x3x2x2xf32>, tensor<2x3x2x2xf32>) outs(%z : tensor<4x2x2x2xf32>) -> tensor<4x2x2x2xf32>
  %14 = linalg.mmt4d ins(%x, %y : tensor<4x3x2x2xf32>, tensor<2x3x2x2xf32>) outs(%z : tensor<4x2x2x2xf32>) -> tensor<4x2x2x2xf32>
  // CHECK: linalg.batch_mmt4d ins(%A, %B : tensor<2x4x3x2x2xf32>, tensor<2x2x3x2x2xf32>) outs(%C : tensor<2x4x2x2x2xf32>) -> tensor<2x4x2x2x2xf32>
  %15 = linalg.batch_mmt4d ins(%A, %B : tensor<2x4x3x2x2xf32>, tensor<2x2x3x2x2xf32>) outs(%C : tensor<2x4x2x2x2xf32>) -> tensor<2x4x2x2x2xf32>
  func.return
}

// CHECK-LABEL: func.func @convolutions
func.func @convolutions(%a: tensor<6xf32>, %b: tensor<2xf32>, %c: tensor<3xf32>, %d: tensor<6x6xf32>, %e: tensor<2x2xf32>, %f: tensor<3x3xf32>, %g: tensor<6x6x6xf32>, %h: tensor<2x2x2xf32>, %i: tensor<3x3x3xf32>, %j: tensor<2x6x3xf32>, %k: tensor<2x3x5xf32>, %l: tensor<2x3x6xf32>, %m: tensor<5x3x2xf32>, %n: tensor<2x5x3xf32>, %o: tensor<2x6x6x3xf32>, %p: tensor<2x2x3x5xf32>, %q: tensor<2x3x3x5xf32>, %r: tensor<5x2x2x3xf32>, %s: tensor<2x3x6x6xf32>, %t: tensor<5x3x2x2xf32>, %u: tensor<2x5x3x3xf32>, %v: tensor<2x6x6x3xi8>, %w: tensor<2x2x3x5xi8>, %x: i32, %y: tensor<2x3x3x5xi32>, %z: tensor<5x2x2x3xi8>, %A: tensor<2x2x3x6x6xf32>, %B: tensor<5x2x3x2x2xf32>, %C: tensor<2x2x5x3x3xf32>, %D: tensor<2x5x3x2x2xf32>, %E: tensor<2x6x6x2x3xf32>, %F: tensor<2x5x2x2x3xf32>, %G: tensor<2x3x3x2x5xf32>, %H: tensor<2x6x6x6x3xf32>, %I: tensor<2x2x2x3x5xf32>, %J: tensor<2x3x3x3x5xf32>, %K: tensor<2x3x6x6x6xf32>, %L: tensor<5x3x2x2x2xf32>, %M: tensor<2x5x3x3x3xf32>, %N: tensor<2x6x6x6x3xi8>, %O: tensor<2x2x2x3x5xi8>, %P: tensor<2x3x3x3x5xi32>, %Q: tensor<2x3xf32>, %R: tensor<2x3x3xf32>, %S: tensor<2x3x4xf32>, %T: tensor<2x3x3x4xf32>, %U: tensor<3x2xf32>, %V: tensor<2x2x3xf32>, %W: tensor<2x3x3x3xf32>, %X: tensor<3x2x2xf32>, %Y: tensor<2x2x3x4xf32>, %Z: tensor<2x3x3x3x4xf32>, %a1: tensor<2x2x3xi8>, %b1: tensor<2x3x3x3xi32>, %c1: tensor<2x2x3x4xi8>, %d1: tensor<2x3x3x3x4xi32>, %e1: tensor<2x2x2x3xf32>, %f1: tensor<2x3x3x3x3xf32>, %g1: tensor<3x2x2x2xf32>, %h1: tensor<2x2x2x3x4xf32>, %i1: tensor<2x3x3x3x3x4xf32>) {
  // CHECK: linalg.conv_1d {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<6xf32>, tensor<2xf32>) outs(%c : tensor<3xf32>) -> tensor<3xf32>
  %0 = linalg.conv_1d {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<6xf32>, tensor<2xf32>) outs(%c : tensor<3xf32>) -> tensor<3xf32>
  // CHECK: linalg.conv_2d {strides = dense<2> : tensor<2xi64>} ins(%d, %e : tensor<6x6xf32>, tensor<2x2xf32>) outs(%f : tensor<3x3xf32>) -> tensor<3x3xf32>
  %1 = linalg.conv_2d {strides = dense<2> : tensor<2xi64>} ins(%d, %e : tensor<6x6xf32>, tensor<2x2xf32>) outs(%f : tensor<3x3xf32>) -> tensor<3x3xf32>
  // CHECK: linalg.conv_3d {strides = dense<2> : tensor<3xi64>} ins(%g, %h : tensor<6x6x6xf32>, tensor<2x2x2xf32>) outs(%i : tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  %2 = linalg.conv_3d {strides = dense<2> : tensor<3xi64>} ins(%g, %h : tensor<6x6x6xf32>, tensor<2x2x2xf32>) outs(%i : tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  // CHECK: linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>} ins(%j, %k : tensor<2x6x3xf32>, tensor<2x3x5xf32>) outs(%k : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %3 = linalg.conv_1d_nwc_wcf {strides = dense<2> : tensor<1xi64>} ins(%j, %k : tensor<2x6x3xf32>, tensor<2x3x5xf32>) outs(%k : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  // CHECK: linalg.conv_1d_ncw_fcw {strides = dense<2> : tensor<1xi64>} ins(%l, %m : tensor<2x3x6xf32>, tensor<5x3x2xf32>) outs(%n : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %4 = linalg.conv_1d_ncw_fcw {strides = dense<2> : tensor<1xi64>} ins(%l, %m : tensor<2x3x6xf32>, tensor<5x3x2xf32>) outs(%n : tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  // CHECK: linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>} ins(%o, %p : tensor<2x6x6x3xf32>, tensor<2x2x3x5xf32>) outs(%q : tensor<2x3x3x5xf32>) -> tensor<2x3x3x5xf32>
  %5 = linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>} ins(%o, %p : tensor<2x6x6x3xf32>, tensor<2x2x3x5xf32>) outs(%q : tensor<2x3x3x5xf32>) -> tensor<2x3x3x5xf32>
  // CHECK: linalg.conv_2d_nhwc_fhwc {strides = dense<2> : tensor<2xi64>} ins(%o, %r : tensor<2x6x6x3xf32>, tensor<5x2x2x3xf32>) outs(%q : tensor<2x3x3x5xf32>) -> tensor<2x3x3x5xf32>
  %6 = linalg.conv_2d_nhwc_fhwc {strides = dense<2> : tensor<2xi64>} ins(%o, %r : tensor<2x6x6x3xf32>, tensor<5x2x2x3xf32>) outs(%q : tensor<2x3x3x5xf32>) -> tensor<2x3x3x5xf32>
  // CHECK: linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>} ins(%s, %t : tensor<2x3x6x6xf32>, tensor<5x3x2x2xf32>) outs(%u : tensor<2x5x3x3xf32>) -> tensor<2x5x3x3xf32>
  %7 = linalg.conv_2d_nchw_fchw {strides = dense<2> : tensor<2xi64>} ins(%s, %t : tensor<2x3x6x6xf32>, tensor<5x3x2x2xf32>) outs(%u : tensor<2x5x3x3xf32>) -> tensor<2x5x3x3xf32>
  // CHECK: linalg.conv_2d_nhwc_hwcf_q {strides = dense<2> : tensor<2xi64>} ins(%v, %w, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3x5xi8>, i32, i32) outs(%y : tensor<2x3x3x5xi32>) -> tensor<2x3x3x5xi32>
  %8 = linalg.conv_2d_nhwc_hwcf_q {strides = dense<2> : tensor<2xi64>} ins(%v, %w, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3x5xi8>, i32, i32) outs(%y : tensor<2x3x3x5xi32>) -> tensor<2x3x3x5xi32>
  // CHECK: linalg.conv_2d_nhwc_fhwc_q {strides = dense<2> : tensor<2xi64>} ins(%v, %z, %x, %x : tensor<2x6x6x3xi8>, tensor<5x2x2x3xi8>, i32, i32) outs(%y : tensor<2x3x3x5xi32>) -> tensor<2x3x3x5xi32>
  %9 = linalg.conv_2d_nhwc_fhwc_q {strides = dense<2> : tensor<2xi64>} ins(%v, %z, %x, %x : tensor<2x6x6x3xi8>, tensor<5x2x2x3xi8>, i32, i32) outs(%y : tensor<2x3x3x5xi32>) -> tensor<2x3x3x5xi32>
  // CHECK: linalg.conv_2d_ngchw_fgchw {strides = dense<2> : tensor<2xi64>} ins(%A, %B : tensor<2x2x3x6x6xf32>, tensor<5x2x3x2x2xf32>) outs(%C : tensor<2x2x5x3x3xf32>) -> tensor<2x2x5x3x3xf32>
  %10 = linalg.conv_2d_ngchw_fgchw {strides = dense<2> : tensor<2xi64>} ins(%A, %B : tensor<2x2x3x6x6xf32>, tensor<5x2x3x2x2xf32>) outs(%C : tensor<2x2x5x3x3xf32>) -> tensor<2x2x5x3x3xf32>
  // CHECK: linalg.conv_2d_ngchw_gfchw {strides = dense<2> : tensor<2xi64>} ins(%A, %D : tensor<2x2x3x6x6xf32>, tensor<2x5x3x2x2xf32>) outs(%C : tensor<2x2x5x3x3xf32>) -> tensor<2x2x5x3x3xf32>
  %11 = linalg.conv_2d_ngchw_gfchw {strides = dense<2> : tensor<2xi64>} ins(%A, %D : tensor<2x2x3x6x6xf32>, tensor<2x5x3x2x2xf32>) outs(%C : tensor<2x2x5x3x3xf32>) -> tensor<2x2x5x3x3xf32>
  // CHECK: linalg.conv_2d_nhwgc_gfhwc {strides = dense<2> : tensor<2xi64>} ins(%E, %F : tensor<2x6x6x2x3xf32>, tensor<2x5x2x2x3xf32>) outs(%G : tensor<2x3x3x2x5xf32>) -> tensor<2x3x3x2x5xf32>
  %12 = linalg.conv_2d_nhwgc_gfhwc {strides = dense<2> : tensor<2xi64>} ins(%E, %F : tensor<2x6x6x2x3xf32>, tensor<2x5x2x2x3xf32>) outs(%G : tensor<2x3x3x2x5xf32>) -> tensor<2x3x3x2x5xf32>
  // CHECK: linalg.conv_3d_ndhwc_dhwcf {strides = dense<2> : tensor<3xi64>} ins(%H, %I : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3x5xf32>) outs(%J : tensor<2x3x3x3x5xf32>) -> tensor<2x3x3x3x5xf32>
  %13 = linalg.conv_3d_ndhwc_dhwcf {strides = dense<2> : tensor<3xi64>} ins(%H, %I : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3x5xf32>) outs(%J : tensor<2x3x3x3x5xf32>) -> tensor<2x3x3x3x5xf32>
  // CHECK: linalg.conv_3d_ncdhw_fcdhw {strides = dense<2> : tensor<3xi64>} ins(%K, %L : tensor<2x3x6x6x6xf32>, tensor<5x3x2x2x2xf32>) outs(%M : tensor<2x5x3x3x3xf32>) -> tensor<2x5x3x3x3xf32>
  %14 = linalg.conv_3d_ncdhw_fcdhw {strides = dense<2> : tensor<3xi64>} ins(%K, %L : tensor<2x3x6x6x6xf32>, tensor<5x3x2x2x2xf32>) outs(%M : tensor<2x5x3x3x3xf32>) -> tensor<2x5x3x3x3xf32>
  // CHECK: linalg.conv_3d_ndhwc_dhwcf_q {strides = dense<2> : tensor<3xi64>} ins(%N, %O, %x, %x : tensor<2x6x6x6x3xi8>, tensor<2x2x2x3x5xi8>, i32, i32) outs(%P : tensor<2x3x3x3x5xi32>) -> tensor<2x3x3x3x5xi32>
  %15 = linalg.conv_3d_ndhwc_dhwcf_q {strides = dense<2> : tensor<3xi64>} ins(%N, %O, %x, %x : tensor<2x6x6x6x3xi8>, tensor<2x2x2x3x5xi8>, i32, i32) outs(%P : tensor<2x3x3x3x5xi32>) -> tensor<2x3x3x3x5xi32>
  // CHECK: linalg.depthwise_conv_1d_nwc_wc {strides = dense<2> : tensor<1xi64>} ins(%j, %Q : tensor<2x6x3xf32>, tensor<2x3xf32>) outs(%R : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %16 = linalg.depthwise_conv_1d_nwc_wc {strides = dense<2> : tensor<1xi64>} ins(%j, %Q : tensor<2x6x3xf32>, tensor<2x3xf32>) outs(%R : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.depthwise_conv_1d_nwc_wcm {strides = dense<2> : tensor<1xi64>} ins(%j, %S : tensor<2x6x3xf32>, tensor<2x3x4xf32>) outs(%T : tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>
  %17 = linalg.depthwise_conv_1d_nwc_wcm {strides = dense<2> : tensor<1xi64>} ins(%j, %S : tensor<2x6x3xf32>, tensor<2x3x4xf32>) outs(%T : tensor<2x3x3x4xf32>) -> tensor<2x3x3x4xf32>
  // CHECK: linalg.depthwise_conv_1d_ncw_cw {strides = dense<2> : tensor<1xi64>} ins(%l, %U : tensor<2x3x6xf32>, tensor<3x2xf32>) outs(%R : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %18 = linalg.depthwise_conv_1d_ncw_cw {strides = dense<2> : tensor<1xi64>} ins(%l, %U : tensor<2x3x6xf32>, tensor<3x2xf32>) outs(%R : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<2> : tensor<2xi64>} ins(%o, %V : tensor<2x6x6x3xf32>, tensor<2x2x3xf32>) outs(%W : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %19 = linalg.depthwise_conv_2d_nhwc_hwc {strides = dense<2> : tensor<2xi64>} ins(%o, %V : tensor<2x6x6x3xf32>, tensor<2x2x3xf32>) outs(%W : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.depthwise_conv_2d_nchw_chw {strides = dense<2> : tensor<2xi64>} ins(%s, %X : tensor<2x3x6x6xf32>, tensor<3x2x2xf32>) outs(%W : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %20 = linalg.depthwise_conv_2d_nchw_chw {strides = dense<2> : tensor<2xi64>} ins(%s, %X : tensor<2x3x6x6xf32>, tensor<3x2x2xf32>) outs(%W : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwcm {strides = dense<2> : tensor<2xi64>} ins(%o, %Y : tensor<2x6x6x3xf32>, tensor<2x2x3x4xf32>) outs(%Z : tensor<2x3x3x3x4xf32>) -> tensor<2x3x3x3x4xf32>
  %21 = linalg.depthwise_conv_2d_nhwc_hwcm {strides = dense<2> : tensor<2xi64>} ins(%o, %Y : tensor<2x6x6x3xf32>, tensor<2x2x3x4xf32>) outs(%Z : tensor<2x3x3x3x4xf32>) -> tensor<2x3x3x3x4xf32>
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwc_q {strides = dense<2> : tensor<2xi64>} ins(%v, %a1, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3xi8>, i32, i32) outs(%b1 : tensor<2x3x3x3xi32>) -> tensor<2x3x3x3xi32>
  %22 = linalg.depthwise_conv_2d_nhwc_hwc_q {strides = dense<2> : tensor<2xi64>} ins(%v, %a1, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3xi8>, i32, i32) outs(%b1 : tensor<2x3x3x3xi32>) -> tensor<2x3x3x3xi32>
  // CHECK: linalg.depthwise_conv_2d_nhwc_hwcm_q {strides = dense<2> : tensor<2xi64>} ins(%v, %c1, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3x4xi8>, i32, i32) outs(%d1 : tensor<2x3x3x3x4xi32>) -> tensor<2x3x3x3x4xi32>
  %23 = linalg.depthwise_conv_2d_nhwc_hwcm_q {strides = dense<2> : tensor<2xi64>} ins(%v, %c1, %x, %x : tensor<2x6x6x3xi8>, tensor<2x2x3x4xi8>, i32, i32) outs(%d1 : tensor<2x3x3x3x4xi32>) -> tensor<2x3x3x3x4xi32>
  // CHECK: linalg.depthwise_conv_3d_ndhwc_dhwc {strides = dense<2> : tensor<3xi64>} ins(%H, %e1 : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3xf32>) outs(%f1 : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  %24 = linalg.depthwise_conv_3d_ndhwc_dhwc {strides = dense<2> : tensor<3xi64>} ins(%H, %e1 : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3xf32>) outs(%f1 : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  // CHECK: linalg.depthwise_conv_3d_ncdhw_cdhw {strides = dense<2> : tensor<3xi64>} ins(%K, %g1 : tensor<2x3x6x6x6xf32>, tensor<3x2x2x2xf32>) outs(%f1 : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  %25 = linalg.depthwise_conv_3d_ncdhw_cdhw {strides = dense<2> : tensor<3xi64>} ins(%K, %g1 : tensor<2x3x6x6x6xf32>, tensor<3x2x2x2xf32>) outs(%f1 : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  // CHECK: linalg.depthwise_conv_3d_ndhwc_dhwcm {strides = dense<2> : tensor<3xi64>} ins(%H, %h1 : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3x4xf32>) outs(%i1 : tensor<2x3x3x3x3x4xf32>) -> tensor<2x3x3x3x3x4xf32>
  %26 = linalg.depthwise_conv_3d_ndhwc_dhwcm {strides = dense<2> : tensor<3xi64>} ins(%H, %h1 : tensor<2x6x6x6x3xf32>, tensor<2x2x2x3x4xf32>) outs(%i1 : tensor<2x3x3x3x3x4xf32>) -> tensor<2x3x3x3x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @poolings
func.func @poolings(%a: tensor<2x6x3xf32>, %b: tensor<2xf32>, %c: tensor<2x3x3xf32>, %d: tensor<2x6x3xi8>, %e: tensor<2xi8>, %f: tensor<2x3x3xi8>, %g: tensor<2x3x6xf32>, %h: tensor<2x6x6x3xf32>, %i: tensor<2x2xf32>, %j: tensor<2x3x3x3xf32>, %k: tensor<2x6x6x3xi8>, %l: tensor<2x2xi8>, %m: tensor<2x3x3x3xi8>, %n: tensor<2x3x6x6xf32>, %o: tensor<2x6x6x6x3xf32>, %p: tensor<2x2x2xf32>, %q: tensor<2x3x3x3x3xf32>) {
  // CHECK: linalg.pooling_nwc_sum {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %0 = linalg.pooling_nwc_sum {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %1 = linalg.pooling_nwc_max {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.pooling_nwc_max_unsigned {strides = dense<2> : tensor<1xi64>} ins(%d, %e : tensor<2x6x3xi8>, tensor<2xi8>) outs(%f : tensor<2x3x3xi8>) -> tensor<2x3x3xi8>
  %2 = linalg.pooling_nwc_max_unsigned {strides = dense<2> : tensor<1xi64>} ins(%d, %e : tensor<2x6x3xi8>, tensor<2xi8>) outs(%f : tensor<2x3x3xi8>) -> tensor<2x3x3xi8>
  // CHECK: linalg.pooling_nwc_min {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %3 = linalg.pooling_nwc_min {strides = dense<2> : tensor<1xi64>} ins(%a, %b : tensor<2x6x3xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.pooling_nwc_min_unsigned {strides = dense<2> : tensor<1xi64>} ins(%d, %e : tensor<2x6x3xi8>, tensor<2xi8>) outs(%f : tensor<2x3x3xi8>) -> tensor<2x3x3xi8>
  %4 = linalg.pooling_nwc_min_unsigned {strides = dense<2> : tensor<1xi64>} ins(%d, %e : tensor<2x6x3xi8>, tensor<2xi8>) outs(%f : tensor<2x3x3xi8>) -> tensor<2x3x3xi8>
  // CHECK: linalg.pooling_ncw_sum {strides = dense<2> : tensor<1xi64>} ins(%g, %b : tensor<2x3x6xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %5 = linalg.pooling_ncw_sum {strides = dense<2> : tensor<1xi64>} ins(%g, %b : tensor<2x3x6xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.pooling_ncw_max {strides = dense<2> : tensor<1xi64>} ins(%g, %b : tensor<2x3x6xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %6 = linalg.pooling_ncw_max {strides = dense<2> : tensor<1xi64>} ins(%g, %b : tensor<2x3x6xf32>, tensor<2xf32>) outs(%c : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  // CHECK: linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %7 = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %8 = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.pooling_nhwc_max_unsigned {strides = dense<2> : tensor<2xi64>} ins(%k, %l : tensor<2x6x6x3xi8>, tensor<2x2xi8>) outs(%m : tensor<2x3x3x3xi8>) -> tensor<2x3x3x3xi8>
  %9 = linalg.pooling_nhwc_max_unsigned {strides = dense<2> : tensor<2xi64>} ins(%k, %l : tensor<2x6x6x3xi8>, tensor<2x2xi8>) outs(%m : tensor<2x3x3x3xi8>) -> tensor<2x3x3x3xi8>
  // CHECK: linalg.pooling_nhwc_min {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %10 = linalg.pooling_nhwc_min {strides = dense<2> : tensor<2xi64>} ins(%h, %i : tensor<2x6x6x3xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.pooling_nhwc_min_unsigned {strides = dense<2> : tensor<2xi64>} ins(%k, %l : tensor<2x6x6x3xi8>, tensor<2x2xi8>) outs(%m : tensor<2x3x3x3xi8>) -> tensor<2x3x3x3xi8>
  %11 = linalg.pooling_nhwc_min_unsigned {strides = dense<2> : tensor<2xi64>} ins(%k, %l : tensor<2x6x6x3xi8>, tensor<2x2xi8>) outs(%m : tensor<2x3x3x3xi8>) -> tensor<2x3x3x3xi8>
  // CHECK: linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>} ins(%n, %i : tensor<2x3x6x6xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %12 = linalg.pooling_nchw_sum {strides = dense<2> : tensor<2xi64>} ins(%n, %i : tensor<2x3x6x6xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>} ins(%n, %i : tensor<2x3x6x6xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  %13 = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>} ins(%n, %i : tensor<2x3x6x6xf32>, tensor<2x2xf32>) outs(%j : tensor<2x3x3x3xf32>) -> tensor<2x3x3x3xf32>
  // CHECK: linalg.pooling_ndhwc_sum {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  %14 = linalg.pooling_ndhwc_sum {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  // CHECK: linalg.pooling_ndhwc_max {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  %15 = linalg.pooling_ndhwc_max {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  // CHECK: linalg.pooling_ndhwc_min {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  %16 = linalg.pooling_ndhwc_min {strides = dense<2> : tensor<3xi64>} ins(%o, %p : tensor<2x6x6x6x3xf32>, tensor<2x2x2xf32>) outs(%q : tensor<2x3x3x3x3xf32>) -> tensor<2x3x3x3x3xf32>
  func.return
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<?x3xf32>, %i: tensor<?x3xi32>, %p: tensor<?x3xi1>, %s: f32) {
  // CHECK: linalg.fill ins(%s : f32) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %0 = linalg.fill ins(%s : f32) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.copy ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %1 = linalg.copy ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.exp ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %2 = linalg.exp ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.log ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %3 = linalg.log ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.abs ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %4 = linalg.abs ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.ceil ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %5 = linalg.ceil ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.floor ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %6 = linalg.floor ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.negf ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %7 = linalg.negf ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.reciprocal ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %8 = linalg.reciprocal ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.round ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %9 = linalg.round ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.sqrt ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %10 = linalg.sqrt ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.rsqrt ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %11 = linalg.rsqrt ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.square ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %12 = linalg.square ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.tanh ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %13 = linalg.tanh ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.erf ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %14 = linalg.erf ins(%x : tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.add ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %15 = linalg.add ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.sub ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %16 = linalg.sub ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.mul ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %17 = linalg.mul ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.div ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %18 = linalg.div ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.div_unsigned ins(%i, %i : tensor<?x3xi32>, tensor<?x3xi32>) outs(%i : tensor<?x3xi32>) -> tensor<?x3xi32>
  %19 = linalg.div_unsigned ins(%i, %i : tensor<?x3xi32>, tensor<?x3xi32>) outs(%i : tensor<?x3xi32>) -> tensor<?x3xi32>
  // CHECK: linalg.max ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %20 = linalg.max ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.min ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %21 = linalg.min ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.powf ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %22 = linalg.powf ins(%x, %x : tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  // CHECK: linalg.select ins(%p, %x, %x : tensor<?x3xi1>, tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  %23 = linalg.select ins(%p, %x, %x : tensor<?x3xi1>, tensor<?x3xf32>, tensor<?x3xf32>) outs(%x : tensor<?x3xf32>) -> tensor<?x3xf32>
  func.return
}

// CHECK-LABEL: func.func @unsigned_cast
func.func @unsigned_cast(%a: tensor<4x3xi8>, %b: tensor<3x2xi8>, %o: tensor<4x2xi32>) {
  // CHECK: linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%a, %b : tensor<4x3xi8>, tensor<3x2xi8>) outs(%o : tensor<4x2xi32>) -> tensor<4x2xi32>
  %0 = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>} ins(%a, %b : tensor<4x3xi8>, tensor<3x2xi8>) outs(%o : tensor<4x2xi32>) -> tensor<4x2xi32>
  func.return
}

