"""Tiles that a person writes: the same numbers as from those that the compiler chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric.accel_cases import same_bits
from numeric.accel_integer_cases import dense, image
from numeric.accel_models import Case, Model, interpreted, run_passes, simulated
from xdsl.dialects.builtin import ModuleOp, f32, i32

from dlir.diagnostics import CompileError
from dlir.dialects.accel.ops import AllocOp, MatmulOp
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.ops import GenericOp
from dlir.interpreter import Interpreter

MACHINE = "machine=gemmini set=spm.bytes=65536;acc.rows=64"


def residual(m: int, k_: int, n: int, *, constant: bool = True) -> Callable[[Model], Any]:
    """relu(x w + y), with three operands of sizes that do not divide."""

    def build(g: Model) -> Any:
        x, y = g.arg(f"{m}x{k_}xf32"), g.arg(f"{m}x{n}xf32")
        w = g.param(f"{k_}x{n}xf32", k_) if constant else g.arg(f"{k_}x{n}xf32")
        return g.add(act.ReluOp(g.add(b.AddOp(g.add(k.MatmulOp(x, w, acc=f32)), y))))

    return build


def points(strides: tuple[int, int]) -> Callable[[Model], Any]:
    """A window of one pixel that leaves some out."""

    def build(g: Model) -> Any:
        x, w = g.arg("2x17x7x9xi8"), g.param("20x17x1x1xi8")
        return g.add(k.Conv2dOp(x, w, acc=i32, element_type=i32, strides=strides))

    return build


PRODUCT = Case("product", residual(53, 83, 71))
COMPUTED = Case("computed weights", residual(53, 80, 64, constant=False))
INTEGERS = Case("integers", dense(37, 70, 50), exact=True)
WINDOW = Case("window", image({"strides": (2, 2), "padding": (1, 1, 1, 1)}), exact=True)

STRIDED = Case("strided points", points((2, 2)), exact=True)

TILES: list[tuple[Case, str]] = [
    (PRODUCT, "tile = [16, 16, 16]"),
    (PRODUCT, "tile = [7, 48, 32], panel = [2]"),
    (PRODUCT, "tile = [7, 0, 0], panel = [1], keep = [1]"),
    (PRODUCT, "tile = [1, 16, 0], panel = [53]"),
    (PRODUCT, "tile = [11, 48, 16], panel = [1]"),
    (PRODUCT, "tile = [0, 0, 16], accumulators = [0, 16, 16]"),
    (PRODUCT, "tile = [30, 48, 32], accumulators = [7, 32, 0]"),
    (PRODUCT, "tile = [53, 32, 0], accumulators = [10, 16, 0]"),
    (PRODUCT, "home = dram, tile = [0, 32, 48], accumulators = [20, 0, 0], panel = [1]"),
    (COMPUTED, "tile = [9, 32, 16]"),
    (COMPUTED, "tile = [0, 48, 32], accumulators = [25, 16, 0]"),
    (INTEGERS, "tile = [5, 16, 48]"),
    (INTEGERS, "tile = [0, 0, 32], accumulators = [16, 32, 0]"),
    (INTEGERS, "tile = [36, 32, 16], accumulators = [1, 16, 0]"),
    (PRODUCT, "tile = [16, 48, 32], keep = [1]"),
    (PRODUCT, "tile = [30, 48, 0], keep = [1], accumulators = [7, 32, 0]"),
    (PRODUCT, "tile = [30, 0, 16], panel = [1], keep = [1], accumulators = [7, 16, 0]"),
    (INTEGERS, "tile = [16, 0, 0], keep = [1], accumulators = [8, 16, 0]"),
    (INTEGERS, "tile = [16, 32, 16], panel = [1], keep = [1]"),
    (STRIDED, "tile = [1, 0, 0, 0, 0, 0, 0]"),
    (STRIDED, "tile = [1, 3, 2, 0, 0, 0, 0], panel = [2]"),
    (STRIDED, "tile = [1, 0, 0, 0, 0, 0, 0], runs = [0]"),
    (STRIDED, "tile = [1, 3, 4, 16, 0, 0, 16], runs = [0], keep = [1]"),
]


def contractions(module: ModuleOp) -> list[GenericOp]:
    return [op for op in module.walk() if isinstance(op, GenericOp) and len(op.reduction_dims) > 0]


def scheduled(case: Case, text: str) -> tuple[ModuleOp, Model]:
    """The case at the accel level, its only contraction as the text says."""
    module, model = case.made()
    module = run_passes(module, "accel-pipeline{to=structured},structured-fold-reshape")
    (op,) = contractions(module)
    entries = dict(entry.split(" = ") for entry in text.replace("], ", "]; ").split("; "))
    op.schedule = ScheduleAttr.get({})
    for key, value in entries.items():
        words = value.strip("[]").split(", ")
        numbers = [int(w) for w in words] if value.startswith("[") else value
        op.schedule = op.schedule.updated({key: numbers})
    return run_passes(module, f"convert-structured-to-accel{{{MACHINE}}}"), model


@pytest.mark.parametrize(("case", "text"), TILES, ids=lambda v: str(v))
def test_written_tiles(case: Case, text: str) -> None:
    module, model = case.made()
    want = Interpreter(module, params=model.params).call("f", *model.inputs)
    made, model = scheduled(case, text.replace("home = dram, ", "home = dram; "))
    got = interpreted(made, model)
    case.check(want, got)
    assert same_bits(simulated(made, model), got)


def test_sums_in_the_scratchpad() -> None:
    """Whole rows of 32-bit sums are there, and each piece of them starts anew in accumulators."""
    made, _ = scheduled(PRODUCT, "tile = [0, 0, 16], accumulators = [0, 16, 0]")
    tiles = [str(op.tile.type) for op in made.walk() if isinstance(op, AllocOp)]
    assert tiles.count('memref<1x53x16xf32, "spm">') == 5  # columns; y is bf16
    products = [op for op in made.walk() if isinstance(op, MatmulOp)]
    assert len(products) == 5 * 6
    assert all(op.field("start") == 1 for op in products)


def test_windows_in_pieces() -> None:
    """A convolution whose sums are in the scratchpad, at the size that the search chooses."""
    module, model = WINDOW.made()
    want = Interpreter(module, params=model.params).call("f", *model.inputs)
    module = run_passes(module, "accel-pipeline{to=structured}")
    for op in contractions(module):
        sizes = [0] * len(op.kinds)
        pieces = list(sizes)
        pieces[op.parallel_dims[1]] = 2
        op.schedule = ScheduleAttr.get({"tile": sizes, "accumulators": pieces})
    made = run_passes(module, f"convert-structured-to-accel{{{MACHINE}}}")
    got = interpreted(made, model)
    WINDOW.check(want, got)
    assert same_bits(simulated(made, model), got)


WRONG = {
    "tile = [16, 16]": "2 numbers, of 3 iterators",
    "tile = [16, 20, 16]": "20 of iterator 1, which goes in blocks of 16",
    "tile = [53, 32, 16]": "takes 106 rows of accumulators, of which there are 64",
    "tile = [53, 32, 16], accumulators = [0, 0, 0]": "takes 106 rows",
    "tile = [0, 0, 16], accumulators = [0, 24, 0]": "24 of iterator 1, which goes in blocks of 16",
    "tile = [16, 16, 16], panel = [1, 2]": "panel takes one number",
    "tile = [16, 16, 16], runs = [1]": "the operand number 0",
    "tile = [16, 16, 16], keep = [0]": "the operand number 1",
    "tile = [16, 16, 16], keep = [2]": "the operand number 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(CompileError, match=WRONG[text]):
        scheduled(PRODUCT, text)


@pytest.mark.parametrize(("element", "channels", "size"), [("f32", 192, 28), ("i8", 576, 56)])
def test_many_channels_of_their_own_fit_a_small_machine(
    element: str, channels: int, size: int
) -> None:
    """A block of columns of a depthwise convolution has activations that no other block reads."""
    total = f32 if element == "f32" else i32
    x, w = f"1x{channels}x{size}x{size}x{element}", f"{channels}x1x3x3x{element}"
    for stride in (1, 2):
        g = Model()
        how: Any = {"strides": (stride, stride), "padding": (1, 1, 1, 1)}
        y = k.Conv2dOp(g.arg(x), g.param(w), acc=total, element_type=total, groups=channels, **how)
        run_passes(g.module(g.add(y)), "accel-pipeline{machine=edge16}")


def test_the_decisions_are_the_same_in_one_step_and_in_four() -> None:
    """Passes that write what they decide, and a conversion that decides by itself."""
    for case in (PRODUCT, COMPUTED, INTEGERS, WINDOW):
        module, _ = case.made()
        module = run_passes(module, "accel-pipeline{to=structured}")
        way = ["accel-partition", "accel-fuse", "accel-choose-tiles", "convert-structured-to-accel"]
        once = run_passes(module, f"{way[-1]}{{{MACHINE}}}")
        assert str(run_passes(module, ",".join(f"{p}{{{MACHINE}}}" for p in way))) == str(once)


def test_a_nan_stays() -> None:
    """Sums that go through the scratchpad keep NaN and infinities."""
    module, model = PRODUCT.made()
    model.inputs[0][3, 5], model.inputs[0][9, 40] = np.nan, np.inf
    made, _ = scheduled(PRODUCT, "tile = [0, 0, 16], accumulators = [0, 16, 0]")
    got = interpreted(made, model)[0]
    want = Interpreter(module, params=model.params).call("f", *model.inputs)[0]
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.isposinf(got), np.isposinf(want))
