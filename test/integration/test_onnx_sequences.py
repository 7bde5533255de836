"""Sequences and optional values of ONNX models: gone after the import, on both targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, UnitAttr  # noqa: E402
from xdsl.dialects.func import FuncOp  # noqa: E402

import dlir  # noqa: E402
from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.verifier import verify  # noqa: E402

HEADER = '<ir_version: 8, opset_import: ["" : 18]>\n'
F = np.float32


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=F).reshape(shape) - 2


def imported(text: str, shapes: Any = None) -> tuple[Any, Any]:
    model = onnx.parser.parse_model(HEADER + text)
    onnx.checker.check_model(model)
    module, weights = import_onnx(model, shapes=shapes)
    verify(module)
    return module, weights


def check(text: str, arguments: list[Any], wanted: list[Any], shapes: Any = None) -> None:
    """The results, with the items of sequences one after the other."""
    module, weights = imported(text, shapes)
    for target in ("ref", "cpu"):
        executable = dlir.compile(module, target, params=weights)
        results = executable.execute(arguments)
        assert len(results) == len(wanted)
        for one, other in zip(results, wanted, strict=True):
            assert one.dtype == np.asarray(other).dtype
            np.testing.assert_array_equal(one, other)


def refusal(text: str, shapes: Any = None) -> str:
    with pytest.raises(CompileError) as caught:
        imported(text, shapes)
    return str(caught.value)


def test_items_and_lengths() -> None:
    text = """m (float[2] x, float[3] y) => (float[A] a, float[B] b, int64 n, float[C] c) {
      s = SequenceConstruct(x, y)
      zero = Constant<value_int = 0>()
      last = Constant<value_int = -1>()
      t = SequenceInsert(s, x, zero)
      u = SequenceErase(t, last)
      v = SequenceInsert(u, y, last)
      a = SequenceAt(v, last)
      b = SequenceAt(v, zero)
      n = SequenceLength(t)
      c = ConcatFromSequence<axis = 0>(v)
    }"""
    x, y = ramp(2), ramp(3)
    check(text, [x, y], [x, x, np.array(3), np.concatenate([x, y, x])])


def test_parts() -> None:
    text = """m (float[5, 2] x) => (float[A, 2] a, float[B] b, float[2, 5] c, float[5, 1, 2] d) {
      zero = Constant<value_int = 0>()
      two = Constant<value_int = 2>()
      sizes = Constant<value_ints = [1, 4]>()
      s = SplitToSequence<axis = 0>(x, two)
      a = SequenceAt(s, two)
      t = SplitToSequence<axis = 1, keepdims = 0>(x)
      b = SequenceAt(t, zero)
      c = ConcatFromSequence<axis = 0, new_axis = 1>(t)
      u = SplitToSequence<axis = 0>(x, sizes)
      w = ConcatFromSequence<axis = 0>(u)
      one = SequenceConstruct(w)
      d = ConcatFromSequence<axis = 1, new_axis = 1>(one)
    }"""
    x = ramp(5, 2)
    check(text, [x], [x[4:], x[:, 0], x.T, x[:, None]])


def test_sequences_at_the_border() -> None:
    text = """m (seq(float[N]) s, optional(float[2]) o, optional(float[2]) p)
        => (seq(float[N]) t, optional(float[2]) q, bool h, bool k, optional(float[2]) r) {
      x = OptionalGetElement(o)
      t = SequenceInsert(s, x)
      q = Identity(o)
      h = OptionalHasElement(o)
      k = OptionalHasElement(p)
      r = Identity(p)
    }"""
    shapes = {"s": [(2,), (3,)], "o": (2,), "p": None}
    a, b, x = ramp(2), ramp(3), ramp(2) + 7
    check(text, [a, b, x], [a, b, x, x, np.array(True), np.array(False)], shapes)
    (function,) = imported(text, shapes)[0].ops
    assert isinstance(function, FuncOp)
    lengths = function.attributes["dlir.result_lengths"]
    assert isinstance(lengths, DictionaryAttr)
    assert lengths.data == {"t": IntegerAttr(3, 64), "r": UnitAttr()}
    names = [str(n.data) for n in function.attributes["dlir.arg_names"]]  # pyright: ignore
    assert names == ["s.0", "s.1", "o"]


def test_a_map_runs_its_body_for_each_item() -> None:
    text = """m (seq(float[N]) s, float[1] y) => (seq(float[N]) t, seq(int64[1]) n) {
      t, n = SequenceMap(s, y) <
        body = b (float[N] a, float[1] e) => (float[N] c, int64[1] d) {
          c = Add(a, e)
          d = Shape(a)
        }
      >
    }"""
    a, b, y = ramp(2), ramp(3), ramp(1)
    wanted = [a + y, b + y, np.array([2]), np.array([3])]
    check(text, [a, b, y], wanted, {"s": [(2,), (3,)]})


def test_branches_and_loops_over_sequences() -> None:
    text = """m (bool c, float[2] x) => (float[A] y, seq(float[B]) t) {
      s = If (c) <
        then_branch = f () => (seq(float[2]) a) { n = Neg(x)  a = SequenceConstruct(n, x) },
        else_branch = g () => (seq(float[2]) a) { r = Relu(x)  a = SequenceConstruct(x, r) }
      >
      y = ConcatFromSequence<axis = 0>(s)
      three = Constant<value_int = 3>()
      go = Constant<value = bool {1}>()
      e = SequenceEmpty()
      t = Loop (three, go, e) <
        body = b (int64 i, bool h, seq(float[B]) u) => (bool k, seq(float[B]) v) {
          k = Identity(h)
          one = Constant<value_ints = [1]>()
          zero = Constant<value_ints = [0]>()
          j = Reshape(i, one)
          part = Slice(x, zero, j)
          v = SequenceInsert(u, part)
        }
      >
    }"""
    x = ramp(2) + 1
    parts = [x[:0], x[:1], x[:2]]
    check(text, [np.array(True), x], [np.concatenate([-x, x]), *parts])
    check(text, [np.array(False), x], [np.concatenate([x, np.maximum(x, 0)]), *parts])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("s = SequenceConstruct(x, x)  y = SequenceAt(s, n)", "known at run time only"),
        ("s = SequenceEmpty()  y = ConcatFromSequence<axis = 0>(s)", "an empty sequence"),
        ("s = SequenceEmpty()  y = Relu(s)", "a sequence as operand"),
        ("s = SequenceEmpty()  t = SequenceErase(s)  y = SequenceAt(t, n)", "an empty sequence"),
        ("i = Constant<value_int = 1>()  s = SequenceConstruct(x)  y = SequenceAt(s, i)",
         "place 1 in a sequence of 1"),
        ("i = Constant<value_int = 0>()  s = SplitToSequence(x, i)  y = SequenceAt(s, i)",
         "parts of size 0"),
    ],
)  # fmt: skip
def test_what_is_refused(body: str, reason: str) -> None:
    text = "m (float[2] x, int64 n) => (float[2] y) { BODY }".replace("BODY", body)
    model = onnx.parser.parse_model(HEADER + text)
    with pytest.raises(CompileError, match=reason):
        import_onnx(model)


def test_inputs_without_shapes_are_refused() -> None:
    message = refusal("m (seq(float[2]) s) => (int64 n) { n = SequenceLength(s) }")
    assert "onnx-input" in message and "shapes" in message
