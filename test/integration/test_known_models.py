"""Models of files that were read before: not read again, and never taken for one another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import dlir
from dlir import known_models, stored_weights
from dlir.diagnostics import CompileError
from dlir.known_models import outlined
from dlir.model import KnownModel
from dlir.object_cache import default_cache

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

TEXT = """
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %w = dl.param "w" : tensor<4xf32>
  %0 = dl.add %x, %w : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  func.return %0 : tensor<3x4xf32>
}
func.func @other(%y: tensor<2xf32>) -> tensor<2xf32> {
  %0 = dl.neg %y : tensor<2xf32>
  func.return %0 : tensor<2xf32>
}
"""
LOOP = """
func.func @main(%x: tensor<3xf32>, %more: i1) -> tensor<3xf32> {
  %y = scf.if %more -> (tensor<3xf32>) {
    %0 = dl.neg %x : tensor<3xf32>
    scf.yield %0 : tensor<3xf32>
  } else {
    scf.yield %x : tensor<3xf32>
  }
  func.return %y : tensor<3xf32>
}
"""
X = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of this test alone; and files are trusted from the moment that they are written."""
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(stored_weights, "SETTLED", 0)
    return tmp_path / "cache"


def text_model(folder: Path, w: float = 1.0, text: str = TEXT) -> Path:
    save_file({"w": np.full(4, w, np.float32)}, folder / "m.safetensors")
    (folder / "m.mlir").write_text(text)
    return folder / "m.mlir"


def onnx_model(folder: Path, w: float = 1.0, width: int = 2000, **options: Any) -> Path:
    """y = x + w + 1; a weight of many bytes stays in the file."""
    nodes = [
        helper.make_node("Add", ["x", "w"], ["s"]),
        helper.make_node("Constant", [], ["one"], value_float=1.0),
        helper.make_node("Add", ["s", "one"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])
    weight = numpy_helper.from_array(np.full(width, w, np.float32), "w")
    graph = helper.make_graph(nodes, "test", [x], [y], [weight])
    opset = [helper.make_opsetid("", 18)]
    path = folder / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path, **options)
    return path


def remembered(path: Path) -> KnownModel:
    dlir.compile(path)
    known = dlir.load(path)
    assert isinstance(known, KnownModel)
    return known


def unread(known: KnownModel) -> KnownModel:
    def read() -> Any:
        raise AssertionError("the module was read")

    return KnownModel(known.outline, known.params, read)


def test_text_is_not_read_again(tmp_path: Path) -> None:
    known = unread(remembered(text_model(tmp_path, 2.0)))
    np.testing.assert_array_equal(dlir.compile(known)(X), X + 2)


def test_onnx_is_not_read_again(tmp_path: Path) -> None:
    known = unread(remembered(onnx_model(tmp_path, 2.0)))
    for n in (0, 1, 5):
        x = np.ones((n, 2000), np.float32)
        np.testing.assert_array_equal(dlir.compile(known)(x), x + 3)


def test_another_function(tmp_path: Path) -> None:
    known = remembered(text_model(tmp_path))
    y = np.float32([1, -2])
    np.testing.assert_array_equal(dlir.compile(known, function="other")(y), -y)
    np.testing.assert_array_equal(dlir.compile(unread(known), function="other")(y), -y)
    with pytest.raises(CompileError, match="no function '@none'"):
        dlir.compile(unread(known), function="none")


def test_the_executable_says_the_same(tmp_path: Path) -> None:
    path = onnx_model(tmp_path)
    cold, warm = dlir.compile(path), dlir.compile(unread(remembered(path)))
    for name in ("inputs", "outputs", "ops", "function"):
        assert getattr(warm.report, name) == getattr(cold.report, name)
    assert warm.report.memory == cold.report.memory
    assert warm.result_names == cold.result_names
    said = []
    for executable in (cold, warm):
        with pytest.raises(
            ValueError, match=r"input 0 \(x\): expected tensor<\?x2000xf32>"
        ) as error:
            executable(np.ones((1, 3), np.float32))
        said.append(str(error.value))
    assert said[0] == said[1]


