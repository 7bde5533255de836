"""Contractions that take their sum in blocks mean the same as those that take it at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.structured_runs import Native, interpreted, interpreted_buffers, lowered, parse, same

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.schedule_checks import misfit
from dlir.targets.cpu.tune.measure import read_schedule

PASSES = (
    "structured-prepare-dots,structured-pack,cse,structured-bufferize,structured-outline,cse,"
    "structured-tile,convert-structured-to-loops,cse"
)
IN_PLACE = "kernel = contraction, vector = [2, 16]"
FLOATS = """
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    structured.yield %s : f32"""
INTEGERS = """
    %l = arith.extsi %a : i8 to i32
    %g = arith.extsi %b : i8 to i32
    %p = arith.muli %l, %g : i32
    %s = arith.addi %acc, %p : i32
    structured.yield %s : i32"""
RESIDUAL = """ epilogue ins(%o, %c : tensor<{m}x{n}xf32>, tensor<{n}xf32>)
      maps [(m, n) -> (m, n), (m, n) -> (n)] {{
  ^bb0(%v: f32, %r: f32, %bias: f32):
    %t = arith.addf %v, %r : f32
    %u = arith.mulf %t, %bias : f32
    structured.yield %u : f32
  }}"""


def product(m: int, k: int, n: int, schedule: str, element: str = "f32", epilogue: str = "") -> str:
    acc, body = ("i32", INTEGERS) if element == "i8" else ("f32", FLOATS)
    x, w, y = f"tensor<{m}x{k}x{element}>", f"tensor<{k}x{n}x{element}>", f"tensor<{m}x{n}x{acc}>"
    zero = "0 : i32" if acc == "i32" else "0.0 : f32"
    return f"""
func.func @f(%x: {x}, %w: {w}, %o: tensor<{m}x{n}xf32>, %c: tensor<{n}xf32>) -> {y} {{
  %e = tensor.empty() : {y}
  %y = structured.generic {{maps = [(m, n, k) -> (m, k), (m, n, k) -> (k, n), (m, n, k) -> (m, n)],
      iterators = [parallel, parallel, reduction], init = {zero},
      schedule = #structured.schedule<{schedule}>}} ins(%x, %w : {x}, {w}) outs(%e : {y}) {{
  ^bb0(%a: {element}, %b: {element}, %acc: {acc}):{body}
  }}{epilogue.format(m=m, n=n)} -> {y}
  func.return %y : {y}
}}"""


def check(text: str, m: int, k: int, n: int, element: str = "f32") -> None:
    rng = np.random.default_rng(m * k * n)
    dtype = np.int8 if element == "i8" else np.float32
    low, high = (-128, 128) if element == "i8" else (-4, 5)
    values: list[Any] = [rng.integers(low, high, s).astype(dtype) for s in [(m, k), (k, n)]]
    values += [rng.integers(-4, 5, s).astype(np.float32) for s in [(m, n), (n,)]]
    expected = interpreted(parse(text), values)
    module = lowered(parse(text), PASSES)
    same(interpreted_buffers(module, values), expected)
    same(Native(module, checked=False).run(values), expected)


@pytest.mark.parametrize("epilogue", ["", RESIDUAL], ids=["plain", "residual"])
@pytest.mark.parametrize("pack", ["", ", pack = [1]"], ids=["in-place", "packed"])
@pytest.mark.parametrize("k", [1, 3, 4, 5, 7, 8, 9, 13])
def test_every_number_of_blocks(k: int, pack: str, epilogue: str) -> None:
    """One, two, and more; a last one that is shorter. The epilogue sees the whole sum, once."""
    text = product(5, k, 19, f"{IN_PLACE}{pack}, tile = [0, 0, 4]", epilogue=epilogue)
    check(text, 5, k, 19)


@pytest.mark.parametrize("m, k, n", [(0, 9, 16), (1, 9, 1), (2, 9, 16), (3, 0, 16), (4, 9, 15),
                                     (7, 9, 0), (7, 9, 33)])  # fmt: skip
@pytest.mark.parametrize("tile", ["0, 0, 4", "3, 0, 4", "0, 16, 4", "3, 16, 2"])
def test_edges_of_the_result(tile: str, m: int, k: int, n: int) -> None:
    """Also where tiles of rows or columns go around the blocks."""
    check(product(m, k, n, f"{IN_PLACE}, tile = [{tile}]"), m, k, n)


@pytest.mark.parametrize("k", [4, 8, 12, 16, 20, 36])
def test_blocks_of_groups(k: int) -> None:
    """Dot products of four; a block of the text counts terms, one of the packed sum groups."""
    schedule = f"{IN_PLACE}, pack = [1], dot = u8s8, tile = [0, 0, 8]"
    check(product(5, k, 19, schedule, "i8"), 5, k, 19, "i8")


def test_what_is_not_a_number_stays_so() -> None:
    """Infinity in one block and its opposite in another give NaN, and zero times NaN is NaN."""
    text = product(2, 9, 16, f"{IN_PLACE}, tile = [0, 0, 4]")
    x, w = np.ones((2, 9), np.float32), np.ones((9, 16), np.float32)
    x[0, 1], x[0, 8], x[1, 5] = np.inf, -np.inf, 0
    w[5, 3] = np.nan
    values = [x, w, np.zeros((2, 16), np.float32), np.zeros(16, np.float32)]
    same(
        Native(lowered(parse(text), PASSES), checked=False).run(values),
        interpreted(parse(text), values),
    )


NARROW = """ epilogue {{
  ^bb0(%v: f32):
    %t = arith.truncf %v : f32 to bf16
    structured.yield %t : bf16
  }}"""
REFUSED = {
    "sums of groups": (
        product(2, 10, 16, "SCHEDULE", "i8"),
        ", dot = u8s8, pack = [1]",
        "groups of 4",
    ),
    "narrow results": (
        product(2, 9, 16, "SCHEDULE", epilogue=NARROW).replace("2x16xf32", "2x16xbf16"),
        "",
        "cannot wait for the next block in a result of bf16",
    ),
    "unknown extents": (
        product(2, 9, 16, "SCHEDULE").replace("2x9x", "2x?x").replace("9x16x", "?x16x"),
        "",
        "but for one of known extent",
    ),
}


@pytest.mark.parametrize("text, more, message", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_taken_in_blocks_is_no_schedule(text: str, more: str, message: str) -> None:
    op = next(
        o for o in parse(text.replace("SCHEDULE", IN_PLACE)).walk() if isinstance(o, GenericOp)
    )
    schedule = read_schedule(f"<{IN_PLACE}{more}, tile = [0, 0, 4]>")
    assert message in (misfit(op, schedule) or "")
