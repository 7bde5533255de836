"""The ONNX frontend: files, weights that stay in them, and external data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, numpy_helper  # noqa: E402
from unit.onnx_models import errors_of, model_of, node, ramp  # noqa: E402

from dlir import stored_weights  # noqa: E402
from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.frontends.onnx.in_place import model_bytes  # noqa: E402
from dlir.stored_weights import Place, StoredFile, StoredWeights  # noqa: E402

# Weights that stay in the model's file


def large_model(tmp_path: Path, shift: int = 0) -> Path:
    """A model with a weight of 2000 floats, whose place in the file depends on `shift`."""
    model = model_of([node("Mul", ["x", "w"], ["y"])], {"x": [2000]}, {"w": ramp(2000)})
    model.doc_string = "s" * shift
    model.graph.initializer.add().CopyFrom(numpy_helper.from_array(ramp(3), "small"))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("shift", range(4))
def test_large_weights_are_read_from_their_place(tmp_path: Path, shift: int):
    path = large_model(tmp_path, shift)
    _, params = import_onnx(path)
    np.testing.assert_array_equal(params["w"], ramp(2000))
    assert params["w"].flags.aligned and not params["w"].flags.writeable
    parsed = onnx.ModelProto.FromString(model_bytes(StoredFile(path)))
    large, small = parsed.graph.initializer
    assert large.data_location == TensorProto.EXTERNAL and not large.raw_data
    assert small.raw_data == ramp(3).tobytes()


def test_a_linked_model_may_lie_in_another_folder(tmp_path: Path):
    (tmp_path / "blobs").mkdir()
    link = tmp_path / "linked.onnx"
    link.symlink_to(large_model(tmp_path / "blobs"))
    np.testing.assert_array_equal(import_onnx(link)[1]["w"], ramp(2000))


@pytest.mark.parametrize("entries", [{}, {"offset": 10**17}, {"length": 8, "offset": 3}])
def test_references_into_the_model_itself_are_checked(tmp_path: Path, entries: dict[str, int]):
    """Only the reader makes them; a file that holds some is wrong."""
    path = external(tmp_path, **entries)
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data.add(key="in-place", value="yes")
    path.write_bytes(model.SerializeToString())
    assert "needs 80 bytes" in errors_of(path)[0]


def test_a_model_that_is_cut_anywhere_is_refused(tmp_path: Path):
    path = large_model(tmp_path)
    whole = path.read_bytes()
    for size in (*range(1, 200, 7), 4100, len(whole) - 4000, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert errors_of(path)


# External data


def external(tmp_path: Path, location: str = "w.bin", **entries: int) -> Path:
    """A model whose weight of eight floats lies in `location`; the file holds them."""
    ramp(8).tofile(tmp_path / "w.bin")
    model = model_of([node("Mul", ["x", "w"], ["y"])], {"x": [20]}, {"w": ramp(20)})
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_stays_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored_weights, "SETTLED", 0)
    path = external(tmp_path, offset=16, length=80)
    ramp(24).tofile(tmp_path / "w.bin")
    _, params = import_onnx(path)
    assert isinstance(params, StoredWeights) and isinstance(params.entries["w"], Place)
    np.testing.assert_array_equal(params["w"], ramp(24)[4:])


def test_external_data_may_begin_anywhere(tmp_path: Path):
    path = external(tmp_path, offset=3, length=80)
    (tmp_path / "w.bin").write_bytes(b"abc" + ramp(20).tobytes())
    _, params = import_onnx(path)
    assert params["w"].flags.aligned
    np.testing.assert_array_equal(params["w"], ramp(20))


@pytest.mark.parametrize(
    ("location", "entries", "part"),
    [
        ("w.bin", {}, "truncated"),
        ("w.bin", {"length": 12}, "length is 12"),
        ("w.bin", {"offset": -4}, "offset is '-4'"),
        ("none.bin", {}, "does not exist"),
        ("../w.bin", {}, "outside the model's folder"),
        ("/etc/passwd", {}, "outside the model's folder"),
        ("link/w.bin", {}, "outside the model's folder"),
        ("", {}, "outside the model's folder"),
        ("a\x00b", {}, "bad location"),
    ],
)
def test_bad_external_data(tmp_path: Path, location: str, entries: dict, part: str):
    inner = tmp_path / "inner"
    inner.mkdir()
    ramp(99).tofile(tmp_path / "w.bin")
    (inner / "link").symlink_to(tmp_path)
    (error,) = errors_of(external(inner, location, **entries))
    assert part in error and 'weight "w"' in error


def test_external_data_of_a_model_in_memory(tmp_path: Path):
    model = onnx.load(external(tmp_path), load_external_data=False)
    assert "not read from a file" in errors_of(model)[0]
