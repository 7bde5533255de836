"""Every `dl` op on the target `cpu` gives what its semantics give.

Compilation costs more than the cases: many are compiled as one function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numeric.cases import Case, module_of
from numeric.op_cases import REPRESENTATIVE, REST
from xdsl.ir import Operation

import dlir
from dlir.dialects.dl import OPS
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import source as s

AT_ONCE = 30
ALIKE = ("linear algebra", "recurrent", "resize", "sampling", "windows")
"""Families of few ops with many cases each."""


def outcomes(cases: Sequence[Case]) -> list[str]:
    """What is wrong, one text per case that is not right."""
    inputs = [case.inputs() for case in cases]
    executable = dlir.compile(module_of(cases), target="cpu", cache=False)
    results = list(executable.execute([x for xs in inputs for x in xs]))
    problems: list[str] = []
    for case, xs in zip(cases, inputs, strict=True):
        count = len(case.reference(xs))
        problem = case.problem(xs, results[:count])
        problems += [problem] if problem else []
        results = results[count:]
    return problems


def isolated(cases: Sequence[Case]) -> list[str]:
    """`outcomes`; when the cases do not compile or run together, of each half."""
    try:
        return outcomes(cases)
    except Exception as error:
        if len(cases) == 1:
            return [f"{cases[0]} raised {type(error).__name__}: {error}"]
    half = len(cases) // 2
    return isolated(cases[:half]) + isolated(cases[half:])


def parts() -> list[Any]:
    """Lists of at most `AT_ONCE` cases; those that cover nothing new are slow."""
    slow = [pytest.mark.slow]
    return [
        pytest.param(
            cases[i : i + AT_ONCE],
            id=f"{name} {i}",
            marks=slow if i and name.startswith(ALIKE) else marks,
        )
        for table, marks in ((REPRESENTATIVE, []), (REST, [pytest.mark.slow]))
        for name, cases in table.items()
        for i in range(0, len(cases), AT_ONCE)
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("cases", parts())
def test_same_values(cases: Sequence[Case]) -> None:
    problems = isolated(cases)
    assert not problems, "\n".join(problems)


def test_every_op_is_tried() -> None:
    """Constants and parameters by `test_sources`, what the host runs by test_dl_selection.py."""
    tried: set[type[Operation]] = {s.ConstantOp, s.ParamOp, *(op for op in OPS if op.ON_HOST)}
    for cases in REPRESENTATIVE.values():
        tried |= {type(op) for op in module_of(cases).walk()}
    assert set(OPS) <= tried


SOURCES = """
func.func @f(%x: tensor<2x3xf32>)
    -> (tensor<2x3xf32>, tensor<3xbf16>, tensor<i64>, tensor<0x2xi8>, tensor<f32>, tensor<2xi1>) {
  %c = dl.constant dense<[[1.0, -0.0, 0x7FC00000], [2.5, 3.0, 0x7F800000]]> : tensor<2x3xf32>
  %splat = dl.constant dense<1.5> : tensor<3xbf16>
  %one = dl.constant dense<-7> : tensor<i64>
  %none = dl.constant dense<> : tensor<0x2xi8>
  %weight = dl.param "a.b" : tensor<f32>
  %truth = dl.constant dense<[true, false]> : tensor<2xi1>
  func.return %c, %splat, %one, %none, %weight, %truth
    : tensor<2x3xf32>, tensor<3xbf16>, tensor<i64>, tensor<0x2xi8>, tensor<f32>, tensor<2xi1>
}
"""


def test_sources() -> None:
    """Constants and parameters may be results, and every call gives its own copy."""
    model = dlir.load(SOURCES, params={"a.b": np.array(0.25, np.float32)})
    x = np.zeros((2, 3), np.float32)
    want = dlir.compile(model, target="ref")(x)
    compiled = dlir.compile(model, target="cpu", cache=False)
    for _ in range(2):
        results = compiled(x)
        for a, c in zip(want, results, strict=True):
            assert (a.dtype, a.shape, a.tobytes()) == (c.dtype, c.shape, c.tobytes())
            c[...] = 0


def test_arguments_in_any_layout() -> None:
    """Transposed, reversed, stretched and unaligned arrays are inputs like others."""
    compiled = dlir.compile(module_of([Case("add", "4?x6xf32 4?x6xf32", b.AddOp)]), cache=False)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(6, 4)).astype("f4").T
    y = rng.normal(size=(8, 12)).astype("f4")[::-2, ::2]
    unaligned = np.frombuffer(bytes(1) + x.tobytes(), np.float32, 24, 1).reshape(4, 6)
    stretched = np.broadcast_to(np.float32(2), (4, 6))
    for a, c in ((x, y), (unaligned, stretched), (y, unaligned)):
        np.testing.assert_array_equal(compiled(a, c), a + c)


@pytest.mark.parametrize("op", [b.DivOp, b.ModOp, b.FmodOp])
@pytest.mark.parametrize("size", [3, 64])
def test_division_by_zero(op: Callable[..., Operation], size: int) -> None:
    """It is an error and not a trap, and the next call is right again."""
    compiled = dlir.compile(module_of([Case("div", "3?xi32 3?xi32", op)]), cache=False)
    x = np.full(size, -(1 << 31), np.int32)
    y = np.full(size, -1, np.int32)
    compiled(x, y)
    y[size // 2] = 0
    with pytest.raises(ValueError, match="integer division by zero"):
        compiled(x, y)
    y[size // 2] = 3
    compiled(x, y)


def test_zero_to_a_negative_power() -> None:
    compiled = dlir.compile(module_of([Case("pow", "2xi16 2xi16", b.PowOp)]), cache=False)
    two, zero = np.array([2, 0], np.int16), np.array([-1, -1], np.int16)
    with pytest.raises(ValueError, match="zero to a negative power"):
        compiled(two, zero)
    np.testing.assert_array_equal(compiled(two, -zero), [2, 0])