def test_who_looks_at_the_module_has_it_read(tmp_path: Path) -> None:
    path = text_model(tmp_path)
    cold = dlir.compile(path, cache=False)
    known = remembered(path)
    assert (
        dlir.compile(known).stage("structured").is_structurally_equivalent(cold.stage("structured"))
    )
    assert "dl.add" in str(known)
    known.save(tmp_path / "copy.mlir")
    np.testing.assert_array_equal(dlir.compile(tmp_path / "copy.mlir")(X), X + 1)
    np.testing.assert_array_equal(dlir.run(known, X, target="ref"), X + 1)


def test_other_choices_are_compiled(tmp_path: Path) -> None:
    known = remembered(onnx_model(tmp_path))
    x = np.ones((4, 2000), np.float32)
    for choice in ({"shapes": {"x": "4x2000"}}, {"precision": "bf16"}, {"cache": False}):
        np.testing.assert_array_equal(dlir.compile(known, **choice)(x), x + 2)
    with pytest.raises(CompileError, match="no weight named"):
        dlir.load(text_model(tmp_path), params={}) and dlir.compile(tmp_path / "m.mlir", params={})


@pytest.mark.parametrize("write", [text_model, onnx_model])
def test_a_file_that_was_written_anew_is_another(tmp_path: Path, write: Any) -> None:
    for w in (1.0, 2.0, 3.0):
        known = remembered(write(tmp_path, w))
        assert known.params["w"].flat[0] == w


def test_weights_beside_text_belong_to_it(tmp_path: Path) -> None:
    path = text_model(tmp_path)
    remembered(path)
    save_file({"w": np.full(4, 7, np.float32)}, tmp_path / "m.safetensors")
    np.testing.assert_array_equal(dlir.compile(path)(X), X + 7)
    (tmp_path / "m.safetensors").unlink()
    with pytest.raises(CompileError, match='no weight named "w"'):
        dlir.compile(path)


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_a_linked_file_has_the_weights_beside_the_link(tmp_path: Path, link: Any) -> None:
    path = text_model(tmp_path)
    link(path, tmp_path / "n.mlir")
    save_file({"w": np.full(4, 9, np.float32)}, tmp_path / "n.safetensors")
    remembered(path)
    np.testing.assert_array_equal(dlir.compile(tmp_path / "n.mlir")(X), X + 9)
    np.testing.assert_array_equal(dlir.compile(path)(X), X + 1)


def test_external_weights_belong_to_the_model(tmp_path: Path) -> None:
    apart = {"save_as_external_data": True, "location": "data", "size_threshold": 0}
    path = onnx_model(tmp_path, 1.0, **apart)
    np.testing.assert_array_equal(dlir.compile(unread(remembered(path))).constants[0][:1], [1])
    (other := tmp_path / "other").mkdir()
    onnx_model(other, 5.0, **apart)
    (tmp_path / "data").write_bytes((other / "data").read_bytes())
    x = np.zeros((1, 2000), np.float32)
    np.testing.assert_array_equal(dlir.compile(path)(x), x + 6)


def test_a_module_that_was_changed_is_not_the_files(tmp_path: Path) -> None:
    """Neither is it remembered, nor is the file's code taken for it."""
    path = text_model(tmp_path)
    for _ in range(2):  # a model that was read, and one that is known
        changed = dlir.load(path)
        negation = next(op for op in changed.module.walk() if op.name == "dl.neg")
        negation.results[0].replace_all_uses_with(negation.operands[0])
        y = np.float32([1, 2])
        np.testing.assert_array_equal(dlir.compile(changed, function="other")(y), y)
        np.testing.assert_array_equal(dlir.compile(path, function="other")(y), -y)


