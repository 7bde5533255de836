"""Ops that compute with a region: reductions, windows, sorting, scattering."""

from __future__ import annotations

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import op_table
from dlir.dialects.stablehlo.ops.properties import ANY, BOOLEAN, INTEGER, INTS
from dlir.dialects.stablehlo.ops.regions import ReduceForm
from dlir.dialects.stablehlo.rules import indexed, regions

_define = op_table("stablehlo", __name__)

ReduceOp = _define(
    "reduce", "Reduction over whole dimensions by a region that makes one of two.",
    "%y = stablehlo.reduce(%x init: %v) applies stablehlo.add across dimensions = [1]"
    " : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>",
    operands="*inputs *init_values", results="*outputs", properties={"dimensions": INTS},
    regions="body", base=ReduceForm, check=regions.reduce,
)  # fmt: skip
ReduceWindowOp = _define(
    "reduce_window", "Reduction of each of the windows that slide over a tensor.",
    '''%y = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1, 2>,
  window_strides = array<i64: 1, 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %c = stablehlo.maximum %a, %b : tensor<f32>
  stablehlo.return %c : tensor<f32>
}) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x2xf32>''',
    operands="*inputs *init_values", results="*outputs", regions="body",
    properties={
        "window_dimensions": INTS,
        "window_strides?": INTS,
        "base_dilations?": INTS,
        "window_dilations?": INTS,
        "padding?": ANY,
    },
    check=regions.reduce_window,
)  # fmt: skip
MapOp = _define(
    "map", "A region computed for each element.",
    '''%y = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
^bb0(%a: tensor<f32>):
  %b = stablehlo.abs %a : tensor<f32>
  stablehlo.return %b : tensor<f32>
}) : (tensor<3xf32>) -> tensor<3xf32>''',
    operands="*inputs", properties={"dimensions": INTS}, regions="computation",
    check=regions.map_,
)  # fmt: skip
SortOp = _define(
    "sort", "Tensors sorted together along an axis, by a region that compares.",
    '''%y = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %c = stablehlo.compare LT, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
  stablehlo.return %c : tensor<i1>
}) : (tensor<3xf32>) -> tensor<3xf32>''',
    operands="*inputs", results="*outputs", regions="comparator",
    properties={"dimension?": INTEGER, "is_stable?": BOOLEAN}, check=regions.sort,
)  # fmt: skip
ScatterOp = _define(
    "scatter", "Tensors with windows at computed places updated by a region.",
    '''%y = "stablehlo.scatter"(%x, %i, %u) <{
  scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
    inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %c = stablehlo.add %a, %b : tensor<f32>
  stablehlo.return %c : tensor<f32>
}) : (tensor<9x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<9x4xf32>''',
    operands="*inputs scatter_indices *updates", results="*outputs",
    regions="update_computation",
    properties={
        "scatter_dimension_numbers": BaseAttr(a.ScatterAttr),
        "indices_are_sorted?": BOOLEAN,
        "unique_indices?": BOOLEAN,
    },
    check=indexed.scatter,
)  # fmt: skip
SelectAndScatterOp = _define(
    "select_and_scatter", "What each window contributes, added where a region selects.",
    '''%v = stablehlo.constant dense<0.0> : tensor<f32>
%y = "stablehlo.select_and_scatter"(%x, %s, %v) <{window_dimensions = array<i64: 2>,
  window_strides = array<i64: 2>}> ({
^bb0(%a: tensor<f32>, %b: tensor<f32>):
  %c = stablehlo.compare GE, %a, %b, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
  stablehlo.return %c : tensor<i1>
}, {
^bb1(%d: tensor<f32>, %e: tensor<f32>):
  %f = stablehlo.add %d, %e : tensor<f32>
  stablehlo.return %f : tensor<f32>
}) : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf32>''',
    operands="operand source init_value", regions="select scatter",
    properties={"window_dimensions?": INTS, "window_strides?": INTS, "padding?": ANY},
    check=regions.select_and_scatter,
)  # fmt: skip
