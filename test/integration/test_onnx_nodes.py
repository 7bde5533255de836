"""ONNX's own node tests, interpreted and compiled: the best check of each operator there is.

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


class Refused(Exception):
    """The import refuses a test."""


def prepare(case, device: str) -> tuple[Prepared, list]:
    """The test made ready and its data; what the import takes must run on every device."""
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
            attempt = frozen(model, inputs, kept)
            prepared = DlirBackend.prepare(attempt, "REF")
        except CompileError as error:
            if "run time" not in str(error) and "run-time" not in str(error):
                raise Refused from error
        else:
            return prepared if device == "REF" else DlirBackend.prepare(attempt, device), data
    raise Refused


def frozen(model, inputs: list, kept: int):
    """A copy of `model` with all inputs but the first `kept` as weights."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    names = [info.name for info in model.graph.input]
    for name, array in list(zip(names, inputs, strict=False))[kept:]:
        result.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    return result


def check(case, device: str) -> bool:
    """Run one test; False when the import refuses it."""
    try:
        runnable, data = prepare(case, device)
    except Refused:
        return False
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


def check_all(cases: list, device: str) -> None:
    """Run some tests of one operator; at least one must be run and none may fail."""
    passed, failed = 0, []
    for case in cases:
        try:
            passed += check(case, device)
        except Exception as error:
            failed.append(f"{case.name}: {type(error).__name__}: {error}")
    assert not failed, "\n".join(failed)
    assert passed, "no test of this operator was run"


@pytest.mark.parametrize("operator", operators())
def test_operator(operator: str):
    check_all(groups()[operator], "REF")


@pytest.mark.parametrize("operator", operators())
def test_compiled_operator(operator: str):
    """The first and the last test that the import takes; compiling them all takes minutes."""
    accepted = [case for case in groups()[operator] if is_accepted(case)]
    check_all(accepted[:1] + accepted[1:][-1:], "CPU")


@pytest.mark.slow
@pytest.mark.parametrize("operator", operators())
def test_compiled_operator_completely(operator: str):
    check_all(groups()[operator], "CPU")


def is_accepted(case) -> bool:
    try:
        prepare(case, "REF")
    except Refused:
        return False
    return True


def test_enough_tests_run():
    known = set(operators())
    ran = 0
    for operator, cases in groups().items():
        if operator in known:
            ran += sum(map(is_accepted, cases))
    assert ran >= LEAST_PASSING
