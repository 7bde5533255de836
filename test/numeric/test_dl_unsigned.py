"""Unsigned element types in the semantics of `dl`, against Python's unbounded integers."""

import itertools
import math
import operator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import BF16, inf, meaning, nan, run, value
from xdsl.dialects.builtin import bf16, f16, f32, f64, i1, i8, i32

from dlir.diagnostics import RuleViolation
from dlir.dialects.dl.attrs import NARROW, ui8, ui16, ui32, ui64
from dlir.dialects.dl.constants import ELEMENTS, constant, constant_array
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.movement import GatherOp, PadOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.inputs import read_input
from dlir.params import Weights, write_weights

DTYPES = [np.uint64, np.uint32, np.uint16, np.uint8]
WORDS = pytest.mark.parametrize("dtype", DTYPES)


def same(actual: Any, expected: Any) -> None:
    """Equal values of one shape and dtype; no conversion to a type that holds fewer numbers."""
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(actual, expected)


def wrapped(numbers: list[int], dtype: Any) -> Any:
    """The low bits of each number."""
    return np.array([n & int(np.iinfo(dtype).max) for n in numbers], dtype)


BINARY = {
    b.AddOp: operator.add,
    b.SubOp: operator.sub,
    b.MulOp: operator.mul,
    b.DivOp: operator.floordiv,
    b.ModOp: operator.mod,
    b.FmodOp: operator.mod,
    b.PowOp: operator.pow,
    b.MaxOp: max,
    b.MinOp: min,
    b.PreluOp: lambda x, y: x,
    b.AndOp: operator.and_,
    b.OrOp: operator.or_,
    b.XorOp: operator.xor,
}


