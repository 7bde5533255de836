"""Models in bf16 on the accelerator: every rounding of the text, where the text has it.

numpy adds float32 up in an order of its own. Where a sum is nearer to the middle between two
numbers of bf16 than its own error, its neighbour is right, too; everything else is bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from _pytest.mark.structures import ParameterSet
from numeric.accel_cases import same_bits
from numeric.accel_model_cases import CASES
from numeric.accel_models import (
    MACHINES,
    Build,
    Case,
    Model,
    engine_ops,
    interpreted,
    lowered,
    programs_in,
    run_passes,
    simulated,
)
from xdsl.dialects.builtin import ModuleOp, bf16, i32

from dlir.diagnostics import CompileError
from dlir.dialects.accel.attrs import HOST
from dlir.dialects.accel.ops import BinaryOp
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.binary import CastOp
from dlir.interpreter import Interpreter
from dlir.numpy_types import BFLOAT16

QUICK = {"gemmini": 12, "tiny": 25, "eight": 20}
"""`make test` runs one case of so many on each machine."""

TOO_LARGE = {"accel-fit", "accel-allocate-fits"}
MOVES = {"a copy of what the host has", "a cast of what the host has"}
"""What the host does of a model that is the machine's."""

ON_THE_EDGE = 1 / 256
"""At most this part of the numbers may be the neighbours of what is wanted."""


def in_bf16(case: Case) -> tuple[ModuleOp, Model]:
    """A model of f32 that stores bf16; its arguments and results are f32."""
    module, model = case.made()
    return run_passes(module, "dl-convert-precision"), model


def wanted(module: ModuleOp, model: Model) -> tuple[Any, ...]:
    """The results of `dl` on the reference."""
    with np.errstate(all="ignore"):
        return Interpreter(module, params=model.params).call("f", *model.inputs)


def check(want: Sequence[Any], got: Sequence[Any], exact: bool) -> None:
    """The same numbers; unless exact, some may be neighbours in bf16."""
    for a, b_ in zip(want, got, strict=True):
        assert (a.dtype, a.shape) == (b_.dtype, b_.shape)
        a, b_ = (v.astype(np.float32) if v.dtype == BFLOAT16 else v for v in (a, b_))
        if exact or a.dtype.kind != "f":
            np.testing.assert_array_equal(b_, a)
            continue
        different = ~((a == b_) | np.isnan(a) & np.isnan(b_))
        steps = np.abs(_places(a)[different] - _places(b_)[different])
        assert (steps <= 1).all() and len(steps) <= max(1, a.size * ON_THE_EDGE)


def _places(x: Any) -> Any:
    """Numbers of bf16 in a row, so that neighbours differ by 1."""
    bits = x.astype(BFLOAT16).view(np.int16).astype(np.int32)
    return np.where(bits < 0, -32768 - bits, bits)


def parameters() -> Iterator[ParameterSet]:
    """Every case of floats on every machine."""
    for family, cases in CASES.items():
        if family in ("integer", "quantized"):
            continue
        for number, case in enumerate(cases):
            for machine in MACHINES:
                marks = [pytest.mark.slow] if number % QUICK[machine] else []
                yield pytest.param(family, case, machine, marks=marks,
                                   id=f"{family}-{case}-{machine}")  # fmt: skip


@pytest.mark.parametrize(("family", "case", "machine"), [*parameters()])
def test_model(family: str, case: Case, machine: str) -> None:
    module, model = in_bf16(case)
    try:
        made = lowered(module, MACHINES[machine])
        got = interpreted(made, model)
        check(wanted(module, model), got, exact=case.whole or family in ("movement", "lanes"))
        if programs_in(made):
            assert same_bits(simulated(made, model), got)
    except CompileError as error:
        assert machine != "gemmini" and {d.rule for d in error.diagnostics} <= TOO_LARGE


# --- whole models ---------------------------------------------------------------------------------


def dense(g: Model, x: Any, width: int, act_op: Any = None) -> Any:
    """A product, a bias and a function."""
    terms = x.type.get_shape()[-1]
    y = g.add(k.MatmulOp(x, g.param(f"{terms}x{width}xf32", terms)))
    y = g.add(b.AddOp(y, g.param(f"{width}xf32")))
    return g.add(act_op(y)) if act_op else y


