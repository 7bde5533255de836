"""Ops that make tensors, and those that move elements."""

from __future__ import annotations

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import op_table
from dlir.dialects.stablehlo.ops.forms import ConstantForm, SliceForm
from dlir.dialects.stablehlo.ops.properties import ANY, BOOLEAN, INTEGER, INTS
from dlir.dialects.stablehlo.rules import dynamic, indexed, movement
from dlir.dialects.stablehlo.syntax import INT, Form, Key
from dlir.dialects.stablehlo.syntax import INTS as INTS_KEY

_define = op_table("stablehlo", __name__)

FUNCTIONAL = Form()
DIM = Key("dim", INT, ("dimension",))


def _dims(name: str) -> Key:
    return Key("dims", INTS_KEY, (name,))


ConstantOp = _define(
    "constant", "A tensor known at compile time.",
    "%y = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>",
    operands="", results="output", properties={"value": ANY}, base=ConstantForm,
    check=movement.constant,
)  # fmt: skip
IotaOp = _define(
    "iota", "Counting along an axis.", "%y = stablehlo.iota dim = 1 : tensor<2x3xi32>",
    operands="", results="output", properties={"iota_dimension": INTEGER},
    form=Form((Key("dim", INT, ("iota_dimension",)),), "result"), check=movement.iota,
)  # fmt: skip
DynamicIotaOp = _define(
    "dynamic_iota", "Counting along an axis, in a shape that is computed.",
    "%y = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xi32>",
    operands="output_shape", properties={"iota_dimension": INTEGER},
    form=Form((Key("dim", INT, ("iota_dimension",)),)), check=dynamic.dynamic_iota,
)  # fmt: skip
ReshapeOp = _define(
    "reshape", "The same elements in row-major order under another shape.",
    "%y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>",
    form=FUNCTIONAL, check=movement.reshape,
)  # fmt: skip
DynamicReshapeOp = _define(
    "dynamic_reshape", "The same elements under a shape that is computed.",
    "%y = stablehlo.dynamic_reshape %x, %n"
    " : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>",
    operands="operand output_shape", form=FUNCTIONAL, check=dynamic.dynamic_reshape,
)  # fmt: skip
TransposeOp = _define(
    "transpose", "Dimensions in another order.",
    "%y = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>",
    properties={"permutation": INTS}, form=Form((_dims("permutation"),)), check=movement.transpose,
)  # fmt: skip
ReverseOp = _define(
    "reverse", "Elements in the opposite order along some axes.",
    "%y = stablehlo.reverse %x, dims = [1] : tensor<2x3xf32>",
    properties={"dimensions": INTS}, form=Form((_dims("dimensions"),), "same"),
    check=movement.reverse,
)  # fmt: skip
BroadcastInDimOp = _define(
    "broadcast_in_dim", "Elements repeated along new dimensions and those of size 1.",
    "%y = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>",
    properties={"broadcast_dimensions": INTS}, form=Form((_dims("broadcast_dimensions"),)),
    check=movement.broadcast_in_dim,
)  # fmt: skip
DynamicBroadcastInDimOp = _define(
    "dynamic_broadcast_in_dim", "As broadcast_in_dim, to a shape that is computed.",
    "%y = stablehlo.dynamic_broadcast_in_dim %x, %n, dims = [1]"
    " : (tensor<3xf32>, tensor<2xi32>) -> tensor<?x3xf32>",
    operands="operand output_dimensions",
    properties={
        "broadcast_dimensions": INTS,
        "known_expanding_dimensions?": INTS,
        "known_nonexpanding_dimensions?": INTS,
    },
    form=Form((_dims("broadcast_dimensions"),)), check=dynamic.dynamic_broadcast_in_dim,
)  # fmt: skip
BroadcastOp = _define(
    "broadcast", "Elements repeated along new dimensions in front.",
    "%y = stablehlo.broadcast %x, sizes = [2] : (tensor<3xf32>) -> tensor<2x3xf32>",
    properties={"broadcast_sizes": INTS},
    form=Form((Key("sizes", INTS_KEY, ("broadcast_sizes",)),)), check=movement.broadcast,
)  # fmt: skip
ConcatenateOp = _define(
    "concatenate", "Tensors joined along an axis.",
    "%z = stablehlo.concatenate %x, %y, dim = 0"
    " : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>",
    operands="*inputs", properties={"dimension": INTEGER}, form=Form((DIM,)),
    check=movement.concatenate,
)  # fmt: skip
SliceOp = _define(
    "slice", "Every stride-th element from a start to a limit.",
    "%y = stablehlo.slice %x [1:2, 0:4:2] : (tensor<3x4xf32>) -> tensor<1x2xf32>",
    properties={"start_indices": INTS, "limit_indices": INTS, "strides": INTS},
    base=SliceForm, check=movement.slice_,
)  # fmt: skip
RealDynamicSliceOp = _define(
    "real_dynamic_slice", "As slice, with starts, limits and strides that are computed.",
    """%one = stablehlo.constant dense<1> : tensor<1xi32>
%y = stablehlo.real_dynamic_slice %x, %one, %limit, %one
  : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>""",
    operands="operand start_indices limit_indices strides", form=FUNCTIONAL,
)  # fmt: skip
DynamicSliceOp = _define(
    "dynamic_slice", "A window at a computed place, moved so that it lies inside.",
    "%y = stablehlo.dynamic_slice %x, %i, %j, sizes = [1, 4]"
    " : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<1x4xf32>",
    operands="operand *start_indices", properties={"slice_sizes": INTS},
    form=Form((Key("sizes", INTS_KEY, ("slice_sizes",)),)), check=movement.dynamic_slice,
)  # fmt: skip
DynamicUpdateSliceOp = _define(
    "dynamic_update_slice", "A tensor with a window at a computed place replaced.",
    "%z = stablehlo.dynamic_update_slice %x, %y, %i, %j : (tensor<3x4xf32>,"
    " tensor<1x4xf32>, tensor<i32>, tensor<i32>) -> tensor<3x4xf32>",
    operands="operand update *start_indices", form=FUNCTIONAL, check=movement.dynamic_update_slice,
)  # fmt: skip
PadOp = _define(
    "pad", "The elements with a value around and between them; negative paddings cut.",
    "%y = stablehlo.pad %x, %v, low = [1], high = [-1], interior = [2]"
    " : (tensor<3xf32>, tensor<f32>) -> tensor<7xf32>",
    operands="operand padding_value",
    properties={"edge_padding_low": INTS, "edge_padding_high": INTS, "interior_padding": INTS},
    form=Form(
        (
            Key("low", INTS_KEY, ("edge_padding_low",)),
            Key("high", INTS_KEY, ("edge_padding_high",)),
            Key("interior", INTS_KEY, ("interior_padding",)),
        )
    ),
    check=movement.pad,
)  # fmt: skip
DynamicPadOp = _define(
    "dynamic_pad", "As pad, with sizes that are computed.",
    """%v = stablehlo.constant dense<0.0> : tensor<f32>
%one = stablehlo.constant dense<1> : tensor<1xi32>
%none = stablehlo.constant dense<0> : tensor<1xi32>
%y = stablehlo.dynamic_pad %x, %v, %one, %one, %none
  : (tensor<?xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>""",
    operands="operand padding_value edge_padding_low edge_padding_high interior_padding",
    form=FUNCTIONAL,
)  # fmt: skip
GatherOp = _define(
    "gather", "Windows at computed places.",
    '''%y = "stablehlo.gather"(%x, %i) <{
  dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0],
                                        start_index_map = [0], index_vector_dim = 1>,
  slice_sizes = array<i64: 1, 4>}> : (tensor<9x4xf32>, tensor<3x1xi32>) -> tensor<3x4xf32>''',
    operands="operand start_indices",
    properties={
        "dimension_numbers": BaseAttr(a.GatherAttr),
        "slice_sizes": INTS,
        "indices_are_sorted?": BOOLEAN,
    },
    check=indexed.gather,
)  # fmt: skip
DynamicGatherOp = _define(
    "dynamic_gather", "As gather, with window sizes that are computed.",
    '''%y = "stablehlo.dynamic_gather"(%x, %i, %n) <{
  dimension_numbers = #stablehlo.gather<offset_dims = [0], start_index_map = [0]>}>
  : (tensor<?xf32>, tensor<1xi32>, tensor<1xi32>) -> tensor<?xf32>''',
    operands="operand start_indices slice_sizes",
    properties={"dimension_numbers": BaseAttr(a.GatherAttr), "indices_are_sorted?": BOOLEAN},
    check=indexed.gather,
)  # fmt: skip
TorchIndexSelectOp = _define(
    "torch_index_select", "Slices along an axis, chosen by indices.",
    '''%y = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 0 : i64, dim = 0 : i64}>
  : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>''',
    operands="operand index", properties={"dim": INTEGER, "batch_dims": INTEGER},
)  # fmt: skip
GetDimensionSizeOp = _define(
    "get_dimension_size", "The size of a dimension.",
    "%n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>",
    properties={"dimension": INTEGER}, form=Form((DIM,)), check=dynamic.get_dimension_size,
)  # fmt: skip
SetDimensionSizeOp = _define(
    "set_dimension_size", "A tensor of which only the first elements along an axis count.",
    "%y = stablehlo.set_dimension_size %x, %n, dim = 0"
    " : (tensor<4xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<4>>",
    operands="operand size", properties={"dimension": INTEGER}, form=Form((DIM,)),
)  # fmt: skip
