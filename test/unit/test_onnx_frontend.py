"""The ONNX frontend: names, constants, diagnostics, the backend."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from unit.onnx_models import errors_of, model_of, node, ramp  # noqa: E402
from xdsl.dialects.builtin import FileLineColLoc, NameLoc  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx import check_support, format_support, import_onnx  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

# What comes out


def test_names_and_locations():
    model = model_of(
        [node("Relu", ["in.0"], ["mid"], name="first"), node("Neg", ["mid"], ["out/one"])],
        {"in.0": [2]},
        outputs=["out/one"],
    )
    module, _ = import_onnx(model)
    (function,) = module.ops
    assert str(function.attributes["dlir.arg_names"]) == '["in.0"]'
    assert str(function.attributes["dlir.result_names"]) == '["out/one"]'
    relu, neg, _ = function.body.block.ops
    assert isinstance(relu.location, NameLoc) and relu.location.desc.data == "first"
    assert isinstance(relu.location.location, FileLineColLoc)
    assert relu.location.location.filename.data == "model.onnx"
    assert neg.location.desc.data == "out/one" and neg.location.location.line.data == 1
    assert neg.results[0].name_hint == "out_one"


def test_small_constants_stand_in_the_text_and_weights_do_not():
    weights = {"small": ramp(4), "large": ramp(100)}
    nodes = [node("Mul", ["x", "small"], ["m"]), node("Concat", ["m", "large"], ["y"], axis=0)]
    module, params = import_onnx(model_of(nodes, {"x": [4]}, weights))
    assert set(params) == {"large"}
    assert "dl.constant dense<[0.000000e+00, 1.000000e+00" in str(module)


def test_a_filled_weight_takes_no_memory():
    fill = node("ConstantOfShape", ["shape"], ["w"])
    model = model_of(
        [fill, node("MatMul", ["x", "w"], ["y"])],
        {"x": [1, 2**14]},
        {"shape": np.array([2**14] * 2)},
    )
    _, params = import_onnx(model)
    assert params["w"].shape == (2**14, 2**14) and params["w"].strides == (0, 0)
    hostile = model_of([fill], {}, {"shape": np.array([2**31] * 2)}, outputs=["w"])
    assert "a constant of shape" in errors_of(hostile)[0]


# Diagnostics


def test_every_unsupported_node_is_named():
    nodes = [
        node("Multinomial", ["x"], ["n"], name="a"),
        node("Neg", ["n"], ["m"], name="follows"),
        node("Relu", ["x"], ["r"]),
        node("Foo", ["r"], ["f"], name="b", domain="my.ops"),
        node("Softmax", ["p"], ["y"], name="c", axis=7),
    ]
    inputs = {"x": [3], "p": [1, 1, "rows", 4]}
    model = model_of(nodes, inputs, outputs=["y", "m", "f"], domains=["my.ops"])
    first, second, third = errors_of(model)
    assert "Multinomial is not supported" in first and "onnx-unsupported" in first
    assert 'domain "my.ops"' in second
    assert "axis 7" in third
    rows = {row.operator: row for row in check_support(model)}
    assert [name for name, row in sorted(rows.items()) if not row.supported] == [
        "Foo",
        "Multinomial",
        "Softmax",
    ]
    assert rows["Relu"].version == 14 and rows["Foo"].version == 0
    table = format_support(rows.values())
    assert "Multinomial" in table and "no " in table and len(table.splitlines()) == 6


def test_broken_rules_name_the_node():
    model = model_of([node("Add", ["x", "w"], ["y"], name="sum")], {"x": [3]}, {"w": ramp(2)})
    (error,) = errors_of(model)
    assert "dl-add-c4" in error


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"", "is empty"), (b"\x08\x07 not a model", "not an ONNX model")],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, part: str):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    assert part in errors_of(path)[0]


def test_missing_file(tmp_path: Path):
    assert "cannot read" in errors_of(tmp_path / "none.onnx")[0]


def test_invalid_model():
    model = model_of([node("Relu", ["nothing"], ["y"])], {"x": [3]})
    assert "onnx-checker" in errors_of(model)[0]


# The backend


def test_backend_runs_models_and_nodes():
    model = model_of([node("Relu", ["x"], ["y"])], {"x": ["n"]})
    assert DlirBackend.supports_device("REF") and not DlirBackend.supports_device("GPU:0")
    assert DlirBackend.is_compatible(model, "REF")
    prepared = DlirBackend.prepare(model, "REF")
    np.testing.assert_array_equal(prepared.run([ramp(3) - 1]).y, [0, 0, 1])
    np.testing.assert_array_equal(prepared.run({"x": ramp(2)})[0], [0, 1])
    (y,) = DlirBackend.run_node(node("Add", ["a", "b"], ["c"]), [ramp(2), ramp(2)], "REF")
    np.testing.assert_array_equal(y, [0, 2])
    with pytest.raises(ValueError, match="no device"):
        DlirBackend.prepare(model, "TPU")


def test_onnx_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A mistake of the user's, and no bug."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    for read in (import_onnx, check_support):
        with pytest.raises(CompileError, match="read with the package 'onnx'") as caught:
            read(tmp_path / "model.onnx")
        assert caught.value.diagnostics[0].help == "pip install 'dlir[onnx]'"
