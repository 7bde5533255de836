"""Unsigned bytes as signed ones: the same numbers, to the last bit, also on the machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numeric.accel_models import Model, run_passes
from xdsl.dialects.builtin import f32, i32

import dlir
from dlir.diagnostics import CompileError
from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.interpreter import Interpreter
from dlir.targets.accel.execute import AccelExecutable
from dlir.types import element_of


def quantized(g: Model, shape: str, zero: int = 131) -> tuple[Any, list[Any]]:
    """A ui8, and what dequantises it."""
    scale = g.constant("f32", [0.03])
    parameters = [scale, g.add(constant(np.uint8(zero)))] if zero else [scale]
    x = g.arg(f"{shape}xf32")
    return g.add(q.QuantizeOp(x, *parameters, element=ui8)), parameters


def moved(g: Model) -> Any:
    x, parameters = quantized(g, "1x4x6x6")
    x = g.add(mv.PadOp(x, [0, 0, 1, 1], [0, 0, 1, 1], 7))
    x = g.add(p.MaxPool2dOp(x, (2, 2), padding=(1, 1, 1, 1)))
    x = g.add(act.ReluOp(g.add(mv.TransposeOp(x, (0, 2, 3, 1)))))
    first = g.add(mv.SliceOp(x, [0, 0, 0, 0], [1, 9, 9, 2]))
    both = g.add(mv.ConcatOp([first, first], axis=3))
    return g.add(q.DequantizeOp(g.add(b.MinOp(both, x)), *parameters))


def without_zero_point(g: Model) -> Any:
    x, parameters = quantized(g, "3x5", 0)
    return g.add(q.DequantizeOp(x, *parameters)), g.add(b.CastOp(x, f32))


def by_channel(g: Model) -> Any:
    zeros = g.add(constant(np.array([0, 1, 128, 200, 255], np.uint8)))
    scale = g.constant("5xf32", [0.1, 0.2, 0.3, 0.01, 0.02])
    x = g.add(q.QuantizeOp(g.arg("3x5xf32"), scale, zeros, axis=1))
    return g.add(q.DequantizeOp(x, scale, zeros, axis=1))


def product(g: Model) -> Any:
    x, _ = quantized(g, "3x17")
    return g.add(k.MatmulOp(x, g.param("17x5xi8"), acc=i32, element_type=i32))


def transposed_product(g: Model) -> Any:
    x, _ = quantized(g, "2x3x17")
    w = g.param("5x17xi8")
    return g.add(k.MatmulOp(x, w, transpose_rhs=True, acc=i32, element_type=i32))


def reads_elsewhere(g: Model) -> Any:
    """An op that keeps its unsigned bytes."""
    x, _ = quantized(g, "3x5")
    return g.add(b.AddOp(x, g.arg("3x5xui8"))), g.add(mv.ReshapeOp(x, [15]))


@pytest.mark.parametrize(
    "build",
    [moved, without_zero_point, by_channel, product, transposed_product, reads_elsewhere],
)
def test_the_same_numbers(build: Any) -> None:
    model = Model()
    found = build(model)
    module = model.module(*(found if isinstance(found, tuple) else (found,)))
    for one in model.inputs:
        if one.dtype.kind == "f":
            one.reshape(-1)[:3] = np.nan, np.inf, -np.inf
    made = run_passes(module, "dl-shift-unsigned")
    before, after = (Interpreter(m, params=model.params).call("f", *model.inputs)
                     for m in (module, made))  # fmt: skip
    for a, c in zip(before, after, strict=True):
        assert a.dtype == c.dtype
        np.testing.assert_array_equal(a, c)
    if build is not reads_elsewhere:
        assert not any(element_of(r.type) == ui8 for op in made.walk() for r in op.results
                       if op.name.startswith("dl."))  # fmt: skip


def network(g: Model) -> Any:
    """What quantisers write: a convolution and a product between quantised tensors."""
    x, parameters = quantized(g, "1x3x8x8")
    for channels, before in ((16, 3), (20, 16)):
        w = g.param(f"{channels}x{before}x3x3xi8")
        ws = g.constant(f"{channels}xf32", [0.01 + 0.001 * i for i in range(channels)])
        real = [g.add(q.DequantizeOp(x, *parameters)), g.add(q.DequantizeOp(w, ws, axis=0))]
        y = g.add(act.ReluOp(g.add(k.Conv2dOp(*real, padding=(1, 1, 1, 1)))))
        parameters = [g.constant("f32", [0.4]), g.add(constant(np.uint8(channels)))]
        x = g.add(q.QuantizeOp(y, *parameters))
    return g.add(b.CastOp(x, i32))


def test_a_network_on_the_machine() -> None:
    """All of it in int8 on the machine, and every bit that of the unsigned integers."""
    model = Model()
    module = model.module(network(model))
    integers = run_passes(module, "dl-integerize")
    (want,) = Interpreter(integers, params=model.params).call("f", *model.inputs)
    made = dlir.compile(module, target="accel", machine="gemmini", params=model.params)
    np.testing.assert_array_equal(made(*model.inputs), want)
    assert isinstance(made, AccelExecutable) and len(made.bundle.programs) == 1
    assert len(np.unique(want)) > 50


def test_unsigned_results_are_refused() -> None:
    model = Model()
    x, _ = quantized(model, "3x5")
    with pytest.raises(CompileError, match="target 'accel' has no ui8"):
        dlir.compile(model.module(x), target="accel", machine="gemmini")
