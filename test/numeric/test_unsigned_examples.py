"""Every `dl` op that accepts unsigned integers gives the same on cpu as on ref.

The examples of the docstrings are taken, with another element type in place of theirs: so an op
that is new is tried before anyone writes a case for it.
"""

import re
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.utils.exceptions import ParseError, VerifyException

import dlir
from dlir import doc
from dlir.diagnostics import CompileError
from dlir.examples import FUNCTION, example_module
from dlir.numpy_types import dtype_of
from dlir.registry import builtin_registry
from dlir.signature import entry_function
from dlir.types import element_of, is_tensor, is_unsigned, shape_of

REGISTRY = builtin_registry()
ELEMENTS = ("ui8", "ui64")
OTHERS = r"(?<=[x<\s])(?:bf16|f32|ui8|i8|i32)\b"
"""The types in examples that become unsigned ones; indices are i64 there, conditions i1."""
SIZE = 3
"""Of dimensions that are not known."""


def with_elements(text: str, element: str) -> ModuleOp | None:
    """The example on that element type, if the op accepts it."""
    changed = re.sub(OTHERS, element, text)
    try:
        module = example_module(changed, REGISTRY.context())
        module.verify()
    except (CompileError, ParseError, VerifyException):
        return None
    results = (result for op in module.walk() for result in op.results)
    return module if any(is_unsigned(element_of(result.type)) for result in results) else None


EXAMPLES = [
    pytest.param(op.name, module, id=f"{op.name}-{element}")
    for op in doc.document_dialect(REGISTRY, "dl").ops
    for element in ELEMENTS
    if op.examples and (module := with_elements(op.examples[0], element)) is not None
]


def argument(type: Any, rng: np.random.Generator) -> Any:
    """Numbers of the whole type; those of other types than unsigned ones may be indices."""
    if not is_tensor(type):
        return np.int64(SIZE)
    shape, dtype = [SIZE if n == DYNAMIC_INDEX else n for n in shape_of(type)], dtype_of(type)
    if dtype.kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.integers(0, 2, shape).astype(dtype)


@pytest.mark.parametrize(("name", "module"), EXAMPLES)
def test_same_values(name: str, module: ModuleOp) -> None:
    if name == "dl.param":
        pytest.skip("weights are tried by test/targets/cpu/test_unsigned.py")
    rng = np.random.default_rng(0)
    types = entry_function(module, FUNCTION).function_type.inputs
    inputs = [argument(type, rng) for type in types]
    model = dlir.load(module.clone())
    want, got = (
        dlir.compile(model, target=target, cache=False).execute(inputs) for target in ("ref", "cpu")
    )
    for a, b in zip(want, got, strict=True):
        np.testing.assert_array_equal(b, a, strict=True)


def test_most_ops_are_tried() -> None:
    assert len({example.values[0] for example in EXAMPLES}) >= 30
