// RUN: dlir-opt %s | dlir-opt - | filecheck %s
// RUN: dlir-opt %s --mlir-print-op-generic | dlir-opt - | filecheck %s

func.func @all_gather(%x: tensor<2xf32>) -> tensor<4xf32> {
  // CHECK: %y = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<4xf32>
  %y = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

func.func @all_reduce(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  %y = "stablehlo.all_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @all_to_all(%x: tensor<2x4xf32>) -> tensor<4x2xf32> {
  // CHECK: %y = "stablehlo.all_to_all"(%x) <{concat_dimension = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, split_count = 2 : i64, split_dimension = 1 : i64}> : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %y = "stablehlo.all_to_all"(%x) <{concat_dimension = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, split_count = 2 : i64, split_dimension = 1 : i64}> : (tensor<2x4xf32>) -> tensor<4x2xf32>
  func.return %y : tensor<4x2xf32>
}

func.func @reduce_scatter(%x: tensor<4xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.reduce_scatter"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, scatter_dimension = 0 : i64}> ({
  %y = "stablehlo.reduce_scatter"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, scatter_dimension = 0 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<4xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @collective_broadcast(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  %y = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @collective_reduce(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.collective_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  %y = "stablehlo.collective_reduce"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @collective_permute(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  %y = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<[[0, 1], [1, 0]]> : tensor<2x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @cross_replica_sum(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %y = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  %y = "stablehlo.cross-replica-sum"(%x) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> : (tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}

func.func @replica_id() -> tensor<ui32> {
  // CHECK: %y = stablehlo.replica_id : tensor<ui32>
  %y = stablehlo.replica_id : tensor<ui32>
  func.return %y : tensor<ui32>
}

func.func @partition_id() -> tensor<ui32> {
  // CHECK: %y = stablehlo.partition_id : tensor<ui32>
  %y = stablehlo.partition_id : tensor<ui32>
  func.return %y : tensor<ui32>
}

func.func @create_token() -> !stablehlo.token {
  // CHECK: %t = stablehlo.create_token : !stablehlo.token
  %t = stablehlo.create_token : !stablehlo.token
  func.return %t : !stablehlo.token
}

func.func @after_all(%s: !stablehlo.token, %u: !stablehlo.token) -> !stablehlo.token {
  // CHECK: %t = stablehlo.after_all %s, %u : !stablehlo.token
  %t = stablehlo.after_all %s, %u : !stablehlo.token
  func.return %t : !stablehlo.token
}

func.func @infeed(%s: !stablehlo.token) -> (tensor<3xf32>, !stablehlo.token) {
  // CHECK: %y, %t = "stablehlo.infeed"(%s) <{infeed_config = ""}> : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)
  %y, %t = "stablehlo.infeed"(%s) <{infeed_config = ""}> : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)
  func.return %y, %t : tensor<3xf32>, !stablehlo.token
}

func.func @outfeed(%x: tensor<3xf32>, %s: !stablehlo.token) -> !stablehlo.token {
  // CHECK: %t = "stablehlo.outfeed"(%x, %s) <{outfeed_config = ""}> : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token
  %t = "stablehlo.outfeed"(%x, %s) <{outfeed_config = ""}> : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token
  func.return %t : !stablehlo.token
}

func.func @send(%x: tensor<3xf32>, %s: !stablehlo.token) -> !stablehlo.token {
  // CHECK: %t = "stablehlo.send"(%x, %s) <{channel_handle = #stablehlo.channel_handle<handle = 5, type = 2>, is_host_transfer = true}> : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token
  %t = "stablehlo.send"(%x, %s) <{channel_handle = #stablehlo.channel_handle<handle = 5, type = 2>, is_host_transfer = true}> : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token
  func.return %t : !stablehlo.token
}

func.func @recv(%s: !stablehlo.token) -> (tensor<3xf32>, !stablehlo.token) {
  // CHECK: %y, %t = "stablehlo.recv"(%s) <{channel_handle = #stablehlo.channel_handle<handle = 5, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)
  %y, %t = "stablehlo.recv"(%s) <{channel_handle = #stablehlo.channel_handle<handle = 5, type = 3>, is_host_transfer = true}> : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)
  func.return %y, %t : tensor<3xf32>, !stablehlo.token
}
