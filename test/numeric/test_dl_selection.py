"""Ops whose result sizes follow from elements, against numpy and onnxruntime, on both targets."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

import dlir

TARGETS = pytest.mark.parametrize("target", ["ref", "cpu"])
DTYPES = {
    "f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16,
    "i64": np.int64, "i8": np.int8, "ui8": np.uint8, "i1": np.bool_,
}  # fmt: skip
SHAPES = [(0,), (1,), (7,), (3, 0), (4, 3), (2, 3, 4)]


def drawn(shape: tuple[int, ...], element: str) -> Any:
    """Few different elements, so that some are equal and some are 0."""
    rng = np.random.default_rng(len(shape))
    return (rng.integers(0, 3, shape)).astype(DTYPES[element])


def unknown(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{'?x' * len(shape)}{element}>"


@TARGETS
@pytest.mark.parametrize("element", DTYPES)
def test_nonzero(target: str, element: str) -> None:
    for shape in SHAPES:
        x = drawn(shape, element)
        result = f"tensor<{len(shape)}x?xi64>"
        text = f"""func.func @f(%x: {unknown(shape, element)}) -> {result} {{
          %y = dl.nonzero %x : {unknown(shape, element)} -> {result}
          func.return %y : {result}
        }}"""
        y = dlir.compile(text, target)(x)
        np.testing.assert_array_equal(y, np.stack(np.nonzero(x.astype(np.float64))))


@TARGETS
@pytest.mark.parametrize("by_place", [False, True])
@pytest.mark.parametrize("element", DTYPES)
def test_unique(target: str, element: str, by_place: bool) -> None:
    for shape in SHAPES:
        for axis in (None, *range(len(shape))):
            _check_unique(target, drawn(shape, element), element, axis, by_place)


def _check_unique(target: str, x: Any, element: str, axis: int | None, by_place: bool) -> None:
    given = unknown(x.shape, element)
    values = unknown((1,) if axis is None else x.shape, element)
    others = ", ".join(["tensor<?xi64>"] * 3)
    options = [*([] if axis is None else [f"axis = {axis}"]), *(["by_place"] if by_place else [])]
    text = f"""func.func @f(%x: {given}) -> ({values}, {others}) {{
      %v, %i, %n, %c = dl.unique %x {{{", ".join(options)}}} : {given} -> ({values}, {others})
      func.return %v, %i, %n, %c : {values}, {others}
    }}"""
    v, i, n, c = dlir.compile(text, target)(x)
    wide = x.astype(np.float64)
    wanted, first, _, counts = np.unique(wide, True, True, True, axis=axis)
    order = np.argsort(first) if by_place else np.arange(len(first))
    along = 0 if axis is None else axis
    np.testing.assert_array_equal(v.astype(np.float64), np.take(wanted, order, along))
    np.testing.assert_array_equal(i, first[order])
    np.testing.assert_array_equal(c, counts[order])
    flat = x.reshape(-1) if axis is None else x
    np.testing.assert_array_equal(np.take(v, n, along), flat)


def test_a_program_gathers_what_was_chosen() -> None:
    """The places come from the host, what is done with them is compiled."""
    text = """
    func.func @f(%x: tensor<?x3xf32>, %c: tensor<?xi1>) -> tensor<?x3xf32> {
      %p = dl.nonzero %c : tensor<?xi1> -> tensor<1x?xi64>
      %n = dl.dim %p, 1 : tensor<1x?xi64>
      %i = dl.reshape %p [%n] : tensor<1x?xi64> -> tensor<?xi64>
      %y = dl.gather %x, %i {axis = 0} : (tensor<?x3xf32>, tensor<?xi64>) -> tensor<?x3xf32>
      %z = dl.exp %y : tensor<?x3xf32>
      func.return %z : tensor<?x3xf32>
    }"""
    exe = dlir.compile(text)
    assert isinstance(exe.stage("host"), ModuleOp)
    assert exe.report.details["host"] == {"dl.nonzero": 1, "func.call": 1}
    for rows in (0, 1, 5):
        x = np.linspace(-1, 1, 3 * rows, dtype=np.float32).reshape(rows, 3)
        chosen = np.arange(rows) % 2 == 0
        np.testing.assert_allclose(exe(x, chosen), np.exp(x[chosen]), rtol=1e-5)


@pytest.mark.parametrize("centered", [0, 1])
@pytest.mark.parametrize("threshold", [None, 0.4])
def test_nms_is_that_of_onnxruntime(centered: int, threshold: float | None) -> None:
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from dlir.frontends.onnx.backend import DlirBackend

    limit = "" if threshold is None else ", t"
    text = f"""<ir_version: 8, opset_import: ["" : 18]>
    m (float[A, B, 4] b, float[A, C, B] s) => (int64[N, 3] y) {{
      n = Constant<value_int = 4>()
      u = Constant<value_float = 0.3>()
      t = Constant<value_float = {threshold or 0.0}>()
      y = NonMaxSuppression<center_point_box = {centered}>(b, s, n, u{limit})
    }}"""
    model = onnx.parser.parse_model(text)
    session = runtime.InferenceSession(model.SerializeToString())
    prepared = {device: DlirBackend.prepare(model, device) for device in ("REF", "CPU")}
    rng = np.random.default_rng(7)
    for images, boxes, classes in ((1, 1, 1), (2, 30, 3), (1, 64, 2)):
        b = rng.uniform(0, 1, (images, boxes, 4)).astype(np.float32)
        s = rng.uniform(0, 1, (images, classes, boxes)).astype(np.float32)
        s[0, 0] = np.round(s[0, 0], 1)  # equal scores
        (wanted,) = session.run(None, {"b": b, "s": s})
        for one in prepared.values():
            np.testing.assert_array_equal(one.run([b, s])[0], wanted)
