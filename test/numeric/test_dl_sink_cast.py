"""Casts that `dl-sink-cast` cancels change no bit: random bit patterns of every narrow type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.dl_meaning import BF16
from xdsl.dialects.builtin import ModuleOp

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import DlOp
from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_sink_cast import CHOICES, ROUNDED, WHOLE, WRAPPING, DlSinkCast

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
RANDOM = np.random.default_rng(17)
COUNT = 50_000

FLOATS = [("f16", "f32"), ("f16", "f64"), ("bf16", "f32"), ("bf16", "f64"), ("f32", "f64")]
INTEGERS = [
    ("i8", "i16"), ("i8", "i64"), ("ui8", "i16"), ("ui8", "ui32"), ("ui16", "i64"), ("i32", "i64"),
]  # fmt: skip
DTYPES: dict[str, Any] = {
    "f16": np.float16, "bf16": BF16, "f32": np.float32, "i8": np.int8, "ui8": np.uint8,
    "ui16": np.uint16, "i32": np.int32,
}  # fmt: skip


def cases() -> list[tuple[str, str, str]]:
    floats = {*CHOICES, *WHOLE, *ROUNDED}
    found = [(kind.name, *pair) for kind in floats for pair in FLOATS]
    found += [(kind.name, *pair) for kind in {*CHOICES, *WRAPPING} for pair in INTEGERS]
    return sorted(found)


def text_of(op: str, narrow: str, wide: str) -> str:
    n, w = f"tensor<?x{narrow}>", f"tensor<?x{wide}>"
    kind = CONTEXT.get_optional_op(op)
    assert kind is not None and issubclass(kind, DlOp)
    operands = len(kind.get_irdl_definition().operands)
    line = {
        1: f"{op} %a : {w}",
        2: f"{op} %a, %b : {w}",
        3: f"{op} %p, %a, %b : (tensor<?xi1>, {w}, {w}) -> {w}",
    }[operands]
    return f"""func.func @f(%x: {n}, %y: {n}, %p: tensor<?xi1>) -> {n} {{
      %a = dl.cast %x : {n} -> {w}
      %b = dl.cast %y : {n} -> {w}
      %c = {line}
      %z = dl.cast %c : {w} -> {n}
      func.return %z : {n}
    }}"""


def bits(narrow: str) -> Any:
    """Every pattern is as likely, so are NaN, infinities and subnormal numbers of 16 bits."""
    dtype = np.dtype(DTYPES[narrow])
    return RANDOM.integers(0, 256, COUNT * dtype.itemsize, np.uint8).view(dtype)


def same_bits(one: Any, other: Any) -> bool:
    """Bit by bit, but that a NaN equals a NaN."""
    with np.errstate(invalid="ignore"):
        nan = (one != one) & (other != other)
    view = {1: np.uint8, 2: np.uint16, 4: np.uint32}[one.dtype.itemsize]
    return bool(np.all(nan | (one.view(view) == other.view(view))))


def outcome(module: ModuleOp, *values: Any) -> Any:
    return Interpreter(module, REGISTRY).call("f", *values)[0]


@pytest.mark.parametrize(("op", "narrow", "wide"), cases())
def test_no_bit_changes(op: str, narrow: str, wide: str) -> None:
    module = parse_module(text_of(op, narrow, wide), CONTEXT, op)
    values = bits(narrow), bits(narrow), RANDOM.random(COUNT) < 0.5
    before = outcome(module, *values)
    DlSinkCast().apply(CONTEXT, module)
    module.verify()
    assert not any(isinstance(one, b.CastOp) for one in module.walk())
    assert same_bits(before, outcome(module, *values))


@pytest.mark.parametrize("op", ["dl.mul", "dl.div"])
def test_results_near_the_least_bf16(op: str) -> None:
    """bf16 and f32 have the same exponents, so f32 rounds here as well: all mantissas."""
    mantissas = (1 + np.arange(128) / 128).astype(np.float64)
    exponents = np.arange(-142, -122)
    x, y, e = (grid.ravel() for grid in np.meshgrid(mantissas, mantissas, exponents))
    scale = np.exp2(-e - 60.0 if op == "dl.div" else e + 60.0)
    values = (x * 2.0**-60).astype(BF16), (y * scale).astype(BF16), np.ones(x.size, bool)
    module = parse_module(text_of(op, "bf16", "f32"), CONTEXT, op)
    before = outcome(module, *values)
    DlSinkCast().apply(CONTEXT, module)
    after = outcome(module, *values)
    assert len(np.unique(after)) > 100
    assert same_bits(before, after)
