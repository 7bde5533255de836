"""ONNX's own node tests, on the reference interpreter: the best check of each operator there is.

Tests are grouped by operator. Shape-like operands of these tests are graph inputs, which real
models never have: where the import refuses such a test, it is run with all inputs but the first as
weights.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from functools import cache

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend, Prepared  # noqa: E402
from dlir.frontends.onnx.table import EXPANDED, OPERATORS  # noqa: E402

LEAST_PASSING = 900
"""How many of the tests run; a test that starts to be refused is noticed by this."""


@cache
def groups() -> dict[str, list]:
    """The node tests on tensors, by the operator of their first node."""
    from onnx.backend.test import loader

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = loader.load_model_tests(kind="node")
    found: dict[str, list] = defaultdict(list)
    for case in cases:
        sides = (case.model.graph.input, case.model.graph.output)
        case.data_sets = data = [
            [typed(*pair) for pair in zip(sides, sets, strict=True)] for sets in case.data_sets
        ]
        if all(part is not None for sets in data for part in sets):
            found[case.model.graph.node[0].op_type].append(case)
    return found


def typed(infos, values) -> list[np.ndarray] | None:
    """The values as arrays; None if one is a sequence, an optional or of strings."""
    arrays = []
    for info, value in zip(infos, values, strict=True):
        number = info.type.tensor_type.elem_type
        if number in (0, onnx.TensorProto.STRING) or isinstance(value, list | dict | type(None)):
            return None
        proto = isinstance(value, onnx.TensorProto)
        arrays.append(onnx.numpy_helper.to_array(value) if proto else np.asarray(value))
    return arrays


def prepare(case) -> tuple[Prepared, list] | None:
    """The test made ready and its data, or None when dlir refuses it."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for entry in model.opset_import:
        if not entry.domain:
            entry.version = max(entry.version, 9)  # And, Or, ... have not changed since version 7
    inputs, outputs = case.data_sets[0]
    attempts = [(len(inputs), case.data_sets)]
    attempts += [(kept, [(inputs[:kept], outputs)]) for kept in (1, 0) if kept < len(inputs)]
    for kept, data in attempts:
        try:
            return DlirBackend.prepare(frozen(model, inputs, kept), "REF"), data
        except CompileError as error:
            if "run time" not in str(error) and "run-time" not in str(error):
                return None
    return None


def frozen(model, inputs: list, kept: int):
    """A copy of `model` with all inputs but the first `kept` as weights."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    names = [info.name for info in model.graph.input]
    for name, array in list(zip(names, inputs, strict=False))[kept:]:
        result.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    return result


def check(case) -> bool:
    """Run one test; False when it is refused."""
    prepared = prepare(case)
    if prepared is None:
        return False
    runnable, data = prepared
    for inputs, outputs in data:
        for actual, expected in zip(runnable.run(inputs), outputs, strict=True):
            assert actual.dtype == expected.dtype and actual.shape == expected.shape
            if actual.dtype.itemsize == 2:
                np.testing.assert_allclose(
                    actual.astype(np.float32), expected.astype(np.float32), rtol=2e-2, atol=2e-3
                )
            else:
                np.testing.assert_allclose(actual, expected, rtol=case.rtol, atol=case.atol)
    return True


def operators() -> list[str]:
    return sorted(set(OPERATORS) | EXPANDED)


@pytest.mark.parametrize("operator", operators())
def test_operator(operator: str):
    passed, failed = 0, []
    for case in groups()[operator]:
        try:
            passed += check(case)
        except Exception as error:
            failed.append(f"{case.name}: {type(error).__name__}: {error}")
    assert not failed, "\n".join(failed)
    assert passed, "no test of this operator was run"


def test_enough_tests_run():
    known = set(operators())
    ran = 0
    for operator, cases in groups().items():
        if operator in known:
            ran += sum(prepare(case) is not None for case in cases)
    assert ran >= LEAST_PASSING
