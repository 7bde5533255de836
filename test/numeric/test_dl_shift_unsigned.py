"""Unsigned bytes as signed ones: the same numbers, to the last bit, also on the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numeric.accel_models import Model, lowered, programs_in, run_passes
from xdsl.dialects.builtin import f32, i8, i32

import dlir
from dlir.api import open_artifact
from dlir.diagnostics import CompileError
from dlir.dialects.accel.attrs import Role
from dlir.dialects.dl.attrs import ui8
from dlir.dialects.dl.constants import constant
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.executable import CompileOptions
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


def convolved(g: Model, x: Any, parameters: list[Any]) -> tuple[Any, list[Any]]:
    """Two convolutions between quantised tensors, and what dequantises the result."""
    for channels, before in ((16, 3), (20, 16)):
        w = g.param(f"{channels}x{before}x3x3xi8")
        ws = g.constant(f"{channels}xf32", [0.01 + 0.001 * i for i in range(channels)])
        real = [g.add(q.DequantizeOp(x, *parameters)), g.add(q.DequantizeOp(w, ws, axis=0))]
        y = g.add(act.ReluOp(g.add(k.Conv2dOp(*real, padding=(1, 1, 1, 1)))))
        parameters = [g.constant("f32", [0.4]), g.add(constant(np.uint8(channels)))]
        x = g.add(q.QuantizeOp(y, *parameters))
    return x, parameters


def network(g: Model) -> Any:
    """What quantisers write: a convolution and a product between quantised tensors."""
    x, _ = convolved(g, *quantized(g, "1x3x8x8"))
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


# --- unsigned bytes that callers pass and get -----------------------------------------------------

EDGES = np.array([0, 1, 2, 126, 127, 128, 129, 130, 253, 254, 255], np.uint8)


def image(g: Model, text: str) -> Any:
    """An argument with every edge."""
    x = g.arg(f"{text}xui8")
    g.inputs[-1].reshape(-1)[: len(EDGES)] = EDGES
    return x


def of_images(g: Model) -> Any:
    """A quantised network of images, as it comes from a camera; its last op adds a branch."""
    parameters = [g.constant("f32", [0.05]), g.add(constant(np.uint8(117)))]
    x = image(g, "1x3x8x8")
    x, parameters = convolved(g, x, parameters)
    real = g.add(q.DequantizeOp(x, *parameters))
    return x, g.add(q.QuantizeOp(g.add(b.AddOp(real, real)), *parameters))


def pooled_bytes(g: Model) -> Any:
    x = image(g, "1x20x6x6")
    y = g.add(p.MaxPool2dOp(g.add(act.ReluOp(x)), (3, 3), strides=(3, 3)))
    return y, g.add(mv.ReshapeOp(y, [20, 4]))


def product_of_bytes(g: Model) -> Any:
    x, w = image(g, "7x40"), g.param("40x17xi8")
    return g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))


def requantized(g: Model) -> Any:
    """A product whose result is unsigned."""
    x, w = g.arg("7x40xi8"), g.param("40x17xi8")
    total = g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))
    numbers = [g.add(constant(np.int32(n))) for n in (1 << 30, 8)]
    return g.add(q.RequantizeOp(total, *numbers, g.add(constant(np.uint8(131))), element=ui8))


def untouched(g: Model) -> Any:
    return image(g, "3x5"), g.add(mv.TransposeOp(g.block.args[0], (1, 0)))


def sum_of_bytes(g: Model) -> Any:
    """What the machine has not: the sums wrap around at 256."""
    x = image(g, "3x5")
    return g.add(b.AddOp(x, image(g, "3x5")))


def weights_of_bytes(g: Model) -> Any:
    """A table of unsigned bytes."""
    x = g.add(q.DequantizeOp(g.param("40x17xui8"), g.constant("f32", [0.5])))
    return g.add(k.MatmulOp(g.arg("7x40xf32"), x))


@pytest.mark.parametrize(
    "build", [of_images, pooled_bytes, product_of_bytes, requantized, untouched, sum_of_bytes]
)
def test_callers_have_unsigned_bytes(build: Any, tmp_path: Path) -> None:
    """Compiled, and read from its file again: every bit is that of the unsigned integers."""
    model = Model()
    found = build(model)
    module = model.module(*(found if isinstance(found, tuple) else (found,)))
    integers = run_passes(module, "dl-integerize")
    want = Interpreter(integers, params=model.params).call("f", *model.inputs)
    made = dlir.compile(module, target="accel", machine="gemmini", params=model.params)
    assert isinstance(made, AccelExecutable)
    (tmp_path / "model.dlx").write_bytes(made.bundle.to_bytes())
    for one in (made, open_artifact(tmp_path / "model.dlx", CompileOptions())):
        got = one(*model.inputs)
        for a, c in zip(want, got if isinstance(got, tuple) else (got,), strict=True):
            assert a.dtype == c.dtype
            np.testing.assert_array_equal(c, a)
    if build in (of_images, product_of_bytes, requantized):
        assert len(made.bundle.programs) == 1


def test_the_machine_stores_bytes() -> None:
    """What the host makes unsigned comes off the chip in eight bits, also behind a branch."""
    model = Model()
    made = lowered(model.module(*of_images(model)), "")
    (program,) = programs_in(made)
    outputs = [a.type for a, role in zip(program.body.block.args, program.roles.data, strict=True)
               if role.data is Role.OUTPUT]  # fmt: skip
    assert len(outputs) == 2 and all(element_of(type) == i8 for type in outputs)


def test_weights_of_bytes() -> None:
    model = Model(whole=True)
    module = model.module(weights_of_bytes(model))
    want = Interpreter(module, params=model.params).call("f", *model.inputs)[0]
    made = dlir.compile(module, target="accel", machine="gemmini", params=model.params)
    np.testing.assert_allclose(made(*model.inputs), want, rtol=2**-8)


@pytest.mark.parametrize("element", ["ui16", "ui4", "f8E4M3FN"])
def test_others_are_refused(element: str) -> None:
    text = f"func.func @f(%x: tensor<3x{element}>) -> tensor<3x{element}> {{\n  func.return %x : " \
           f"tensor<3x{element}>\n}}\n"  # fmt: skip
    with pytest.raises(CompileError, match=f"target 'accel' has no {element}"):
        dlir.compile(text, target="accel", machine="gemmini")
