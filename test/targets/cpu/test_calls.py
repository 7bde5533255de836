"""Later calls of a compiled function, whose arguments are looked at only once more."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import dlir
from dlir.numpy_types import Array

ADD = """
func.func @main(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %s = dl.add %x, %y : tensor<3x4xf32>
  %d = dl.sub %x, %y : tensor<3x4xf32>
  func.return %s, %d : tensor<3x4xf32>, tensor<3x4xf32>
}
"""
DIVIDE = """
func.func @main(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %q = dl.div %x, %y : tensor<4xi32>
  func.return %q : tensor<4xi32>
}
"""
X = np.arange(12, dtype=np.float32).reshape(3, 4)
Y = X[::-1] * 3


def _called(text: str, *arguments: Any) -> dlir.Executable:
    """A function that was called before."""
    executable = dlir.compile(text, target="cpu")
    executable(*arguments)
    return executable


@pytest.mark.parametrize(
    "x",
    [
        X + 1,
        np.asfortranarray(X + 1),
        np.repeat(X, 2, axis=1)[:, ::2],
        np.broadcast_to(X[0], (3, 4)),
        (X + 2).tolist(),
        (X + 2).view(np.recarray),
        np.ma.masked_array(X, X > 3),
    ],
    ids=["array", "columns", "strided", "repeated", "list", "subclass", "masked"],
)
def test_arguments_of_any_form(x: Any) -> None:
    total, difference = _called(ADD, X, Y)(x, Y)
    assert np.array_equal(total, np.asarray(x, np.float32) + Y)
    assert np.array_equal(difference, np.asarray(x, np.float32) - Y)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((X,), TypeError, "takes 2 input"),
        ((X, Y, Y), TypeError, "takes 2 input"),
        ((), TypeError, "takes 2 input"),
        ((X, Y.astype(np.float64)), TypeError, "input 1 "),
        ((X, Y.astype(">f4")), TypeError, "input 1 "),
        ((X.astype(ml_dtypes.bfloat16), Y), TypeError, "input 0 "),
        ((X.reshape(4, 3), Y), ValueError, "input 0 "),
        ((X, Y[:2]), ValueError, "input 1 "),
        ((X, Y[None]), ValueError, "input 1 "),
    ],
)
def test_arguments_that_do_not_fit(arguments: Any, error: type[Exception], message: str) -> None:
    executable = _called(ADD, X, Y)
    with pytest.raises(error, match=message):
        executable(*arguments)
    total, _ = executable(X, Y)
    assert np.array_equal(total, X + Y)


def test_results_are_the_callers() -> None:
    executable = _called(ADD, X, Y)
    first, _ = executable(X, Y)
    second, _ = executable(X + 1, Y)
    assert np.array_equal(first, X + Y) and np.array_equal(second, X + 1 + Y)


def test_a_function_without_results() -> None:
    executable = _called("func.func @main(%x: tensor<4xf32>) { func.return }", X[0])
    assert executable(X[0]) is None


def test_checks_are_asked_after_each_call() -> None:
    x, y = np.arange(4, dtype=np.int32), np.ones(4, np.int32)
    executable = _called(DIVIDE, x, y)
    for _ in range(2):
        with pytest.raises(ValueError, match="main"):
            executable(x, y * 0)
        assert np.array_equal(executable(x, y), x)


def test_events_may_be_asked_for_later() -> None:
    executable = _called(ADD, X, Y)
    names: list[str] = []
    executable.on_event = lambda name, start, end: names.append(name)
    assert np.array_equal(executable(X, Y)[0], X + Y) and names
    executable.on_event, seen = None, len(names)
    assert np.array_equal(executable(X, Y)[0], X + Y) and len(names) == seen


@pytest.mark.parametrize("size", [0, 1, 5, 4096])
def test_sizes(size: int) -> None:
    text = f"""func.func @main(%x: tensor<{size}xf32>) -> tensor<{size}xf32> {{
      %r = dl.exp %x : tensor<{size}xf32>
      func.return %r : tensor<{size}xf32>
    }}"""
    x: Array = np.linspace(-1, 1, size, dtype=np.float32)
    assert np.allclose(_called(text, x)(x), np.exp(x), rtol=1e-6)


def test_unknown_sizes_may_change() -> None:
    text = """func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %r = dl.relu %x : tensor<?x4xf32>
      func.return %r : tensor<?x4xf32>
    }"""
    executable = _called(text, X)
    for rows in (1, 3, 0, 2):
        assert np.array_equal(executable(X[:rows]), X[:rows])
