"""Quantised numbers against exact fractions, and the canonical bodies found where they end up."""

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
from xdsl.dialects.builtin import Float4E2M1FNType, IntegerAttr, IntegerType, ModuleOp, i8
from xdsl.ir import Block, SSAValue

from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.structured import quantization as bodies
from dlir.dialects.structured.ops import GenericOp
from dlir.lowering.dl_to_structured import ConvertDlToStructured
from dlir.numpy_types import dtype_of
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.structured_fuse import StructuredFuse
from dlir.types import BYTE_FLOATS, unsigned

FLOATS = st.floats(width=32)
SCALES = st.floats(2.0**-100, 2.0**100, width=32)
ZEROS = st.integers(-128, 127)


def saturated(value: int) -> int:
    return max(-128, min(127, value))


@given(FLOATS, SCALES, ZEROS)
def test_quantize_rounds_the_f32_quotient(x: float, scale: float, zero: int) -> None:
    got = run(q.QuantizeOp, np.float32([x]), np.array(scale, np.float32), np.int8(zero))
    if math.isnan(x):
        expected = zero
    elif math.isinf(x):
        expected = 127 if x > 0 else -128
    else:
        with np.errstate(over="ignore"):
            quotient = np.float32(np.float64(x) / np.float64(scale))
        expected = round(float(np.clip(quotient, -1e6, 1e6))) + zero
    same(got, np.array([saturated(expected)], np.int8))


INTEGERS = [
    (IntegerType(2), -2, 1), (unsigned(2), 0, 3), (IntegerType(4), -8, 7), (unsigned(4), 0, 15),
    (i8, -128, 127), (unsigned(8), 0, 255), (IntegerType(16), -(2**15), 2**15 - 1),
    (unsigned(16), 0, 2**16 - 1),
]  # fmt: skip


