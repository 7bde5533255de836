"""Every `dl` op means the same before and after `convert-dl-to-structured`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numeric.cases import SPECIAL, Case, module_of
from numeric.elementwise_cases import DIVISIONS
from numeric.op_cases import REPRESENTATIVE, REST
from xdsl.context import Context
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, ModuleOp, TensorType, f32
from xdsl.ir import BlockArgument, Operation, SSAValue

from dlir.diagnostics import file_location
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import source as s
from dlir.interpreter import ExecutionError, Interpreter
from dlir.lowering.dl_to_structured import RULES, ConvertDlToStructured
from dlir.numpy_types import dtype_of
from dlir.transforms.dl_decompose import DECOMPOSITIONS, DlDecompose
from dlir.verifier import verify

DECOMPOSED = tuple(op.name.removeprefix("dl.") for op in DECOMPOSITIONS if op not in RULES)
"""Ops without a lowering of their own."""


def converted(module: ModuleOp) -> ModuleOp:
    result = module.clone()
    DlDecompose(ops=DECOMPOSED).apply(Context(), result)
    ConvertDlToStructured().apply(Context(), result)
    verify(result)
    left = {op.name for op in result.walk() if op.name.startswith("dl.")}
    assert left <= {"dl.param"}, left
    return result


def cases() -> list[Any]:
    """All cases; of those that cover something new, every second is slow."""
    slow = [pytest.mark.slow]
    return [
        pytest.param(case, id=f"{number}-{case}", marks=marks if number % 2 else slow)
        for table, marks in ((REPRESENTATIVE, []), (REST, [pytest.mark.slow]))
        for number, case in enumerate(case for cases in table.values() for case in cases)
    ]


@pytest.mark.parametrize("case", cases())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_same_values(case: Case) -> None:
    module = module_of([case])
    verify(module)
    inputs = case.inputs()
    problem = case.problem(inputs, Interpreter(converted(module)).call("f", *inputs))
    assert problem is None, problem


def constant(values: Any, type: TensorType) -> s.ConstantOp:
    data = np.asarray(values, dtype_of(type)).reshape(-1).tolist()
    return s.ConstantOp(DenseIntOrFPElementsAttr.from_list(type, data))


def test_splat_constants_enter_bodies() -> None:
    """No tensor of a constant number is left, and squares need no power function."""

    def make(x: SSAValue) -> list[Operation]:
        two = constant([2.0], TensorType(f32, [1]))
        return [two, square := b.PowOp(x, two), b.AddOp(square, two)]

    module = module_of([Case("f", "3?x4xf32", make)])
    result = converted(module)
    text = str(result)
    assert "dense" not in text and "math" not in text
    x = np.arange(12, dtype="f4").reshape(3, 4)
    np.testing.assert_array_equal(Interpreter(result).call("f", x)[0], x * x + 2)


def test_constants_only() -> None:
    """An op on constants alone still computes."""

    def make() -> list[Operation]:
        a, d = constant(2.0, TensorType(f32, [])), constant([1, 1], TensorType(f32, [2]))
        return [a, d, b.AddOp(a, d)]

    module = module_of([Case("f", "", make)])
    np.testing.assert_array_equal(Interpreter(converted(module)).call("f")[0], [3, 3])


def test_dimensions_are_asked_of_arguments_only() -> None:
    def make(x: SSAValue) -> list[Operation]:
        flat = mv.ReshapeOp(x, [-1, 6])
        return [flat, y := act.ReluOp(flat), mv.ConcatOp([constant_row, y], 0)]

    constant_row = constant(np.zeros((1, 6)), TensorType(f32, [1, 6]))
    module = module_of([Case("f", "2?x3?x6xf32", lambda x: [constant_row, *make(x)])])
    dims = [op for op in converted(module).walk() if op.name == "tensor.dim"]
    assert len(dims) == 2 and all(isinstance(op.operands[0], BlockArgument) for op in dims)


PAIRS = np.meshgrid([*SPECIAL, 7.0, -7.0, 1e30, 1e-40], [*SPECIAL, 3.0, -3.0, 0.1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("op", "function"), [(b.ModOp, np.mod), (b.FmodOp, np.fmod)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_float_remainders_are_numpys(op: Any, function: Any, dtype: Any) -> None:
    """To the bit, infinities, NaN and the signs of zeros too."""
    x, y = (a.ravel().astype(dtype) for a in PAIRS)
    types = f"{len(x)}xf{8 * x.itemsize}"
    (got,) = Interpreter(converted(module_of([Case("f", f"{types} {types}", op)]))).call("f", x, y)
    want = function(x, y)
    np.testing.assert_array_equal(got, want)
    number = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got)[number], np.signbit(want)[number])


@pytest.mark.parametrize(
    ("types", "make", "message"),
    [
        ("3x4?xf32 2x5?xf32", lambda *x: mv.ConcatOp(x, 0), "size 1 of operand 1 does not fit"),
        ("3x5?xf32 2x4?xf32", lambda *x: mv.ConcatOp(x, 0), "size 1 of operand 1 does not fit"),
        ("4?x3xf32 5?x2?xf32", lambda *x: mv.ConcatOp(x, 1), "size 0 of operand 1 does not fit"),
        (
            "1x4?xf32 3?xf32",
            lambda x, y: [n := s.DimOp(y, 0), mv.BroadcastOp(x, [2, n.result])],
            "size 1 does not fit",
        ),
    ],
)
def test_sizes_that_differ_fail_at_run_time(
    types: str, make: Callable[..., Operation], message: str
) -> None:
    case = Case("f", types, make)
    with pytest.raises(ExecutionError, match=message):
        Interpreter(converted(module_of([case]))).call("f", *case.inputs())


@pytest.mark.parametrize("op", DIVISIONS)
def test_division_by_zero_fails_at_run_time(op: Callable[..., Operation]) -> None:
    module = converted(module_of([Case("f", "3xi32 3xi32", op)]))
    with pytest.raises(ExecutionError, match="division by zero"):
        Interpreter(module).call("f", np.array([1, 2, 3], "i4"), np.array([1, 0, 2], "i4"))


def test_locations_are_kept() -> None:
    """Every op that a rule makes, inside bodies too, has the location of the op it came from."""
    module = module_of([Case("f", "3?x4xf32", lambda x: c.SoftmaxOp(x, 1))])
    place = file_location("model.mlir", 3, 1)
    for op in module.walk():
        op.location = place
    made = [op for op in converted(module).walk() if op.name.partition(".")[0] != "builtin"]
    unknown = {op.name for op in made if op.location != place}
    assert unknown <= {"tensor.dim", "arith.constant"}  # sizes of arguments belong to no op


def test_every_op_has_a_rule() -> None:
    from dlir.dialects.dl import OPS

    decomposed = {op for op in OPS if op.name.removeprefix("dl.") in DECOMPOSED}
    unlowered = {op for op in OPS if op not in RULES and not op.ON_HOST}
    assert unlowered == {s.ConstantOp, s.ParamOp, *decomposed}
