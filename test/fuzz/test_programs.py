"""Random `dl` programs: every pass on the way to machine code verifies and keeps the results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from fuzz.dl_programs import Program, programs
from hypothesis import HealthCheck, given, settings

import dlir
from dlir.interpreter import Interpreter
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.cpu.pipeline import PHASES
from dlir.verifier import verify

ON_TENSORS = ("convert-linalg-to-structured", "convert-quant-to-dl", "dl-integerize",
              "dl-raise-composites", "dl-sink-dequantize", "dl-fold-scale",
              "dl-sink-transpose", "dl-sink-reshape",
              "dl-merge-matmuls", "dl-simplify", "dl-decompose", "dl-assign-layout{layout=nhwc}",
              "dl-simplify", "dl-convolution-algorithm", "convert-dl-to-structured", "cse",
              "structured-insert-checks", "structured-sink-widening", "structured-fuse",
              "structured-fuse-weights", "cse")  # fmt: skip
"""The passes before tensors become buffers; the interpreter runs what each of them makes."""

ON_GRAPHS = ("dl-fold-constants", "apply-patterns", "dl-sink-broadcast", "dl-sink-cast",
             "dl-outline-repeats{min-ops=1}", "dl-dedupe-functions", "inline", "dl-infer-shapes",
             "dl-decompose", "dl-raise-composites")  # fmt: skip
"""Passes from `dl` to `dl` that no target runs by itself."""

ROUNDS = {"float64": 1e-9, "float32": 1e-4, "bfloat16": 6e-2}
"""Relative to the largest number: programs are up to 12 ops long, and bf16 has 8 bits."""

QUICK = settings(
    max_examples=12, deadline=None, derandomize=True, print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
THOROUGH = settings(QUICK, max_examples=400, derandomize=False)


def same(got: Any, want: Any, step: str) -> None:
    assert len(got) == len(want), step
    for a, b in zip(got, want, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), step
        if a.dtype.kind in "biu":
            np.testing.assert_array_equal(a, b, step)
            continue
        x, y = np.asarray(a, "f8"), np.asarray(b, "f8")
        finite = np.abs(y[np.isfinite(y)])
        bound = ROUNDS[a.dtype.name] * max(1.0, finite.max(initial=0.0))
        np.testing.assert_allclose(x, y, 0, bound, err_msg=step)


def interpreted(module: Any, inputs: Any) -> Any:
    with np.errstate(all="ignore"):
        return Interpreter(module).call("f", *(x.copy() for x in inputs))


def check_every_pass(program: Program, names: Sequence[str] = ON_TENSORS) -> None:
    """Each step verifies, prints as text that parses to itself, and computes the same."""
    verify(program.module)
    context = default_registry().context()
    want = interpreted(program.module, program.inputs)
    module = program.module.clone()
    for name in names:
        PassManager(name).run(default_registry().context(), module)
        verify(module)
        text = str(module)
        module = parse_module(text, context, "program.mlir")
        assert str(module) == text
        same(interpreted(module, program.inputs), want, f"after {name}")


def check_native(program: Program) -> None:
    """The reference and machine code agree, twice, and leave the inputs alone."""
    given = [x.copy() for x in program.inputs]
    want = interpreted(program.module, given)
    compiled = dlir.compile(program.module, target="cpu", cache=False)
    for call in ("first", "second"):
        same(compiled.execute(given), want, f"{call} call")
    for before, after in zip(program.inputs, given, strict=True):
        assert before.tobytes() == after.tobytes()


@QUICK
@given(programs())
def test_every_pass(program: Program) -> None:
    check_every_pass(program)


@QUICK
@given(programs())
def test_every_pass_on_graphs(program: Program) -> None:
    check_every_pass(program, ON_GRAPHS)


@QUICK
@given(programs())
def test_machine_code(program: Program) -> None:
    check_native(program)


@pytest.mark.slow
@THOROUGH
@given(programs())
def test_every_pass_thoroughly(program: Program) -> None:
    check_every_pass(program)


@pytest.mark.slow
@THOROUGH
@given(programs())
def test_every_pass_on_graphs_thoroughly(program: Program) -> None:
    check_every_pass(program, ON_GRAPHS)


@pytest.mark.slow
@THOROUGH
@given(programs())
def test_machine_code_thoroughly(program: Program) -> None:
    check_native(program)


def test_the_passes_are_those_of_the_target() -> None:
    """All that the cpu's pipeline does on tensors is done here, too."""
    pipeline = PHASES["structured"].replace("%(integerize)s", "dl-integerize,")
    here, there = (
        set(re.sub(r"{.*?}", "", text).split(",")) for text in (",".join(ON_TENSORS), pipeline)
    )
    assert there <= here
