"""`dl-decompose` writes the ops whose shapes change in simpler ops of the same values."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from numeric.attention_cases import attention_cases
from numeric.cases import Case, module_of
from numeric.linear_algebra_cases import linear_algebra_cases
from numeric.normalization_cases import more_normalization_cases
from numeric.rotary_cases import rotary_cases
from numeric.sampling_cases import resize_cases, sampling_cases
from numeric.sequential_cases import embedding_cases, random_cases
from numeric.window_cases import window_cases
from xdsl.context import Context

from dlir.dialects.dl import OPS
from dlir.interpreter import Interpreter
from dlir.transforms.dl_decompose import DECOMPOSITIONS, DlDecompose
from dlir.verifier import verify

CASES = {
    "attention": attention_cases,
    "embedding": embedding_cases,
    "linear algebra": linear_algebra_cases,
    "normalization": more_normalization_cases,
    "random": lambda _: random_cases(),
    "resize": resize_cases,
    "sampling": sampling_cases,
    "rotary": rotary_cases,
    "windows": window_cases,
}
ELEMENTS = ("f64", "f32", "bf16")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("family", CASES)
def test_decompositions(family: str, element: str) -> None:
    problems = [text for case in CASES[family](element) for text in outcome(case)]
    assert not problems, "\n".join(problems)


def outcome(case: Case) -> Sequence[str]:
    """What is wrong with a case after the decomposition."""
    module = module_of([case])
    DlDecompose().apply(Context(), module)
    verify(module)
    left = {op.name for op in module.walk() if type(op) in DECOMPOSITIONS and type(op) in OPS}
    if left:
        return [f"{case}: {', '.join(left)} is left"]
    inputs = case.inputs()
    problem = case.problem(inputs, Interpreter(module).call("f", *inputs))
    return [problem] if problem else []


def test_every_decomposition_is_tried() -> None:
    """The other ones are in test_dl_rewrites.py and test_dl_recurrent.py."""
    tried = {
        type(op)
        for cases in CASES.values()
        for case in cases("f32")
        for op in module_of([case]).walk()
    }
    elsewhere = (".activation", ".composite", ".recurrent")
    assert {k for k in DECOMPOSITIONS if not k.__module__.endswith(elsewhere)} <= tried
