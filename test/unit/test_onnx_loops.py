"""Loops of ONNX models that carry sequences, and sequences of parts of unknown size."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402
from unit.onnx_models import node  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
DEVICES = pytest.mark.parametrize("device", ["REF", "CPU"])


def value(name: str, type: int, shape: list | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, type, shape)


def counting(rounds: str, last: int | None) -> onnx.ModelProto:
    """A loop that appends x * i in round i; where `last` is given, it stops after that round."""
    nodes = [
        node("Cast", ["i"], ["f"], to=FLOAT),
        node("Mul", ["x", "f"], ["item"]),
        node("SequenceInsert", ["items", "item"], ["more"]),
    ]
    if last is None:
        nodes.append(node("Identity", ["go"], ["on"]))
    else:
        limit = helper.make_tensor("limit", INT64, [], [last])
        nodes += [
            node("Constant", [], ["limit"], value=limit),
            node("Less", ["i", "limit"], ["on"]),
        ]
    items = helper.make_tensor_sequence_value_info
    body = helper.make_graph(
        nodes,
        "body",
        [value("i", INT64, []), value("go", BOOL, []), items("items", FLOAT, None)],
        [value("on", BOOL, []), items("more", FLOAT, None)],
    )
    graph = helper.make_graph(
        [
            node("SequenceEmpty", [], ["none"]),
            node("Loop", [rounds, "c", "none"], ["y"], body=body),
        ],
        "g",
        [value("n", INT64, []), value("c", BOOL, []), value("x", FLOAT, ["m"])],
        [items("y", FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)


@DEVICES
@pytest.mark.parametrize(
    ("rounds", "last", "go", "count", "expected"),
    [
        ("n", None, True, 3, 3),
        ("n", None, True, 0, 0),
        ("n", None, True, -2, 0),
        ("n", None, False, 3, 0),
        ("n", 1, True, 5, 2),
        ("", 4, True, 0, 5),
    ],
)
def test_sequences_grow(
    device: str, rounds: str, last: int | None, go: bool, count: int, expected: int
) -> None:
    prepared = DlirBackend.prepare(counting(rounds, last), device)
    x = np.arange(4, dtype=np.float32)
    (items,) = prepared.run([np.array(count), np.array(go), x])
    assert len(items) == expected
    for number, item in enumerate(items):
        np.testing.assert_array_equal(item, x * number)


@pytest.mark.parametrize(("rounds", "count"), [("n", 1 << 40), ("", 0)])
def test_a_loop_that_is_too_long_is_refused(rounds: str, count: int) -> None:
    prepared = DlirBackend.prepare(counting(rounds, None), "REF")
    with pytest.raises(CompileError, match="more than 1024 rounds"):
        prepared.run([np.array(count), np.array(True), np.ones(2, np.float32)])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_case_that_the_runner_cannot_compare() -> None:
    from onnx.backend.test.loader import load_model_tests

    case = next(c for c in load_model_tests(kind="node") if c.name == "test_loop16_seq_none")
    assert case.model is not None and case.data_sets is not None
    for inputs, (expected,) in case.data_sets:
        (got,) = DlirBackend.prepare(case.model, "REF").run([*inputs])
        assert len(got) == len(expected)
        for mine, theirs in zip(got, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def split_model(use: str) -> onnx.ModelProto:
    """The length of a sequence, or its items concatenated in new order."""
    nodes = [node("SplitToSequence", ["x", "s"], ["parts"], axis=1)]
    if use == "length":
        nodes.append(node("SequenceLength", ["parts"], ["y"]))
    else:
        first, second = (node("SequenceAt", ["parts", f"i{n}"], [f"p{n}"]) for n in (0, 1))
        nodes += [first, second, node("Concat", ["p1", "p0"], ["y"], axis=1)]
    numbers = [helper.make_tensor(f"i{n}", INT64, [], [n]) for n in (0, 1)]
    type = INT64 if use == "length" else FLOAT
    inputs = [value("x", FLOAT, ["a", "b"]), value("s", INT64, [2])]
    graph = helper.make_graph(nodes, "g", inputs, [value("y", type, None)], numbers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)


@DEVICES
def test_parts_of_a_dimension_of_unknown_size(device: str) -> None:
    x = np.arange(10, dtype=np.float32).reshape(2, 5)
    (count,) = DlirBackend.prepare(split_model("length"), device).run([x, np.array([2, 3])])
    assert count == 2
    prepared = DlirBackend.prepare(split_model("items"), device)
    for first in (0, 2, 5):
        (y,) = prepared.run([x, np.array([first, 5 - first])])
        np.testing.assert_array_equal(y, np.roll(x, -first, 1))
    with pytest.raises(Exception, match="add up"):
        prepared.run([x, np.array([2, 2])])
