"""Ops on several processes, of which groups of one are converted, and on streams, which are not."""

from __future__ import annotations

from typing import Any

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import op_table
from dlir.dialects.stablehlo.ops.properties import (
    ANY,
    BOOLEAN,
    DENSE,
    INTEGER,
    STRING,
    UNIT,
)
from dlir.dialects.stablehlo.syntax import Form

_define = op_table("stablehlo", __name__)

CHANNEL = BaseAttr(a.ChannelHandleAttr)
COLLECTIVE: dict[str, Any] = {"replica_groups": ANY, "channel_handle?": CHANNEL}
GLOBAL: dict[str, Any] = {**COLLECTIVE, "use_global_device_ids?": UNIT}
GROUPS = "replica_groups = dense<0> : tensor<1x1xi64>"
ADDITION = """({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %c = stablehlo.add %a, %b : tensor<f32>
  stablehlo.return %c : tensor<f32>
})"""
RESULT = Form(types="result")

AllGatherOp = _define(
    "all_gather", "The tensors of a group of processes joined along an axis.",
    f'''%y = "stablehlo.all_gather"(%x) <{{all_gather_dim = 0 : i64, {GROUPS}}}>
  : (tensor<2xf32>) -> tensor<2xf32>''',
    operands="*inputs", results="*outputs",
    properties={"all_gather_dim": INTEGER, **GLOBAL},
)  # fmt: skip
AllReduceOp = _define(
    "all_reduce", "The tensors of a group of processes reduced by a region.",
    f'''%y = "stablehlo.all_reduce"(%x) <{{{GROUPS}}}> {ADDITION}
  : (tensor<2xf32>) -> tensor<2xf32>''',
    operands="*inputs", results="*outputs", properties=GLOBAL, regions="computation",
)  # fmt: skip
AllToAllOp = _define(
    "all_to_all", "Parts of the tensors of a group of processes exchanged.",
    f'''%y = "stablehlo.all_to_all"(%x) <{{concat_dimension = 0 : i64, {GROUPS},
  split_count = 1 : i64, split_dimension = 1 : i64}}> : (tensor<2x4xf32>) -> tensor<2x4xf32>''',
    operands="*inputs", results="*outputs",
    properties={
        "split_dimension": INTEGER,
        "concat_dimension": INTEGER,
        "split_count": INTEGER,
        **COLLECTIVE,
    },
)  # fmt: skip
ReduceScatterOp = _define(
    "reduce_scatter", "The tensors of a group reduced, and the parts of the result spread.",
    f'''%y = "stablehlo.reduce_scatter"(%x) <{{{GROUPS}, scatter_dimension = 0 : i64}}> {ADDITION}
  : (tensor<4xf32>) -> tensor<4xf32>''',
    properties={"scatter_dimension": INTEGER, **GLOBAL}, regions="computation",
)  # fmt: skip
CollectiveBroadcastOp = _define(
    "collective_broadcast", "The tensor of the first process of a group for all of it.",
    f'''%y = "stablehlo.collective_broadcast"(%x) <{{{GROUPS}}}>
  : (tensor<2xf32>) -> tensor<2xf32>''',
    operands="*inputs", results="*outputs",
    properties={**COLLECTIVE, "has_dynamic_root?": UNIT},
)  # fmt: skip
CollectiveReduceOp = _define(
    "collective_reduce", "The tensors of a group reduced for the first process of it.",
    f'''%y = "stablehlo.collective_reduce"(%x) <{{{GROUPS}}}> {ADDITION}
  : (tensor<2xf32>) -> tensor<2xf32>''',
    operands="*inputs", results="*outputs", regions="computation",
    properties={**GLOBAL, "has_dynamic_root?": UNIT},
)  # fmt: skip
CollectivePermuteOp = _define(
    "collective_permute", "The tensors of processes sent to others.",
    '''%y = "stablehlo.collective_permute"(%x) <{
  source_target_pairs = dense<[[0, 0]]> : tensor<1x2xi64>}>
  : (tensor<2xf32>) -> tensor<2xf32>''',
    properties={"source_target_pairs": DENSE, "channel_handle?": CHANNEL},
)  # fmt: skip
CrossReplicaSumOp = _define(
    "cross-replica-sum", "The sum of the tensors of a group of processes.",
    f'%y = "stablehlo.cross-replica-sum"(%x) <{{{GROUPS}}}> : (tensor<2xf32>) -> tensor<2xf32>',
    properties={"replica_groups": ANY},
)  # fmt: skip
ReplicaIdOp = _define(
    "replica_id", "The number of this replica.", "%y = stablehlo.replica_id : tensor<ui32>",
    operands="", form=RESULT,
)  # fmt: skip
PartitionIdOp = _define(
    "partition_id", "The number of this partition.",
    "%y = stablehlo.partition_id : tensor<ui32>", operands="", form=RESULT,
)  # fmt: skip
CreateTokenOp = _define(
    "create_token", "A token that waits for nothing.",
    "%t = stablehlo.create_token : !stablehlo.token", operands="", form=RESULT,
)  # fmt: skip
AfterAllOp = _define(
    "after_all", "A token that waits for others.",
    "%t = stablehlo.after_all %s, %u : !stablehlo.token",
    operands="*inputs", form=Form(types="same"),
)  # fmt: skip
InfeedOp = _define(
    "infeed", "Tensors from outside.",
    '''%y, %t = "stablehlo.infeed"(%s) <{infeed_config = ""}>
  : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)''',
    operands="token", results="*outputs", pure=False,
    properties={"infeed_config?": STRING, "layout?": ANY},
)  # fmt: skip
OutfeedOp = _define(
    "outfeed", "Tensors for outside.",
    '''%t = "stablehlo.outfeed"(%x, %s) <{outfeed_config = ""}>
  : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token''',
    operands="*inputs", properties={"outfeed_config?": STRING}, pure=False,
)  # fmt: skip
SendOp = _define(
    "send", "Tensors into a channel.",
    '''%t = "stablehlo.send"(%x, %s) <{
  channel_handle = #stablehlo.channel_handle<handle = 5, type = 2>, is_host_transfer = true}>
  : (tensor<3xf32>, !stablehlo.token) -> !stablehlo.token''',
    operands="*inputs", pure=False,
    properties={
        "channel_handle": CHANNEL,
        "is_host_transfer?": BOOLEAN,
        "source_target_pairs?": DENSE,
    },
)  # fmt: skip
RecvOp = _define(
    "recv", "Tensors from a channel.",
    '''%y, %t = "stablehlo.recv"(%s) <{
  channel_handle = #stablehlo.channel_handle<handle = 5, type = 3>, is_host_transfer = true}>
  : (!stablehlo.token) -> (tensor<3xf32>, !stablehlo.token)''',
    operands="token", results="*outputs", pure=False,
    properties={
        "channel_handle": CHANNEL,
        "is_host_transfer?": BOOLEAN,
        "source_target_pairs?": DENSE,
    },
)  # fmt: skip
