"""The accelerator computes what `dl` means: on the reference, and bit for bit on its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from _pytest.mark.structures import ParameterSet
from numeric.accel_cases import same_bits
from numeric.accel_model_cases import CASES, matmul
from numeric.accel_models import (
    BF16,
    MACHINES,
    Case,
    Model,
    engine_ops,
    interpreted,
    lowered,
    programs_in,
    run_passes,
    simulated,
)
from numeric.integer_models import in_integers
from numeric.structured_runs import parse

from dlir.diagnostics import CompileError
from dlir.dialects.accel.attrs import HOST
from dlir.dialects.accel.ops import MatmulOp
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import contraction as k
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import pooling as p
from dlir.interpreter import Interpreter
from dlir.types import element_of

QUICK = {"gemmini": 10, "tiny": 20, "eight": 12, "plain": 12}
"""`make test` runs one case of so many, on each machine and of the plain conversion."""

TOO_LARGE = {"accel-fit", "accel-allocate-fits"}
"""What small machines may answer: no tile of an op fits."""


def parameters() -> Iterator[ParameterSet]:
    """Every case on every machine."""
    for family, cases in CASES.items():
        for number, case in enumerate(cases):
            for machine in MACHINES:
                marks = [pytest.mark.slow] if number % QUICK[machine] else []
                yield pytest.param(case, machine, marks=marks, id=f"{family}-{case}-{machine}")


@cache
def wanted(case: Case) -> tuple[Any, ...]:
    """The results of `dl` on the reference."""
    module, model = case.made()
    with np.errstate(all="ignore"):
        return Interpreter(module, params=model.params).call("f", *model.inputs)


@pytest.mark.parametrize(("case", "machine"), [*parameters()])
def test_model(case: Case, machine: str) -> None:
    module, model = case.made()
    try:
        made = lowered(module, MACHINES[machine])
        got = interpreted(made, model)
        case.check(wanted(case), got)
        if case.programs is not None and machine == "gemmini":
            assert len(programs_in(made)) == case.programs
        if programs_in(made):
            assert same_bits(simulated(made, model), got)
    except CompileError as error:
        assert machine != "gemmini" and {d.rule for d in error.diagnostics} <= TOO_LARGE


def plain_parameters() -> Iterator[ParameterSet]:
    for family, cases in CASES.items():
        for number, case in enumerate(cases):
            marks = [pytest.mark.slow] if number % QUICK["plain"] else []
            yield pytest.param(case, marks=marks, id=f"{family}-{case}")


@pytest.mark.parametrize("case", [*plain_parameters()])
def test_without_preparation(case: Case) -> None:
    """The conversion does not need the passes that make its work easier."""
    module, model = case.made()
    made = lowered(module, "", plain=True)
    case.check(wanted(case), interpreted(made, model))


@pytest.mark.parametrize(
    ("family", "ops"),
    [
        ("matmul", {"accel.load", "accel.matmul", "accel.store"}),
        ("conv", {"accel.load", "accel.matmul", "accel.store"}),
    ],
)
def test_products_run_on_the_array(family: str, ops: set[str]) -> None:
    for case in CASES[family]:
        if case.programs == 1:
            assert ops <= engine_ops(lowered(case.made()[0], "")), str(case)


@pytest.mark.parametrize("case", CASES["lanes"][::3], ids=str)
def test_lanes_are_moved_by_the_machine(case: Case) -> None:
    """The host copies what it has, or what only the caller wants, and nothing else."""
    made = lowered(case.made()[0], "")
    reasons = {reason.data for op in made.walk() if (reason := op.attributes.get(HOST))}
    assert reasons <= {"a copy of what the host has"}


@pytest.mark.parametrize("case", CASES["quantized"][::4], ids=str)
def test_the_vector_unit_requantises(case: Case) -> None:
    """The host only moves what it has, and quantises what bf16 would round before."""
    made = lowered(case.made()[0], "")
    reasons = {reason.data for op in made.walk() if (reason := op.attributes.get(HOST))}
    allowed = {"a copy of what the host has"}
    if "argument" in case.name:
        allowed |= {"a quantisation of what the host has, which is not rounded there"}
    assert reasons <= allowed


def test_a_machine_with_more_rows_than_columns() -> None:
    case = Case("", matmul(13, 40, 21))
    module, model = case.made()
    made = lowered(module, "array.rows=16;array.cols=8")
    got = interpreted(made, model)
    case.check(wanted(case), got)
    assert same_bits(simulated(made, model), got)


def test_a_machine_with_fewer_rows_than_columns() -> None:
    module, _ = Case("", matmul(13, 40, 21)).made()
    with pytest.raises(CompileError, match="rows"):
        lowered(module, "array.rows=8;array.cols=16")


def test_an_array_that_does_not_have_the_type() -> None:
    module, _ = Case("", matmul(13, 40, 21)).made()
    assert not programs_in(lowered(module, 'array.types=["i8"];array.rate={i8=1}'))


def network(g: Model) -> Any:
    """Convolutions with a residual branch, flattened in the order of the channels."""
    x = g.arg("1x3x12x12xf32")
    x.name_hint = "x"
    y = g.add(k.Conv2dOp(x, g.param("17x3x3x3xf32", 27), padding=(1, 1, 1, 1)))
    y = g.add(act.ReluOp(g.add(b.AddOp(y, g.param("17x1x1xf32")))))
    y = g.add(p.MaxPool2dOp(y, (2, 2), strides=(2, 2)))
    z = g.add(k.Conv2dOp(y, g.param("17x17x3x3xf32", 153), padding=(1, 1, 1, 1)))
    z = g.add(act.ReluOp(g.add(b.AddOp(z, y))))
    return g.add(k.MatmulOp(g.add(mv.ReshapeOp(z, [1, 612])), g.param("612x10xf32", 612)))


def test_a_network_quantized_by_its_ranges() -> None:
    """int8 is exact; the last product leaves as reals, which are rounded to bf16 once."""
    module, model = Case("", network).made()
    samples = np.random.default_rng(1).normal(size=(5, 3, 12, 12)).astype(np.float32)
    int8 = in_integers(module, {"x": samples}, model.params)
    with np.errstate(all="ignore"):
        want = Interpreter(int8.module, params=int8.params).call("f", *model.inputs)
    made = lowered(int8.module, "")
    products = [op for op in made.walk() if isinstance(op, MatmulOp)]
    assert {str(element_of(op.addresses[0].type)) for op in products} == {"i8"}
    model.params = dict(int8.params)
    (got,) = interpreted(made, model)
    assert (np.abs(got - want[0]) <= BF16 * np.abs(want[0])).all()
    assert same_bits(simulated(made, model), [got])


@pytest.mark.parametrize("index", [9, -10, 2**32 + 1, -(2**40)])
def test_an_index_outside_of_the_table(index: int) -> None:
    module = parse(
        """
        func.func @f(%i: tensor<3xi64>) -> tensor<3x16xf32> {
          %t = dl.param "t" : tensor<9x16xf32>
          %y = dl.gather %t, %i {axis = 0} : (tensor<9x16xf32>, tensor<3xi64>) -> tensor<3x16xf32>
          func.return %y : tensor<3x16xf32>
        }
        """
    )
    made = lowered(module, "")
    assert "accel.gather" in engine_ops(made)
    table = {"t": np.zeros((9, 16), np.float32)}
    with pytest.raises(IndexError, match="into a table of 9 rows"):
        Interpreter(made, params=table).call("f", np.array([0, index, 1]))


def test_dynamic_sizes_are_refused() -> None:
    module = parse(
        """
        func.func @f(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
          %y = dl.relu %x : tensor<?x16xf32>
          func.return %y : tensor<?x16xf32>
        }
        """
    )
    with pytest.raises(CompileError) as caught:
        run_passes(module, "convert-dl-to-structured,cse,convert-structured-to-accel")
    assert {d.rule for d in caught.value.diagnostics} == {"accel-static"}


def test_strided_rows_that_exceed_the_accumulators() -> None:
    """The vector unit multiplies rows that were brought together in the scratchpad, as bf16."""
    case = next(c for c in CASES["conv"] if str(c) == "depthwise 35 (2, 2)")
    test_model(case, "eight")