@pytest.mark.parametrize(("element", "least", "greatest"), INTEGERS)
def test_every_integer_saturates_and_comes_back(element: Any, least: int, greatest: int) -> None:
    """Half units around every bound and around the zero point, by exact arithmetic."""
    dtype = dtype_of(element)
    scale = np.array(0.25, np.float32)
    for zero in {least, greatest, (least + greatest) // 2, 0, 1}:
        places = [Fraction(n, 2) + end for end in (least, zero, greatest) for n in range(-9, 10)]
        x = np.array([float((q - zero) / 4) for q in places], np.float32)
        expected = [max(least, min(greatest, round(q - zero) + zero)) for q in places]
        point = np.array(zero).astype(dtype)
        got = run(q.QuantizeOp, x, scale, point, element=element)
        assert got.dtype == dtype and got.astype(np.int64).tolist() == expected
        back = run(q.DequantizeOp, got, scale, point)
        assert back.tolist() == [(q - zero) / 4 for q in expected]


@pytest.mark.parametrize("kind", [k for k in BYTE_FLOATS if k.name != "f8E8M0FNU"])
def test_narrow_floats_are_casts_that_saturate(kind: Any) -> None:
    """Every code comes back, and so does what lies between two codes, as ml_dtypes rounds it."""
    dtype = dtype_of(kind())
    codes = np.arange(16 if kind is Float4E2M1FNType else 256, dtype=np.uint8).view(dtype)
    numbers = codes.astype(np.float32)
    finite = np.sort(numbers[np.isfinite(numbers)])
    between = (finite[1:] + finite[:-1]) / 2
    x = np.concatenate([finite, between, np.nextafter(between, np.float32(9)), [-0.0]])
    scale = np.array(0.125, np.float32)
    got = run(q.QuantizeOp, np.float32(x * scale), scale, element=kind())
    assert got.view(np.uint8).tolist() == x.astype(dtype).view(np.uint8).tolist()
    same(run(q.DequantizeOp, got, scale), got.astype(np.float32) * scale)
    beyond = run(q.QuantizeOp, np.float32([1e30, -np.inf]), scale, element=kind())
    assert beyond.astype(np.float32).tolist() == [finite[-1], finite[0]]


@given(st.integers(-128, 127), SCALES, ZEROS)
def test_dequantize_rounds_the_product(x: int, scale: float, zero: int) -> None:
    got = run(q.DequantizeOp, np.array([x], np.int8), np.array(scale, np.float32), np.int8(zero))
    assert Fraction(float(got[0])) == Fraction(float(np.float32((x - zero) * scale)))


@given(st.lists(st.integers(-128, 127), min_size=2, max_size=2), SCALES, SCALES)
def test_quantize_undoes_dequantize(x: list[int], first: float, second: float) -> None:
    x8, s = np.array(x, np.int8), np.array([first, second], np.float32)
    same(run(q.QuantizeOp, run(q.DequantizeOp, x8, s, axis=0), s, axis=0), x8)


TEXT = """
func.func @f(%x: tensor<?x8xf32>, %w: tensor<8x16x{element}>, %b: tensor<16xi32>, %m: tensor<16xi32>)
    -> tensor<?x16xf32> {{
  %sx = dl.constant dense<0.5> : tensor<f32>
  %z = dl.constant dense<{zero}> : tensor<{element}>
  %zs = dl.constant dense<{zero}> : tensor<16x{element}>
  %s = dl.constant dense<7> : tensor<i32>
  %x8 = dl.quantize %x, %sx, %z : (tensor<?x8xf32>, tensor<f32>, tensor<{element}>) -> tensor<?x8x{element}>
  %0 = dl.matmul %x8, %w acc i32 : (tensor<?x8x{element}>, tensor<8x16x{element}>) -> tensor<?x16xi32>
  %1 = dl.add %0, %b : (tensor<?x16xi32>, tensor<16xi32>) -> tensor<?x16xi32>
  %ss = dl.broadcast %s : tensor<i32> -> tensor<16xi32>
  %2 = dl.requantize %1, %m, %ss, %zs {{axis = 1}}
      : (tensor<?x16xi32>, tensor<16xi32>, tensor<16xi32>, tensor<16x{element}>) -> tensor<?x16x{element}>
  %3 = dl.relu %2 : tensor<?x16x{element}>
  %y = dl.dequantize %3, %sx, %z : (tensor<?x16x{element}>, tensor<f32>, tensor<{element}>) -> tensor<?x16xf32>
  func.return %y : tensor<?x16xf32>
}}
"""  # noqa: E501


def lowered(zero: int, element: str = "i8") -> ModuleOp:
    return structured(TEXT.format(zero=zero, element=element))


def structured(text: str) -> ModuleOp:
    module = parse_module(text, default_registry().context())
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


@pytest.mark.parametrize(
    ("element", "zero"),
    [*(("i8", zero) for zero in (0, -5, 31, 127, -128, 99, 1)), ("ui8", 0), ("ui8", 200)],
)
def test_bodies_are_found_after_fusion(element: str, zero: int) -> None:
    module = lowered(zero, element)
    (again,) = found(module, bodies.match_requantize)
    assert isinstance(again.x.owner, arith.AddiOp), "the accumulator and its bias"
    assert isinstance(again.multiplier, SSAValue) and again.zero_point == zero
    (first,) = found(module, bodies.match_quantize)
    assert isinstance(first.x.owner, Block) and first.zero_point == zero
    (last,) = found(module, bodies.match_dequantize)
    assert last.zero_point == zero
    assert {str(pieces.element) for pieces in (first, again, last)} == {element}
    if element == "i8":
        assert isinstance(last.x.owner, arith.MaxSIOp)


@pytest.mark.parametrize("element", ["i8", "ui8"])
def test_bodies_with_run_time_zero_points_are_found(element: str) -> None:
    """The zero points of the text as weights."""
    text = TEXT.format(zero=1, element=element)
    for name, shape in (("z", ""), ("zs", "16x")):
        written = f"%{name} = dl.constant dense<1> : tensor<{shape}{element}>"
        assert written in text
        text = text.replace(written, f'%{name} = dl.param "{name}" : tensor<{shape}{element}>')
    module = structured(text)
    for match in (bodies.match_quantize, bodies.match_requantize, bodies.match_dequantize):
        (pieces,) = found(module, match)
        assert isinstance(pieces.zero_point, SSAValue) and str(pieces.element) == element


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