def mlp(g: Model) -> Any:
    x = dense(g, g.arg("13x20xf32"), 33, act.ReluOp)
    return dense(g, dense(g, x, 48, act.GeluOp), 10)


def normed_conv(g: Model, x: Any, channels: int) -> Any:
    """A convolution, a scale and a shift per channel."""
    inputs = x.type.get_shape()[1]
    weight = g.param(f"{channels}x{inputs}x3x3xf32", 9 * inputs)
    y = g.add(k.Conv2dOp(x, weight, padding=(1, 1, 1, 1)))
    y = g.add(b.MulOp(y, g.param(f"{channels}x1x1xf32")))
    return g.add(b.AddOp(y, g.param(f"{channels}x1x1xf32")))


def cnn(g: Model) -> Any:
    """Convolutions, a residual branch, both kinds of pooling."""
    y = g.add(act.ReluOp(normed_conv(g, g.arg("1x3x14x14xf32"), 17)))
    y = g.add(p.MaxPool2dOp(y, (2, 2), strides=(2, 2)))
    y = g.add(act.ReluOp(g.add(b.AddOp(normed_conv(g, y, 17), y))))
    return g.add(c.SoftmaxOp(dense(g, g.add(r.ReduceMeanOp(y, (2, 3))), 10), 1))