def test_a_file_that_changes_before_it_is_read(tmp_path: Path) -> None:
    path = text_model(tmp_path)
    known = remembered(path)
    path.write_text(TEXT.replace("dl.add", "dl.sub"))
    with pytest.raises(CompileError, match="has changed since it was loaded"):
        _ = known.module


def test_a_file_that_changes_while_it_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the change is not remembered for the file after it."""
    path = text_model(tmp_path)
    loaded = dlir.load(path)
    path.write_text(TEXT.replace("dl.add", "dl.sub"))
    np.testing.assert_array_equal(dlir.compile(loaded)(X), X + 1)
    np.testing.assert_array_equal(dlir.compile(path)(X), X - 1)
    np.testing.assert_array_equal(dlir.compile(path)(X), X - 1)


def test_a_fresh_file_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_weights, "SETTLED", 10**12)
    path = text_model(tmp_path)
    dlir.compile(path)
    assert not isinstance(dlir.load(path), KnownModel)


def test_a_damaged_record_is_written_anew(tmp_path: Path, cache: Path) -> None:
    path = text_model(tmp_path)
    remembered(path)
    records = [p for p in cache.glob("*/*.o") if b'"functions"' in p.read_bytes()]
    assert len(records) == 1
    for at in (0, 20, 60, records[0].stat().st_size - 1):
        damaged = bytearray(records[0].read_bytes())
        damaged[at] ^= 1
        records[0].write_bytes(damaged)
        assert not isinstance(dlir.load(path), KnownModel)
        np.testing.assert_array_equal(dlir.compile(path)(X), X + 1)
        assert isinstance(dlir.load(path), KnownModel)


@pytest.mark.parametrize("body", [b"", b"hello", bytes(100), b"\x04" + bytes(7) + b"[1] "])
def test_what_is_no_record_is_written_anew(tmp_path: Path, cache: Path, body: bytes) -> None:
    path = text_model(tmp_path)
    remembered(path)
    record = next(p for p in cache.glob("*/*.o") if b'"functions"' in p.read_bytes())
    default_cache().put(record.stem, body)
    assert not isinstance(dlir.load(path), KnownModel)
    remembered(path)


def test_many_weights_that_lie_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, x = onnx_model(tmp_path, 2.0, width=300), np.ones((1, 300), np.float32)
    with monkeypatch.context() as change:
        change.setattr(known_models, "MOST_BYTES", 1199)
        dlir.compile(path)
        assert not isinstance(dlir.load(path), KnownModel)
    np.testing.assert_array_equal(dlir.compile(unread(remembered(path)))(x), x + 3)


def test_programs_of_the_host_are_read(tmp_path: Path) -> None:
    path = text_model(tmp_path, text=LOOP)
    known = remembered(path)
    x = np.float32([1, 2, 3])
    np.testing.assert_array_equal(dlir.compile(known)(x, True), -x)


def test_an_outline_has_no_ops() -> None:
    module = dlir.load(TEXT).module
    outline = outlined(module)
    assert [op.name for op in outline.walk()] == [
        "builtin.module", "func.func", "func.return", "func.func", "func.return",
    ]  # fmt: skip
    assert [arg.name_hint for op in outline.ops for arg in op.args] == ["x", "y"]


PROCESS = """
import json, sys, numpy as np, dlir
y = dlir.compile(sys.argv[1], threads=1)(np.ones((2, 2000), np.float32))
print(json.dumps([float(y.sum()), sorted({m.partition(".")[0] for m in sys.modules})]))
"""


def test_a_second_process_needs_no_reader(tmp_path: Path) -> None:
    path = onnx_model(tmp_path)
    os.utime(path, (1e9, 1e9))
    command = "from dlir import stored_weights\nstored_weights.SETTLED = 0\n" + PROCESS
    sums, packages = [], []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", command, path], check=True, capture_output=True, text=True
        )
        total, names = json.loads(done.stdout)
        sums.append(total)
        packages.append(names)
    assert sums == [12000.0, 12000.0]
    assert "onnx" in packages[0] and "onnx" not in packages[1]
