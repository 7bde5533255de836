"""Unsigned integers at the border of target cpu: arguments, weights, constants, results, C."""

from pathlib import Path

import numpy as np
import pytest

import dlir

MODEL = """
func.func @main(%x: tensor<?x4xui8>) -> (tensor<?x4xui16>, tensor<2xui64>, tensor<4xui8>) {
  %w = dl.param "w" : tensor<4xui8>
  %c = dl.constant dense<[0, 18446744073709551615]> : tensor<2xui64>
  %m = dl.max %x, %w : (tensor<?x4xui8>, tensor<4xui8>) -> tensor<?x4xui8>
  %y = dl.cast %m : tensor<?x4xui8> -> tensor<?x4xui16>
  func.return %y, %c, %w : tensor<?x4xui16>, tensor<2xui64>, tensor<4xui8>
}
"""
WEIGHTS = {"w": np.array([200, 100, 0, 255], np.uint8)}
X = np.array([[0, 127, 128, 255], [255, 0, 1, 2]], np.uint8)


@pytest.mark.parametrize("target", ["ref", "cpu"])
def test_callers_see_unsigned_integers(target: str) -> None:
    compiled = dlir.compile(dlir.load(MODEL, params=WEIGHTS), target=target, cache=False)
    y, c, w = compiled(X)
    np.testing.assert_array_equal(y, np.maximum(X, WEIGHTS["w"]).astype(np.uint16), strict=True)
    np.testing.assert_array_equal(c, np.array([0, 2**64 - 1], np.uint64), strict=True)
    np.testing.assert_array_equal(w, WEIGHTS["w"], strict=True)
    assert compiled.report.inputs == ["tensor<?x4xui8>"]
    with pytest.raises(TypeError, match=r"expected tensor<\?x4xui8>, got 2x4xi8"):
        compiled(X.view(np.int8))


def test_every_call_is_traced(tmp_path: Path) -> None:
    compiled = dlir.compile(dlir.load(MODEL, params=WEIGHTS), cache=False)
    events: list[str] = []
    compiled.on_event = lambda name, start, end: events.append(name)
    assert compiled(X)[0].dtype == np.uint16
    assert events


def test_a_weight_of_the_other_sign_is_refused() -> None:
    signed = {"w": WEIGHTS["w"].view(np.int8)}
    with pytest.raises(dlir.CompileError, match="expected tensor<4xui8>, got 4xi8"):
        dlir.compile(dlir.load(MODEL, params=signed))
