"""Recurrent layers: their semantics beside onnxruntime, and what they are unrolled to."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from numeric.cases import Argument, Case, module_of
from numeric.dl_meaning import meaning, value
from numeric.recurrent_cases import OPTIONS, SIZES, recurrent_cases, types_of
from onnx import helper
from xdsl.context import Context

from dlir.dialects.dl.ops import recurrent as rec
from dlir.interpreter import Interpreter
from dlir.transforms.dl_decompose import DlDecompose
from dlir.verifier import verify

SIMPLE = {"add", "cast", "concat", "dim", "matmul", "mul", "reshape", "sigmoid", "slice", "sub",
          "tanh"}  # fmt: skip
"""All that the unrolled form is made of."""


def operands(kind: Any, sizes: Any, peepholes: bool) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    types = types_of(kind, sizes, "f32", peepholes).split()
    return [Argument.read(text).values(rng) for text in types]


def onnxruntime_says(kind: Any, arrays: list[np.ndarray], flags: dict[str, Any]) -> list[Any]:
    """ONNX's layer of one direction, without the axis of directions."""
    x, w, r, b, rb, h0, *more = arrays
    biases = np.concatenate([b, rb])
    named = {"X": x, "W": w[None], "R": r[None], "B": biases[None], "h0": h0[None]}
    for name, array in zip(("c0", "p"), more, strict=False):
        named[name] = array[None]
    names = [*list(named)[:4], "", *list(named)[4:]]
    outputs = ["Y", "Y_h", "Y_c"][: 3 if kind is rec.LstmOp else 2]
    attributes: dict[str, Any] = {"hidden_size": h0.shape[1]}
    if flags.get("reverse"):
        attributes["direction"] = "reverse"
    if flags.get("linear_before_reset"):
        attributes["linear_before_reset"] = 1
    node = helper.make_node(kind.name.partition(".")[2].upper(), names, outputs, **attributes)
    infos = [helper.make_tensor_value_info(n, 1, a.shape) for n, a in named.items()]
    results = [helper.make_tensor_value_info(n, 1, None) for n in outputs]
    graph = helper.make_graph([node], "one", infos, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    y, *states = session.run(None, named)
    return [y[:, 0], *(state[0] for state in states)]


@pytest.mark.parametrize("sizes", [SIZES[0], SIZES[1], SIZES[2]], ids=str)
@pytest.mark.parametrize(("kind", "options"), OPTIONS, ids=str)
def test_semantics(kind: Any, options: dict[str, Any], sizes: Any) -> None:
    flags = dict(options)
    arrays = operands(kind, sizes, flags.pop("peepholes", False))
    results = meaning(kind(*map(value, arrays), **flags), *arrays)
    for actual, expected in zip(results, onnxruntime_says(kind, arrays, flags), strict=True):
        assert actual.dtype == expected.dtype and actual.shape == expected.shape
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-6)


def test_reverse_is_forward_on_the_reversed_sequence() -> None:
    arrays = operands(rec.LstmOp, SIZES[1], False)
    flipped = [arrays[0][::-1].copy(), *arrays[1:]]
    y, h, c = meaning(rec.LstmOp(*map(value, arrays), reverse=True), *arrays)
    back, *states = meaning(rec.LstmOp(*map(value, flipped)), *flipped)
    np.testing.assert_array_equal(y, back[::-1])
    np.testing.assert_array_equal(h, y[0])
    for state, expected in zip((h, c), states, strict=True):
        np.testing.assert_array_equal(state, expected)


def test_sizes_that_differ_fail_at_run_time() -> None:
    """A bias of one element is not stretched to a whole one."""
    arrays = operands(rec.RnnOp, SIZES[0], False)
    op = rec.RnnOp(*(value(a, dynamic=tuple(range(a.ndim))) for a in arrays))
    arrays[3] = arrays[3][:1]
    with pytest.raises(ValueError, match=r"dl\.rnn: b has shape \[1\], expected 4"):
        meaning(op, *arrays)


@pytest.mark.parametrize("element", ["f64", "f32", "bf16"])
@pytest.mark.parametrize("number", range(len(recurrent_cases("f32"))))
def test_decomposition(number: int, element: str) -> None:
    case: Case = recurrent_cases(element)[number]
    module = module_of([case])
    DlDecompose(ops=("rnn", "gru", "lstm")).apply(Context(), module)
    verify(module)
    used = {op.name.removeprefix("dl.") for op in module.walk() if op.name.startswith("dl.")}
    assert used <= SIMPLE
    inputs = case.inputs()
    problem = case.problem(inputs, Interpreter(module).call("f", *inputs))
    assert problem is None, problem


def test_inputs_are_multiplied_at_once() -> None:
    """One product for all inputs, then one per step (two if the reset comes first)."""
    for (kind, options), count in zip(OPTIONS, (1, 1, 2, 2, 1, 1, 1, 1, 1, 1), strict=True):
        flags = dict(options)
        types = types_of(kind, SIZES[1], "f32", flags.pop("peepholes", False))
        make = lambda *xs, a=(kind, flags): a[0](*xs, **a[1])  # noqa: E731
        module = module_of([Case("f", types, make)])
        DlDecompose(ops=("rnn", "gru", "lstm")).apply(Context(), module)
        products = [op for op in module.walk() if op.name == "dl.matmul"]
        assert len(products) == 1 + 2 * count
