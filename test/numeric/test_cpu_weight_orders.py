"""Weights that compiled code reads in another order than they have in their file."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.ir import Operation

import dlir
from dlir.dialects.structured import semantics
from dlir.dialects.structured.ops import GenericOp, ReshapeOp
from dlir.dialects.structured.rearrange import reading_order
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.targets.cpu.bundle import Rearranged

DTYPES = {
    "f32": np.float32,
    "f64": np.float64,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "i64": np.int64,
    "i32": np.int32,
    "i8": np.int8,
    "ui8": np.uint8,
}
SIZES = [(2, 3), (1, 1), (1, 7), (7, 1), (17, 31), (64, 64), (65, 130)]

TRANSPOSED = """
func.func @main(%x: tensor<{n}x{m}x{t}>) -> tensor<{n}x{m}x{t}> {{
  %w = dl.param "w" : tensor<{m}x{n}x{t}>
  %t = dl.transpose %w {{perm = [1, 0]}} : tensor<{m}x{n}x{t}> -> tensor<{n}x{m}x{t}>
  %y = dl.max %x, %t : tensor<{n}x{m}x{t}>
  func.return %y : tensor<{n}x{m}x{t}>
}}
"""


def numbers(shape: tuple[int, ...], dtype: Any, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("m, n", SIZES)
def test_transposed_weights_of_all_types(name: str, m: int, n: int) -> None:
    weight, x = numbers((m, n), DTYPES[name], 0), numbers((n, m), DTYPES[name], 1)
    if weight.dtype.kind == "f":
        weight[0, 0] = np.nan
        weight[-1, -1] = np.inf
    text = TRANSPOSED.format(m=m, n=n, t=name)
    model = dlir.Model(dlir.load(text).module, {"w": weight})
    got, want = (dlir.compile(model, target=t, cache=False)(x) for t in ("cpu", "ref"))
    np.testing.assert_array_equal(got, want)


COPY = """
%w = dl.param "w" : tensor<{source}>
%e = tensor.empty() : tensor<{target}>
%p = structured.generic {{maps = [{reads}, {writes}], iterators = [{iterators}]}}
    ins(%w : tensor<{source}>) outs(%e : tensor<{target}>) {{
^bb0(%a: f32):
  structured.yield %a : f32
}} -> tensor<{target}>
"""
ORDERS: dict[str, tuple[str, str, int, str, str]] = {
    "blocks of columns": ("6x8xf32", "2x6x4xf32", 3, "(d1, 4 * d0 + d2)", ""),
    "blocks of filters": ("8x3x2x2xf32", "2x2x2x3x4xf32", 5, "(4 * d0 + d4, d3, d1, d2)", ""),
    "a part": ("6x8xf32", "2x3xf32", 2, "(d0 + 3, 2 * d1 + 1)", ""),
    "from behind": ("7xf32", "7xf32", 1, "(6 - d0)", ""),
    "repeated": ("3xf32", "5x3xf32", 2, "(d1)", ""),
    "diagonals": ("4x4xf32", "4xf32", 1, "(d0, d0)", ""),
    "windows": ("9xf32", "7x3xf32", 2, "(d0 + d1)", ""),
}
NONE: dict[str, tuple[str, str, int, str, str]] = {
    "outside": ("6xf32", "7xf32", 1, "(d0)", ""),
    "the result in another order": ("6x8xf32", "6x8xf32", 2, "(d0, d1)", "(d1, d0)"),
    "empty": ("0x3xf32", "3x0xf32", 2, "(d1, d0)", ""),
}


def ops_of(case: tuple[str, str, int, str, str]) -> tuple[Operation, Operation]:
    source, target, rank, reads, writes = case
    dims = ", ".join(f"d{d}" for d in range(rank))
    text = COPY.format(
        source=source,
        target=target,
        reads=f"({dims}) -> {reads}",
        writes=f"({dims}) -> {writes or f'({dims})'}",
        iterators=", ".join(["parallel"] * rank),
    )
    if "outside" in text or source == "6xf32":
        text = text.replace("iterators", "padding = [0.0 : f32], iterators", 1)
    param, _, copy = parse_module(text, default_registry().context()).body.block.ops
    return param, copy


@pytest.mark.parametrize("name", ORDERS)
def test_a_view_of_the_weight_is_what_the_copy_makes(name: str) -> None:
    param, copy = ops_of(ORDERS[name])
    assert isinstance(copy, GenericOp)
    weight = np.arange(np.prod(param.results[0].type.get_shape()), dtype=np.float32)
    weight = weight.reshape(param.results[0].type.get_shape())
    found = reading_order(copy)
    assert found is not None
    shape, strides, offset = found
    view = Rearranged("w", tuple(shape), tuple(strides), offset).of(weight)
    out = np.zeros(copy.outs.type.get_shape(), np.float32)
    want = semantics.generic(_Body(), copy, weight, out)
    np.testing.assert_array_equal(view.view(np.uint32), want.view(np.uint32))


class _Body:
    """Of the interpreter: a copy's body gives back what it is given."""

    def run_block(self, block: Any, value: Any, *rest: Any) -> tuple[Any, ...]:
        return (value,)


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_view(name: str) -> None:
    assert reading_order(ops_of(NONE[name])[1]) is None


def test_only_reshapes_of_known_sizes_are_views() -> None:
    text = """
    %w = dl.param "w" : tensor<2x3xf32>
    %r = structured.reshape %w : tensor<2x3xf32> to tensor<3x2xf32>
    """
    _, known = parse_module(text, default_registry().context()).body.block.ops
    assert reading_order(known) == ([3, 2], [2, 1], 0)
    text = """
    func.func @f(%x: tensor<?x3xf32>, %n: index) {
      %r = structured.reshape %x[%n] : tensor<?x3xf32> to tensor<3x?xf32>
      func.return
    }
    """
    (function,) = parse_module(text, default_registry().context()).body.block.ops
    unknown = next(op for op in function.walk() if isinstance(op, ReshapeOp))
    assert reading_order(unknown) is None