def edges(dtype: Any) -> list[int]:
    top = int(np.iinfo(dtype).max)
    return [0, 1, 2, 3, 7, top // 2, top // 2 + 1, top - 1, top]


@WORDS
@pytest.mark.parametrize("kind", BINARY, ids=lambda kind: kind.name)
def test_binary(kind: Any, dtype: Any) -> None:
    right = [0, 1, 2, 5, 70] if kind is b.PowOp else edges(dtype)
    right = [n for n in right if n or kind not in (b.DivOp, b.ModOp, b.FmodOp)]
    pairs = list(itertools.product(edges(dtype), right))
    lhs, rhs = (np.array(side, dtype) for side in zip(*pairs, strict=True))
    same(run(kind, lhs, rhs), wrapped([BINARY[kind](x, y) for x, y in pairs], dtype))


@WORDS
def test_unary(dtype: Any) -> None:
    numbers = edges(dtype)
    x = np.array(numbers, dtype)
    same(run(m.NegOp, x), wrapped([-n for n in numbers], dtype))
    same(run(m.NotOp, x), wrapped([~n for n in numbers], dtype))
    same(run(m.SignOp, x), np.array([min(n, 1) for n in numbers], dtype))
    for identity in (m.AbsOp, act.ReluOp):
        same(run(identity, x), x)
    same(run(act.ClipOp, x, min=2, max=7), np.clip(x, 2, 7))


@WORDS
@pytest.mark.parametrize("predicate", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_compare(predicate: str, dtype: Any) -> None:
    pairs = list(itertools.product(edges(dtype), edges(dtype)))
    lhs, rhs = (np.array(side, dtype) for side in zip(*pairs, strict=True))
    expected = np.array([getattr(operator, predicate)(x, y) for x, y in pairs])
    same(meaning(b.CompareOp(predicate, value(lhs), value(rhs)), lhs, rhs), expected)


@WORDS
def test_reductions(dtype: Any) -> None:
    numbers = edges(dtype)
    x = np.array([numbers, numbers[::-1]], dtype)
    same(run(r.ReduceSumOp, x, axes=[0, 1]), wrapped([2 * sum(numbers)], dtype).reshape(()))
    same(run(r.ReduceProdOp, x[:, 1:], axes=[1]), wrapped([math.prod(numbers[1:]), 0], dtype))
    same(run(r.ReduceMaxOp, x, axes=[1]), x.max(1))
    same(run(r.ReduceMinOp, x, axes=[0]), x.min(0))
    empty = np.zeros((0, 2), dtype)
    same(run(r.ReduceMaxOp, empty, axes=[0]), np.zeros(2, dtype))
    same(run(r.ReduceMinOp, empty, axes=[0]), np.full(2, np.iinfo(dtype).max, dtype))


def test_contractions_extend_with_zeros() -> None:
    x = np.full((1, 3), 255, np.uint8)
    sums = meaning(k.MatmulOp(value(x), value(x), transpose_rhs=True, element_type=ui32), x, x)
    same(sums, np.array([[3 * 255**2]], np.uint32))
    signed = k.MatmulOp(value(x), value(x), transpose_rhs=True, acc=i32, element_type=i32)
    same(meaning(signed, x, x), np.array([[3 * 255**2]], np.int32))
    wide = np.full((1, 2), 2**64 - 1, np.uint64)
    same(run(k.MatmulOp, wide, wide, transpose_rhs=True), np.array([[2]], np.uint64))
    image = np.arange(250, 259).astype(np.uint8).reshape(1, 1, 3, 3)
    kernel = np.full((1, 1, 2, 2), 255, np.uint8)
    conv = meaning(k.Conv2dOp(value(image), value(kernel), element_type=ui32), image, kernel)
    assert conv[0, 0, 0, 0] == 255 * (250 + 251 + 253 + 254)
    pooled = run(p.MaxPool2dOp, image, kernel=(2, 2), padding=(1, 1, 1, 1))
    same(pooled[0, 0, 0], np.array([250, 251, 252, 252], np.uint8))


@WORDS
def test_constants_weights_and_inputs(dtype: Any, tmp_path: Path) -> None:
    x = np.array([0, 1, np.iinfo(dtype).max], dtype)
    same(constant_array(constant(x)), x)
    write_weights(tmp_path / "w.safetensors", {"w": x})
    same(Weights(tmp_path / "w.safetensors")["w"], x)
    same(read_input(f"3xu{np.dtype(dtype).name[1:].replace('int', 'i')}=0,1,0x{int(x[2]):x}"), x)


def test_movement() -> None:
    same(meaning(IotaOp([3], 0, ui8)), np.array([0, 1, 2], np.uint8))
    x = np.array([1, 2], np.uint8)
    same(meaning(PadOp(value(x), [1], [0], 255), x), np.array([255, 1, 2], np.uint8))
    table, index = np.arange(300), np.array([255, 0], np.uint8)
    same(run(GatherOp, table, index, axis=0), np.array([255, 0]))
    far = np.array([2**64 - 1], np.uint64)
    with pytest.raises(IndexError, match="index 18446744073709551615 is outside"):
        run(GatherOp, table, far, axis=0)


@pytest.mark.parametrize("bound", [-1, 256])
def test_bounds_are_numbers_of_the_type(bound: int) -> None:
    x = value(np.zeros(2, np.uint8))
    with pytest.raises(RuleViolation, match=r"expected a number of ui8 \(0 to 255\)"):
        act.ClipOp(x, min=bound)
    with pytest.raises(RuleViolation, match=r"expected a number of ui8 \(0 to 255\)"):
        PadOp(x, [0], [1], bound)


# Casts


def cast(array: Any, element: Any) -> Any:
    return meaning(b.CastOp(value(array), element), array)


def test_floats_saturate() -> None:
    x = np.array([1.9, -0.9, -300, 255.9, 256, inf, -inf, nan, -0.0], np.float32)
    same(cast(x, ui8), np.array([1, 0, 0, 255, 255, 255, 0, 0, 0], np.uint8))
    big = np.array([2.0**64, 2.0**63, 2.0**64 - 2048, -1.0])
    same(cast(big, ui64), np.array([2**64 - 1, 2**63, 2**64 - 2048, 0], np.uint64))
    same(
        cast(np.array([4294967040.0, 2.0**32], "f"), ui32), np.array([2**32 - 256, 2**32 - 1], "u4")
    )
    same(cast(np.array([65504.0, inf], np.float16), ui16), np.array([65504, 65535], np.uint16))
    same(cast(np.array([300, -1], BF16), ui8), np.array([255, 0], np.uint8))


def test_integers_wrap() -> None:
    same(cast(np.array([-1, 300], np.int32), ui8), np.array([255, 44], np.uint8))
    same(cast(np.array([255, 128], np.uint8), i8), np.array([-1, -128], np.int8))
    same(cast(np.array([255], np.uint8), i32), np.array([255], np.int32))
    same(cast(np.array([-1], np.int8), ui64), np.array([2**64 - 1], np.uint64))
    same(cast(np.array([True, False]), ui16), np.array([1, 0], np.uint16))
    same(cast(np.array([0, 200], np.uint8), i1), np.array([False, True]))


def test_floats_of_integers_round_once() -> None:
    top = np.array([2**64 - 1, 2**63 + 1, 2**53 + 1], np.uint64)
    same(cast(top, f64), np.array([2.0**64, 2.0**63, 2.0**53]))
    same(cast(np.array([2**24 + 1, 2**32 - 1], np.uint32), f32), np.array([2.0**24, 2.0**32], "f"))
    same(cast(np.array([65535, 2049], np.uint16), f16), np.array([inf, 2048], np.float16))
    below = (2**17 * 203 + 2**16 - 1) * 2**38  # f32 would round it to a tie
    same(cast(np.array([below], np.uint64), bf16), np.array([203.0 * 2**55]).astype(BF16))


@pytest.mark.parametrize("through", [ui8, ui16, ui32, ui64])
def test_casts_that_fold_keep_the_value(through: Any) -> None:
    """`dl-simplify` leaves out a cast only where it keeps every number."""
    from dlir.dialects.dl.simplify_compute import widens

    for name, element in ELEMENTS.items():
        if "int" not in name or element in NARROW:
            continue
        limits = np.iinfo(name)
        x = np.array([limits.min, -1 if limits.min else 0, 0, limits.max], name)
        kept = [int(n) for n in cast(x, through)] == [int(n) for n in x]
        assert widens(element, through) == kept
