"""Every ATen operator that is imported, against eager PyTorch: as exported and as torch.compile
traces it, on ref and on cpu, with special numbers, empty tensors, scalars and mixed types.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from functorch.compile import make_boxed_func  # noqa: E402
from integration.torch_groups import GROUPS, Group  # noqa: E402
from torch._dynamo.backends.common import aot_autograd  # noqa: E402
from torch._subclasses.fake_tensor import unset_fake_temporarily  # noqa: E402

import dlir  # noqa: E402
from dlir.frontends.torch.backend import decompositions  # noqa: E402
from dlir.frontends.torch.graphs import ImportedGraph  # noqa: E402
from dlir.frontends.torch.program import read_program  # noqa: E402
from dlir.frontends.torch.table import OPERATORS  # noqa: E402
from dlir.frontends.torch.tensors import from_numpy, to_numpy  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

TOLERANCES = {torch.float16: 4e-3, torch.bfloat16: 3e-2, torch.float32: 1e-5, torch.float64: 1e-9}
"""Relative and absolute: of the halves a few units of the last place, since PyTorch rounds between
the steps of what it composes."""


@cache
def expected(name: str) -> tuple:
    functions, inputs = GROUPS[name]
    return Group(functions)(*inputs)


@cache
def program(name: str):
    """The group as `torch.export` sees it, decomposed."""
    functions, inputs = GROUPS[name]
    expected(name)
    with torch.no_grad():
        return read_program(torch.export.export(Group(functions), inputs))


def compiled(name: str, run: Callable[..., Any]) -> Any:
    """What `run` makes of the group with the graphs that torch.compile hands to backends.

    `run` is called with each graph, and returns what runs in its place.
    """
    functions, inputs = GROUPS[name]
    expected(name)
    torch._dynamo.reset()
    backend = aot_autograd(
        fw_compiler=lambda graph_module, _: make_boxed_func(run(graph_module)),
        decompositions=decompositions(),
    )
    with torch.no_grad():
        return torch.compile(Group(functions), backend=backend, fullgraph=True)(*inputs)


def check(name: str, got) -> None:
    wrong: list[str] = []
    for number, (mine, theirs) in enumerate(zip(got, expected(name), strict=True)):
        tolerance = TOLERANCES.get(theirs.dtype, 0)
        try:
            torch.testing.assert_close(
                mine, theirs, rtol=tolerance, atol=tolerance, equal_nan=True, check_stride=False
            )
        except AssertionError as error:
            wrong.append(f"result {number}: {error}")
    assert not wrong, "\n".join(wrong)


def quick() -> list:
    """Every group; every second is slow."""
    slow = [[], [pytest.mark.slow]]
    return [pytest.param(name, marks=slow[n % 2]) for n, name in enumerate(GROUPS)]


def targets() -> list:
    """Every group on both targets."""
    on_cpu = [pytest.param(*group.values, "cpu", marks=group.marks) for group in quick()]
    on_ref = [pytest.param(*group.values, "ref", marks=group.marks) for group in quick()]
    return [*on_ref, *on_cpu]


@pytest.mark.parametrize(("name", "target"), targets())
def test_exported(name: str, target: str) -> None:
    inputs = [to_numpy(tensor) for tensor in GROUPS[name][1]]
    with np.errstate(all="ignore"):
        results = dlir.compile(program(name), target=target)(*inputs)
    check(name, [from_numpy(np.asarray(result)) for result in results])


@pytest.mark.slow
@pytest.mark.parametrize("name", GROUPS)
def test_compiled(name: str) -> None:
    def run(graph_module):
        with unset_fake_temporarily():  # as the backend does, which imports at the first call
            graph = ImportedGraph(graph_module.graph, {})
        return graph.bind(dlir.compile(graph.model, target="ref"))

    with np.errstate(all="ignore"):
        check(name, compiled(name, run))


def called(graph) -> set[str]:
    return {str(node.target) for node in graph.nodes if node.op == "call_function"}


ELSEWHERE = {
    "aten._native_batch_norm_legit_functional.default": "test_torch_frontend.py",
    "aten._embedding_bag.default": "test_torch_models.py",
    "aten.gru.input": "test_torch_models.py",
    "aten.lstm.input": "test_torch_models.py",
    "aten.rnn_tanh.input": "test_torch_models.py",
}
"""Operators that other tests call."""


@pytest.mark.slow
def test_every_operator_is_tested() -> None:
    tested = {*ELSEWHERE}

    def note(graph_module):
        tested.update(called(graph_module.graph))
        return graph_module

    for name in GROUPS:
        tested |= called(program(name).graph)
        compiled(name, note)
    missing = sorted(set(OPERATORS) - tested)
    assert not missing, f"no group calls {', '.join(missing)}"
