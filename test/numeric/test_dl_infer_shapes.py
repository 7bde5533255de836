"""Inference of shapes leaves results as they were, and every type it writes is true."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation

from dlir.interpreter import Interpreter
from dlir.optimizer import split_input
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.transforms.dl_infer_shapes import DlInferShapes
from dlir.types import is_tensor, shape_of
from dlir.verifier import verify

REGISTRY = default_registry()
CONTEXT = REGISTRY.context()
FILE = Path(__file__).parents[1] / "transforms/dl-infer-shapes.mlir"
PARTS = [text for text, _ in split_input(FILE.read_text())]


def run(module: ModuleOp, choice: bool) -> list[np.ndarray]:
    """Call @main; every value that an op makes must have the shape that its type states."""
    main = next(op for op in module.ops if isinstance(op, FuncOp))
    arguments = [
        np.full(shape_of(a.type), 0.1, np.float32) if is_tensor(a.type) else choice
        for a in main.args
    ]
    interpreter = Interpreter(module, REGISTRY)

    def fits(op: Operation, results: tuple[object, ...]) -> None:
        for result, value in zip(op.results, results, strict=True):
            if is_tensor(result.type):
                stated = shape_of(result.type)
                assert all(s < 0 or s == n for s, n in zip(stated, np.shape(value), strict=True))

    interpreter.observers.append(fits)
    return [np.asarray(y) for y in interpreter.call("main", *arguments)]


@pytest.mark.parametrize("choice", [True, False])
@pytest.mark.parametrize("part", range(len(PARTS)))
def test_results_stay(part: int, choice: bool) -> None:
    module = parse_module(PARTS[part], CONTEXT, "infer")
    before = run(module, choice)
    unknown = len(re.findall(r"\?", str(module)))
    DlInferShapes().apply(CONTEXT, module)
    verify(module)
    assert len(re.findall(r"\?", str(module))) < unknown
    for one, other in zip(before, run(module, choice), strict=True):
        np.testing.assert_array_equal(one, other)