def encoder(g: Model) -> Any:
    """A layer of a transformer: three heads of 16."""
    tokens, width, heads = 19, 48, 3
    x = g.arg(f"1x{tokens}x{width}xf32")

    def split(y: Any) -> Any:
        parts = g.add(mv.ReshapeOp(y, [1, tokens, heads, width // heads]))
        return g.add(mv.TransposeOp(parts, (0, 2, 1, 3)))

    def normed(y: Any) -> Any:
        return g.add(c.LayerNormOp(y, g.param(f"{width}xf32"), g.param(f"{width}xf32")))

    q, keys, v = (split(dense(g, x, width)) for _ in range(3))
    scores = g.add(k.MatmulOp(q, keys, transpose_rhs=True))
    share = g.add(c.SoftmaxOp(g.add(b.MulOp(scores, g.constant("f32", [0.25]))), 3))
    mixed = g.add(mv.TransposeOp(g.add(k.MatmulOp(share, v)), (0, 2, 1, 3)))
    mixed = g.add(mv.ReshapeOp(mixed, [1, tokens, width]))
    x = normed(g.add(b.AddOp(dense(g, mixed, width), x)))
    return normed(g.add(b.AddOp(dense(g, dense(g, x, 4 * width, act.GeluOp), width), x)))


@pytest.mark.parametrize("build", [mlp, cnn, encoder], ids=lambda b_: b_.__name__)
@pytest.mark.parametrize("machine", MACHINES)
def test_whole_model(build: Build, machine: str) -> None:
    """One program, in which the vector unit does all that is not a product."""
    module, model = in_bf16(Case("", build))
    try:
        made = lowered(module, MACHINES[machine])
        got = interpreted(made, model)
        check(wanted(module, model), got, exact=False)
        assert same_bits(simulated(made, model), got)
    except CompileError as error:
        assert machine == "tiny" and {d.rule for d in error.diagnostics} <= TOO_LARGE
        return
    assert len(programs_in(made)) == 1
    assert {reason.data for op in made.walk() if (reason := op.attributes.get(HOST))} <= MOVES
    assert {"accel.matmul", "accel.binary", "accel.unary"} <= engine_ops(made)


# --- edges ----------------------------------------------------------------------------------------

ALL = np.arange(1 << 16, dtype=np.uint16).view(BFLOAT16).reshape(1024, 64)
"""Every number of bf16, among them all that are none, infinite or subnormal."""


def of_all(compute: Callable[[Model, Any], Any]) -> Case:
    """A function of every number of bf16."""

    def build(g: Model) -> Any:
        return compute(g, g.arg("1024x64xbf16", ALL))

    return Case("", build)


def twice_rounded(g: Model, x: Any) -> Any:
    """x * x is rounded before it is added to, and so is what it is divided by."""
    y = g.add(b.AddOp(g.add(b.MulOp(x, x)), x))
    return g.add(b.SubOp(g.add(act.ReluOp(y)), g.constant("bf16", [0.0078125])))


def other(op: Any) -> Callable[[Model, Any], Any]:
    """An op of every number and the numbers of another row."""

    def compute(g: Model, x: Any) -> Any:
        return g.add(op(x, g.arg("1024x64xbf16", ALL[::-1, ::-1].copy() if op is b.SubOp
                              else np.roll(ALL, 37).copy())))  # fmt: skip

    return compute


def constant(op: Any, number: float, first: bool = False) -> Callable[[Model, Any], Any]:
    def compute(g: Model, x: Any) -> Any:
        y = g.constant("bf16", [number])
        return g.add(op(y, x) if first else op(x, y))

    return compute


EXACT: dict[str, Callable[[Model, Any], Any]] = {
    "chain": twice_rounded,
    "relu": lambda g, x: g.add(act.ReluOp(x)),
    "neg": lambda g, x: g.add(m.NegOp(x)),
    "sub": other(b.SubOp), "mul": other(b.MulOp), "div": other(b.DivOp), "max": other(b.MaxOp),
    "seventh": constant(b.DivOp, 7), "half": constant(b.DivOp, 2), "by 0": constant(b.DivOp, 0),
    "inverse": constant(b.DivOp, 1, True), "three over": constant(b.DivOp, 3, True),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_every_number(name: str) -> None:
    """Nothing is summed, so nothing is left to an order."""
    module, model = of_all(EXACT[name]).made()
    made = lowered(module, "")
    got = interpreted(made, model)
    check(wanted(module, model), got, exact=True)
    assert same_bits(simulated(made, model), got)


def test_the_mean_of_seven_is_halfway() -> None:
    """5.373046875 / 7 lies between two numbers of bf16; a product with 1 / 7 would not."""

    def build(g: Model) -> Any:
        numbers = np.zeros((7, 16), np.float32)
        numbers[:3] = np.array([5.0, 0.37109375, 0.001953125])[:, None]
        return g.add(r.ReduceMeanOp(g.arg("7x16xf32", numbers), (0,)))

    module, model = in_bf16(Case("", build))
    made = lowered(module, "")
    got = interpreted(made, model)
    check(wanted(module, model), got, exact=True)
    assert got[0][0] == 0.765625  # of 0.765625 and 0.76953125, the even one
    fns = {op.field("fn") for op in made.walk() if isinstance(op, BinaryOp)}
    assert "div" in fns


def test_sums_that_are_rounded_step_by_step_are_the_hosts() -> None:
    """The array adds up in float32, and nothing narrower."""

    def build(g: Model) -> Any:
        x, w = (g.add(CastOp(v, bf16)) for v in (g.arg("5x40xf32"), g.arg("40x9xf32")))
        return g.add(k.MatmulOp(x, w, acc=bf16))

    module, model = Case("", build).made()
    made = lowered(module, "")
    assert not programs_in(made)
    np.testing.assert_array_equal(interpreted(made, model)[0], wanted(module, model)[0])


# --- floats between integers ----------------------------------------------------------------------


def integers_and_floats(g: Model) -> Any:
    """Two products of integers, and floats in between that no kernel has for itself."""

    def product(x: Any, width: int) -> Any:
        w = g.param(f"{x.type.get_shape()[-1]}x{width}xi8")
        total = g.add(k.MatmulOp(x, w, acc=i32, element_type=i32))
        return g.add(q.DequantizeOp(total, g.constant("f32", [0.0007])))

    x = product(g.arg("19x40xi8"), 48)
    y = g.add(act.GeluOp(g.add(b.AddOp(x, g.param("19x48xf32")))))
    y = g.add(c.LayerNormOp(g.add(b.AddOp(y, x)), g.param("48xf32"), g.param("48xf32")))
    small = g.add(q.QuantizeOp(y, g.constant("f32", [0.03])))
    return product(small, 21), y


@pytest.mark.parametrize("machine", MACHINES)
def test_floats_between_integers_are_not_rounded(machine: str) -> None:
    """The array reads integers only, so nothing is stored in bf16."""
    module, model = Case("", integers_and_floats).made()
    made = lowered(module, MACHINES[machine])
    want, got = wanted(module, model), interpreted(made, model)
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1], rtol=1e-5, atol=1e-6)
    assert same_bits(simulated(made, model), got)
