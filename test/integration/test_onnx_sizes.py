"""Sizes that are elements of tensors, read while the program runs, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

import dlir  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.verifier import verify  # noqa: E402

HEADER = '<ir_version: 8, opset_import: ["" : 18]>\n'
F = np.float32

both = pytest.mark.parametrize("target", ["ref", "cpu"])


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=F).reshape(shape) - 2


def model_of(text: str) -> Any:
    model = onnx.parser.parse_model(HEADER + text)
    onnx.checker.check_model(model)
    return model


def compiled(text: str, target: str) -> Any:
    module, weights = import_onnx(model_of(text))
    verify(module)
    return dlir.compile(module, target, params=weights)


def same(text: str, target: str, *calls: list[Any]) -> None:
    """One program gives what onnxruntime gives, for each of the calls."""
    session = onnxruntime.InferenceSession(model_of(text).SerializeToString())
    names = [info.name for info in session.get_inputs()]
    executable = compiled(text, target)
    for inputs in calls:
        arrays = [np.asarray(value) for value in inputs]
        wanted = session.run(None, dict(zip(names, arrays, strict=True)))
        for one, other in zip(executable.execute(arrays), wanted, strict=True):
            assert one.shape == other.shape and one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-6)


RESHAPE = """m (float[A, B] x, int64[3] s) => (float[P, Q, R] y) {
  n = Abs(s)
  t = Mul(n, s)
  u = Sub(t, t)
  v = Add(u, s)
  y = Reshape(x, v)
}"""


@both
def test_reshape(target: str) -> None:
    shapes = [[2, 3, 4], [4, 3, 2], [-1, 3, 4], [2, -1, 4], [1, 24, -1], [0, 0, 1], [0, -1, 2],
              [1, 0, -1], [24, 1, 1]]  # fmt: skip
    same(RESHAPE, target, *([ramp(4, 6), np.array(shape)] for shape in shapes))


@both
@pytest.mark.parametrize(
    "shape", [[2, 3, 5], [-1, -1, 24], [-2, -3, 4], [7, -1, 1], [1 << 62, 4, 1]]
)
def test_shapes_that_do_not_fit_are_diagnosed(target: str, shape: list[int]) -> None:
    executable = compiled(RESHAPE, target)
    with pytest.raises(ValueError):
        executable(ramp(4, 6), np.array(shape))
    assert executable(ramp(4, 6), np.array([2, 3, 4])).shape == (2, 3, 4)


@both
def test_reshape_of_nothing(target: str) -> None:
    same(RESHAPE, target, [ramp(0, 6), np.array([0, 0, 1])], [ramp(0, 6), np.array([0, 3, 2])])


EXPAND = "m (float[A, 1, 3] x, int64[N4] s) => (float[P, Q, R, S] y) { y = Expand(x, s) }"


@both
@pytest.mark.parametrize("rank", [1, 3, 4])
def test_expand(target: str, rank: int) -> None:
    wanted = [[1, 1, 1, 3], [2, 1, 4, 1], [2, 5, 1, 3], [1, 5, 4, 3], [3, 1, 1, 1]]
    text = EXPAND.replace("N4", str(rank))
    text = text.replace("P, Q, R, S", ", ".join("PQRS"[: max(rank, 3)]))
    calls = [[ramp(a, 1, 3), np.array(s[4 - rank :])] for s in wanted for a in (1, 5)
             if rank < 3 or 1 in (a, s[1]) or a == s[1]]  # fmt: skip
    same(text, target, *calls)


@both
def test_expanding_what_is_not_1_is_diagnosed(target: str) -> None:
    executable = compiled(EXPAND.replace("N4", "3").replace("P, Q, R, S", "P, Q, R"), target)
    for shape in ([2, 1, 5], [3, 1, 3], [1, 1, 2]):
        with pytest.raises(ValueError):
            executable(ramp(2, 1, 3), np.array(shape))


@both
def test_constants_of_shapes_and_tiles(target: str) -> None:
    text = """m (float[A, 2] x, int64[2] s) => (float[P, Q] y, int64[R, S] z) {
      y = Tile(x, s)
      z = ConstantOfShape<value = int64[1] {7}>(s)
    }"""
    same(text, target, *([ramp(a, 2), np.array(s)] for a in (1, 3) for s in ([1, 1], [2, 3])))
    same(text, target, [ramp(2, 2), np.array([0, 2])])


@both
def test_slice(target: str) -> None:
    text = """m (float[A, 4] x, int64[2] start, int64[2] stop) => (float[P, Q] y) {
      y = Slice(x, start, stop)
    }"""
    big = 1 << 40
    bounds = [([0, 0], [3, 4]), ([1, 2], [2, 3]), ([-3, -1], [-1, big]), ([2, 0], [1, 2]),
              ([-9, -9], [9, -2]), ([5, 1], [7, 1]), ([9, 9], [big, big])]  # fmt: skip
    same(text, target, *([ramp(n, 4), np.array(a), np.array(b)] for n in (1, 5) for a, b in bounds))


@both
@pytest.mark.parametrize("kind", ["int64", "int32", "float", "double"])
def test_range(target: str, kind: str) -> None:
    text = f"m ({kind} a, {kind} b, {kind} c) => ({kind}[N] y) {{ y = Range(a, b, c) }}"
    dtype = {"float": np.float32, "double": np.float64}.get(kind, getattr(np, kind, None))
    values = [(0, 5, 1), (0, 5, 2), (5, 0, -1), (5, -1, -2), (3, 3, 1), (5, 0, 1), (-7, 7, 7)]
    if kind in ("float", "double"):
        values += [(0.5, 2.5, 0.5), (1, -1, -0.25), (0, 1, 0.1)]
    same(text, target, *([np.array(v, dtype) for v in call] for call in values))


@both
def test_a_range_with_a_step_of_0_is_diagnosed(target: str) -> None:
    text = "m (int64 a, int64 b, int64 c) => (int64[N] y) { y = Range(a, b, c) }"
    executable = compiled(text, target)
    for start, stop in ((0, 5), (0, 0), (5, 0)):
        with pytest.raises(ValueError):
            executable(np.array(start), np.array(stop), np.array(0))


def test_a_rank_that_depends_on_data_is_refused() -> None:
    text = "m (float[4] x, int64[N] s) => (float[M] y) { y = Reshape(x, s) }"
    with pytest.raises(dlir.CompileError, match="a shape computed from tensor elements"):
        import_onnx(model_of(text))
