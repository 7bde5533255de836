"""Affine int8 against exact fractions, and the canonical bodies found again where they end up."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric.dl_meaning import run, same
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr, ModuleOp
from xdsl.ir import Block, SSAValue

from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.structured import quantization as bodies
from dlir.dialects.structured.ops import GenericOp
from dlir.lowering.dl_to_structured import ConvertDlToStructured
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.structured_fuse import StructuredFuse

FLOATS = st.floats(width=32)
SCALES = st.floats(2.0**-100, 2.0**100, width=32)
ZEROS = st.integers(-128, 127)


def saturated(value: int) -> int:
    return max(-128, min(127, value))


@given(FLOATS, SCALES, ZEROS)
def test_quantize_rounds_the_f32_quotient(x: float, scale: float, zero: int) -> None:
    got = run(q.QuantizeOp, np.float32([x]), np.array(scale, np.float32), zero_point=zero)
    if math.isnan(x):
        expected = zero
    elif math.isinf(x):
        expected = 127 if x > 0 else -128
    else:
        with np.errstate(over="ignore"):
            quotient = np.float32(np.float64(x) / np.float64(scale))
        expected = round(float(np.clip(quotient, -1e6, 1e6))) + zero
    same(got, np.array([saturated(expected)], np.int8))


@given(st.integers(-128, 127), SCALES, ZEROS)
def test_dequantize_rounds_the_product(x: int, scale: float, zero: int) -> None:
    got = run(q.DequantizeOp, np.array([x], np.int8), np.array(scale, np.float32), zero_point=zero)
    assert Fraction(float(got[0])) == Fraction(float(np.float32((x - zero) * scale)))


@given(st.lists(st.integers(-128, 127), min_size=2, max_size=2), SCALES, SCALES)
def test_quantize_undoes_dequantize(x: list[int], first: float, second: float) -> None:
    x8, s = np.array(x, np.int8), np.array([first, second], np.float32)
    same(run(q.QuantizeOp, run(q.DequantizeOp, x8, s, axis=0), s, axis=0), x8)


TEXT = """
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x16xi8>, %b: tensor<16xi32>, %m: tensor<16xi32>)
    -> tensor<?x16xf32> {{
  %sx = dl.constant dense<0.5> : tensor<f32>
  %s = dl.constant dense<7> : tensor<i32>
  %x8 = dl.quantize %x, %sx {{zero_point = {zero}}} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xi8>
  %0 = dl.matmul %x8, %w acc i32 : (tensor<?x8xi8>, tensor<8x16xi8>) -> tensor<?x16xi32>
  %1 = dl.add %0, %b : (tensor<?x16xi32>, tensor<16xi32>) -> tensor<?x16xi32>
  %ss = dl.broadcast %s : tensor<i32> -> tensor<16xi32>
  %2 = dl.requantize %1, %m, %ss {{axis = 1, zero_point = {zero}}}
      : (tensor<?x16xi32>, tensor<16xi32>, tensor<16xi32>) -> tensor<?x16xi8>
  %3 = dl.relu %2 : tensor<?x16xi8>
  %y = dl.dequantize %3, %sx {{zero_point = {zero}}} : (tensor<?x16xi8>, tensor<f32>) -> tensor<?x16xf32>
  func.return %y : tensor<?x16xf32>
}}
"""  # noqa: E501


def lowered(zero: int) -> ModuleOp:
    module = parse_module(TEXT.format(zero=zero), default_registry().context())
    ConvertDlToStructured().apply(Context(), module)
    StructuredFuse().apply(Context(), module)
    return module


def found(module: ModuleOp, match: Any) -> list[Any]:
    """What a matcher finds in the bodies and epilogues."""
    blocks = [
        region.block for op in module.walk() if isinstance(op, GenericOp) for region in op.regions
        if region.blocks
    ]  # fmt: skip
    results = [result for block in blocks for op in block.ops for result in op.results]
    return [pieces for result in results if (pieces := match(result)) is not None]


@pytest.mark.parametrize("zero", [0, -5, 31, 127, -128, 99, 1])
def test_bodies_are_found_after_fusion(zero: int) -> None:
    module = lowered(zero)
    (again,) = found(module, bodies.match_requantize)
    assert isinstance(again.x.owner, arith.AddiOp), "the accumulator and its bias"
    assert isinstance(again.multiplier, SSAValue) and again.zero_point == zero
    (first,) = found(module, bodies.match_quantize)
    assert isinstance(first.x.owner, Block) and first.zero_point == zero
    (last,) = found(module, bodies.match_dequantize)
    assert isinstance(last.x.owner, arith.MaxSIOp) and last.zero_point == zero


def test_other_bodies_are_not_found() -> None:
    """Every constant of the sequence counts."""
    module = lowered(3)
    constants = [
        op for op in module.walk()
        if isinstance(op, arith.ConstantOp) and isinstance(op.parent_op(), GenericOp)
        if isinstance(op.value, IntegerAttr) and op.value.type.width.data == 64
    ]  # fmt: skip
    assert len(constants) == 6
    for constant in constants:
        value = constant.value
        constant.properties["value"] = IntegerAttr(value.value.data + 5, value.type)
        pieces = found(module, bodies.match_requantize)
        assert [p.zero_point for p in pieces] == ([8] if value.value.data == 3 else [])
        constant.properties["value"] = value
    assert found(module, bodies.match_requantize)
