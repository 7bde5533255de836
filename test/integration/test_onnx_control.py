"""Control flow of ONNX models against onnxruntime, on both targets.

onnx's own reference does not stack the results of loops as the standard says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402
from dlir.printer import print_module  # noqa: E402

HEADER = '<ir_version: 8, opset_import: ["" : 18]>\n'
F = np.float32


def model_of(text: str) -> Any:
    model = onnx.parser.parse_model(HEADER + text)
    onnx.checker.check_model(model)
    return model


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=F).reshape(shape) - 2


def same(text: str, *calls: list[Any], device: str) -> None:
    """The model gives what onnxruntime gives, for each of the calls."""
    model = model_of(text)
    reference = onnxruntime.InferenceSession(model.SerializeToString())
    names = [info.name for info in model.graph.input]
    prepared = DlirBackend.prepare(model, device)
    for inputs in calls:
        arrays = [np.asarray(value) for value in inputs]
        wanted: Any = reference.run(None, dict(zip(names, arrays, strict=True)))
        for one, other in zip(prepared.run(arrays), wanted, strict=True):
            assert one.shape == other.shape and one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def text_of(text: str) -> str:
    return print_module(import_onnx(model_of(text))[0])


def refusal(text: str) -> str:
    with pytest.raises(CompileError) as caught:
        import_onnx(model_of(text))
    return str(caught.value)


both = pytest.mark.parametrize("device", ["REF", "CPU"])


# If

BRANCHES = """m (float[N, 3] x, bool c) => (float[M, 3] y, float[N, 3] z) {
  r = Relu(x)
  y, z = If (c) <
    then_branch = yes () => (float[N, 3] a, float[N, 3] n) { n = Neg(r)  a = Exp(n) },
    else_branch = no () => (float[K, 3] b, float[N, 3] n) { b = Concat<axis = 0>(x, r)  n = Abs(x) }
  >
}"""


@both
def test_branches_of_different_sizes(device: str) -> None:
    calls = [[ramp(rows, 3), c] for rows in (0, 1, 4) for c in (True, False)]
    same(BRANCHES, *calls, device=device)


def test_sizes_that_branches_share_stay_known() -> None:
    text = text_of(BRANCHES)
    assert "-> (tensor<?x3xf32>, tensor<?x3xf32>)" in text
    assert text.count("tensor.cast") == 0


@both
def test_nested_branches_and_sizes_that_become_unknown(device: str) -> None:
    text = """m (float[4] x, bool c, bool[1] d) => (float[M] y) {
      y = If (c) <
        then_branch = t () => (float[P] a) {
          a = If (d) <
            then_branch = tt () => (float[2] e) { two = Constant<value_ints = [2]>()
              zero = Constant<value_ints = [0]>()  e = Slice(x, zero, two) },
            else_branch = te () => (float[4] e) { e = Neg(x) }
          >
        },
        else_branch = f () => (float[8] a) { a = Concat<axis = 0>(x, x) }
      >
    }"""
    calls = [[ramp(4), c, [e]] for c in (True, False) for e in (True, False)]
    same(text, *calls, device=device)


def test_a_known_condition_is_decided_at_import() -> None:
    text = text_of("""m (float[2, 3] x) => (float[M, 3] y) {
      shape = Shape(x)
      two = Constant<value_ints = [2, 3]>()
      each = Equal(shape, two)
      number = Cast<to = 6>(each)
      all = ReduceProd<keepdims = 0>(number)
      c = Cast<to = 9>(all)
      y = If (c) <
        then_branch = t () => (float[2, 3] a) { a = Relu(x) },
        else_branch = f () => (float[2, 3] a) { a = Hardmax<axis = 7>(x) }
      >
    }""")
    assert "scf.if" not in text and "dl.relu" in text


@both
def test_a_condition_on_sizes(device: str) -> None:
    text = """m (float[N] x) => (float[N] y) {
      shape = Shape(x)
      three = Constant<value_ints = [3]>()
      c = Less(shape, three)
      y = If (c) <
        then_branch = t () => (float[N] a) { a = Neg(x) },
        else_branch = f () => (float[N] a) { a = Relu(x) }
      >
    }"""
    same(text, *([ramp(n)] for n in (1, 2, 3, 4)), device=device)


def test_branches_of_different_ranks_are_refused() -> None:
    assert "branches of types" in refusal("""m (float[2, 3] x, bool c) => (float[M] y) {
      y = If (c) <
        then_branch = t () => (float[M] a) { m = Constant<value_ints = [-1]>()  a = Reshape(x, m) },
        else_branch = f () => (float[2, 3] a) { a = Relu(x) }
      >
    }""")


def test_a_fault_within_a_branch_names_the_operator() -> None:
    message = refusal("""m (float[2] x, bool c) => (float[2] y, float[2] z) {
      y = If (c) <
        then_branch = t () => (float[2] a) { a = Hardmax<axis = 7>(x) },
        else_branch = f () => (float[2] a) { a = Relu(x) }
      >
      z = Neg(y)
    }""")
    assert "If is not supported with Hardmax inside" in message
    assert message.count("error[") == 1


# Loop

COUNTED = """m (int64 n, float[B, 2] x) => (float[B, 2] y, float[K, B, 2] all, int64[K] rounds) {
  go = Constant<value = bool {1}>()
  y, all, rounds = Loop (n, go, x) <
    body = b (int64 i, bool c, float[B, 2] s) => (bool d, float[B, 2] t, float[B, 2] u, int64 j) {
      d = Identity(c)
      f = Cast<to = 1>(i)
      t = Add(s, f)
      u = Mul(t, x)
      j = Identity(i)
    }
  >
}"""


@both
def test_counted_loops(device: str) -> None:
    calls = [[n, ramp(rows, 2)] for n in (1, 2, 5) for rows in (0, 1, 3)]
    same(COUNTED, *calls, device=device)


def test_a_loop_without_rounds_gives_empty_stacks() -> None:
    prepared = DlirBackend.prepare(model_of(COUNTED), "CPU")
    for rounds in (0, -3):
        y, stack, numbers = prepared.run([np.array(rounds), ramp(3, 2)])
        np.testing.assert_array_equal(y, ramp(3, 2))
        assert stack.shape == (0, 3, 2) and numbers.shape == (0,)


def test_sizes_that_a_loop_keeps_stay_known() -> None:
    text = text_of(COUNTED)
    assert "scf.for" in text and "scf.while" not in text
    assert "iter_args" in text and "tensor.cast" in text  # the empty stacks grow


@both
def test_values_that_grow(device: str) -> None:
    text = """m (int64 n, float[1, 2] x) => (float[M, 2] y) {
      y = Loop (n, , x) <
        body = b (int64 i, bool c, float[P, 2] s) => (bool d, float[Q, 2] t) {
          d = Identity(c)
          u = Neg(x)
          t = Concat<axis = 0>(s, u)
        }
      >
    }"""
    same(text, *([n, ramp(1, 2)] for n in (0, 1, 4)), device=device)


@both
def test_a_loop_that_ends_itself(device: str) -> None:
    text = """m (int64 n, bool g, float[3] x, float[1] limit) => (float[3] y, float[K] all) {
      y, all = Loop (n, g, x) <
        body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t, float m) {
          t = Add(s, s)
          m = ReduceMax<keepdims = 0>(t)
          l = Less(m, limit)
          d = Squeeze(l)
        }
      >
    }"""
    calls = [[n, g, ramp(3) + 3, [10]] for n in (1, 3, 100) for g in (True, False) if g or n == 1]
    calls = [[n, g, x, np.array(limit, F)] for n, g, x, limit in calls]
    same(text, *(call for call in calls if call[1]), device=device)
    y, stack = DlirBackend.prepare(model_of(text), device).run(
        [np.array(5), np.array(False), ramp(3), np.array([10], F)]
    )
    assert stack.shape == (0,)
    np.testing.assert_array_equal(y, ramp(3))


@both
def test_a_loop_without_a_count(device: str) -> None:
    text = """m (bool g, float[3] x) => (float[3] y) {
      one = Constant<value_float = 1.0>()
      y = Loop ( , g, x) <
        body = b (int64 i, bool c, float[3] s) => (bool d, float[3] t) {
          t = Sub(s, one)
          m = ReduceMax<keepdims = 0>(t)
          d = Greater(m, one)
        }
      >
    }"""
    same(text, [True, ramp(3) + 9], device=device)


@both
def test_items_whose_sizes_only_the_loop_knows(device: str) -> None:
    text = """m (int64 n, float[4] x) => (float[K, P] y) {
      one = Constant<value_ints = [1]>()
      g = Constant<value = bool {1}>()
      y = Loop (n, g) <
        body = b (int64 i, bool c) => (bool d, float[P] t) {
          d = Identity(c)
          j = Reshape(i, one)
          k = Add(j, one)
          t = Slice(x, j, k)
        }
      >
    }"""
    same(text, *([n, ramp(4)] for n in (1, 2, 4)), device=device)


@both
def test_loops_in_loops(device: str) -> None:
    text = """m (int64 n, float[2] x) => (float[2] y, float[K, 2] all) {
      y, all = Loop (n, , x) <
        body = b (int64 i, bool c, float[2] s) => (bool d, float[2] t, float[2] u) {
          d = Identity(c)
          t = Loop (i, , s) <
            body = bb (int64 k, bool e, float[2] v) => (bool f, float[2] w) {
              f = Identity(e)
              w = Add(v, x)
            }
          >
          u = Neg(t)
        }
      >
    }"""
    same(text, *([n, ramp(2)] for n in (1, 2, 4)), device=device)


def test_what_a_loop_cannot_carry_is_refused() -> None:
    text = """m (int64 n, float[2] x) => (float[M] y) {
      y = Loop (n, , x) <
        body = b (int64 i, bool c, float[2] s) => (bool d, float[2] t) { d = Identity(c)  MAKE }
      >
    }"""
    one = "o = Constant<value_ints = [0]>()"
    assert "that becomes" in refusal(text.replace("MAKE", f"{one}  t = Unsqueeze(s, o)"))
    assert "that becomes" in refusal(text.replace("MAKE", "t = Cast<to = 11>(s)"))


def test_a_loop_without_end_is_refused() -> None:
    assert "a loop without end" in refusal("""m (float[2] x) => (float[2] y) {
      g = Constant<value = bool {1}>()
      y = Loop ( , g, x) <
        body = b (int64 i, bool c, float[2] s) => (bool d, float[2] t) {
          d = Identity(c)
          t = Neg(s)
        }
      >
    }""")


# Scan


@both
@pytest.mark.parametrize("direction", [0, 1])
@pytest.mark.parametrize(("axis", "shape"), [(0, (5, 2)), (1, (2, 5)), (-1, (2, 1))])
def test_scan(device: str, direction: int, axis: int, shape: tuple[int, int]) -> None:
    text = f"""m (float[2] s, float[{shape[0]}, {shape[1]}] x) => (float[2] t, float[A, B] y) {{
      t, y = Scan<num_scan_inputs = 1, scan_input_axes = [{axis}], scan_output_axes = [{axis}],
                  scan_input_directions = [{direction}], scan_output_directions = [{direction}],
        body = b (float[2] a, float[2] e) => (float[2] c, float[2] f) {{
          c = Add(a, e)
          f = Mul(c, e)
        }}
      >(s, x)
    }}"""
    same(text, [ramp(2), ramp(*shape)], device=device)


@both
def test_scan_of_a_length_known_at_run_time(device: str) -> None:
    text = """m (float[B] s, float[N, B] x) => (float[B] t, float[N, B] y) {
      t, y = Scan<num_scan_inputs = 1,
        body = b (float[B] a, float[B] e) => (float[B] c, float[B] f) {
          c = Add(a, e)
          f = Identity(c)
        }
      >(s, x)
    }"""
    same(text, *([ramp(2), ramp(n, 2)] for n in (1, 3)), device=device)
