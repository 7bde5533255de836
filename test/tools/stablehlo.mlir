// RUN: dlir-translate --from stablehlo --to mlir %s | filecheck %s
// RUN: dlir-run %s --target=ref --input=3xf32=0 | filecheck %s --check-prefix=GIVES
// RUN: dlir-run %s --target=cpu --input=3xf32=0 | filecheck %s --check-prefix=GIVES
// RUN: dlir-compile %s --check-support | filecheck %s --check-prefix=SUPPORT

// A file of MLIR text that holds stablehlo is a model for every command.

// CHECK: func.func public @main(%params_w: tensor<3xf32>) -> tensor<3xf32> attributes {dlir.arg_names = ["params['w']"], dlir.result_names = ["out"]} {
// CHECK-NEXT: dl.cos %params_w : tensor<3xf32>

// GIVES: out: 3xf32 = [1., 1., 1.]

// SUPPORT:      stablehlo.cosine
// SUPPORT-SAME: 1 yes
// SUPPORT:      dl.cos
// SUPPORT-SAME: 1 yes

module @jit_f attributes {mhlo.num_partitions = 1 : i32} {
  func.func public @main(%arg0: tensor<3xf32> {mhlo.sharding = "{replicated}"} loc("params['w']"))
      -> (tensor<3xf32> {jax.result_info = "out"}) {
    %0 = call @cos(%arg0) : (tensor<3xf32>) -> tensor<3xf32> loc(#loc2)
    return %0 : tensor<3xf32>
  }
  func.func private @cos(%arg0: tensor<3xf32> loc(unknown)) -> tensor<3xf32> {
    %0 = stablehlo.cosine %arg0 : tensor<3xf32> loc(#loc2)
    return %0 : tensor<3xf32>
  }
}
#loc1 = loc("model.py":3:4 to :9)
#loc2 = loc("jit(f)/cos"(#loc1))
