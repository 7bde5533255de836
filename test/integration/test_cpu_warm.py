"""Packed weights in the cache: found again, and never of another file, program or content."""

from __future__ import annotations

import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import dlir  # noqa: E402
from dlir import stored_weights  # noqa: E402
from dlir.params import identity_of  # noqa: E402
from dlir.targets.cpu import stored_constants  # noqa: E402

INNER, COLUMNS = 65, 130
X = np.linspace(-1, 1, 3 * INNER, dtype=np.float32).reshape(3, INNER)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's; and files are trusted from the moment that they are written."""
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(stored_weights, "SETTLED", 0)
    return tmp_path / "cache"


def weights_of(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {"w": (INNER, COLUMNS), "v": (COLUMNS, COLUMNS), "b": (COLUMNS,)}
    return {n: rng.standard_normal(s, np.float32) for n, s in shapes.items()}


def write(path: Path, seed: int = 0) -> Path:
    """y = relu(x w + b) v: two weights that are packed, and one that is not."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("Add", ["p", "b"], ["s"]),
        helper.make_node("Relu", ["s"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["y"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, INNER])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, COLUMNS])]
    initialisers = [numpy_helper.from_array(a, n) for n, a in weights_of(seed).items()]
    graph = helper.make_graph(nodes, "test", inputs, outputs, initialisers)
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def right(seed: int = 0) -> np.ndarray:
    w = weights_of(seed)
    return np.maximum(X @ w["w"] + w["b"], 0) @ w["v"]


def check(executable: Any, seed: int = 0) -> None:
    want = right(seed)
    np.testing.assert_allclose(executable(X), want, rtol=1e-4, atol=1e-4 * abs(want).max())


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows whenever weights are packed."""
    seen: list[int] = []
    load = stored_constants.load_constants

    def counting(*arguments: Any) -> Any:
        seen.append(1)
        return load(*arguments)

    monkeypatch.setattr(stored_constants, "load_constants", counting)
    return seen


def files(folder: Path) -> list[Path]:
    """Those of packed weights."""
    return [p for p in folder.glob("*/*.o") if p.read_bytes()[:11] == b"dlir-arrays"]


def test_weights_of_a_file_are_packed_once(folder: Path, tmp_path: Path, packed: list[int]) -> None:
    model = write(tmp_path / "m.onnx")
    check(dlir.compile(model))
    check(dlir.compile(model))
    assert len(packed) == 1 and len(files(folder)) == 1
    check(dlir.compile(model, cache=False))
    assert len(packed) == 2


def test_known_weights_are_not_read(folder: Path, tmp_path: Path, packed: list[int]) -> None:
    model = write(tmp_path / "m.onnx")
    dlir.compile(model)
    loaded = dlir.load(model)
    read: list[str] = []
    own = type(loaded.params).__getitem__
    try:
        type(loaded.params).__getitem__ = lambda self, name: read.append(name) or own(self, name)
        executable = dlir.compile(loaded)
    finally:
        type(loaded.params).__getitem__ = own
    assert read == []
    check(executable)


def test_a_file_that_was_written_anew_has_other_weights(folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    for seed in range(3):
        write(model, seed)
        check(dlir.compile(model), seed)
        check(dlir.compile(model), seed)
    assert len(files(folder)) == 3


def test_external_data_that_was_written_anew_has_other_weights(
    folder: Path, tmp_path: Path, packed: list[int]
) -> None:
    """The model's own file stays as it is."""
    model = write(tmp_path / "m.onnx")
    onnx.save(
        onnx.load(model), model, save_as_external_data=True, location="data", size_threshold=0
    )
    (beside := tmp_path / "other").mkdir()
    onnx.save(
        onnx.load(write(tmp_path / "n.onnx", 1)),
        beside / "m.onnx",
        save_as_external_data=True,
        location="data",
        size_threshold=0,
    )
    check(dlir.compile(model))
    check(dlir.compile(model))
    assert len(packed) == 1
    (tmp_path / "data").write_bytes((beside / "data").read_bytes())
    check(dlir.compile(model), 1)


def test_a_file_with_old_times_is_another(folder: Path, tmp_path: Path) -> None:
    """As archives and version control set them; the size is the same, too."""
    model = write(tmp_path / "m.onnx", 0)
    before = model.stat()
    check(dlir.compile(model), 0)
    write(model, 1)
    os.utime(model, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert model.stat().st_size == before.st_size
    check(dlir.compile(model), 1)


def test_a_fresh_file_is_not_trusted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be written to again without a trace in its times: it is read at once."""
    monkeypatch.setattr(stored_weights, "SETTLED", 10**12)
    model = write(tmp_path / "m.onnx")
    loaded = dlir.load(model)
    assert identity_of(loaded.params) is None
    write(model, 1)
    check(dlir.compile(loaded))
    assert files(folder) == []


CHANGES: dict[str, Callable[[Path], Any]] = {
    "written": lambda path: write(path, 1),
    "cut": lambda path: os.truncate(path, 1000),
    "emptied": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("target", ["cpu", "ref"])
def test_a_file_that_changes_after_it_was_loaded_is_noticed(
    folder: Path, tmp_path: Path, change: str, target: str
) -> None:
    model = write(tmp_path / "m.onnx")
    loaded = dlir.load(model)
    time.sleep(0.02)  # a tick of the file system's clock
    CHANGES[change](model)
    with pytest.raises(dlir.CompileError, match=r"m\.onnx' has changed since it was loaded"):
        dlir.compile(loaded, target=target)(X)


@pytest.mark.parametrize("change", ["replaced", "removed", "renamed"])
def test_a_loaded_model_outlives_its_files_name(folder: Path, tmp_path: Path, change: str) -> None:
    model = write(tmp_path / "m.onnx")
    loaded = dlir.load(model)
    if change == "replaced":
        os.replace(write(tmp_path / "new.onnx", 1), model)
    elif change == "removed":
        model.unlink()
    else:
        model.rename(tmp_path / "other.onnx")
    check(dlir.compile(loaded))
    if change == "replaced":
        check(dlir.compile(model), 1)


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def zero(path: Path) -> None:
    """A block that never reached the disk."""
    content = bytearray(path.read_bytes())
    content[-8192:-4096] = bytes(4096)
    path.write_bytes(content)


def other_file(path: Path) -> None:
    """The weights of another model under this one's name."""
    before = {*files(path.parents[1])}
    dlir.compile(write(path.parents[2] / "other.onnx", 1))
    (other,) = {*files(path.parents[1])} - before
    path.write_bytes(other.read_bytes())


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut in the head": lambda path: os.truncate(path, 20),
    "cut in the header": lambda path: os.truncate(path, 90),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 64),
    "longer": lambda path: path.write_bytes(path.read_bytes() + bytes(64)),
    "magic": lambda path: flip(path, 0),
    "length": lambda path: flip(path, 20),
    "checksum": lambda path: flip(path, 30),
    "header": lambda path: flip(path, -60),
    "first byte": lambda path: flip(path, mmap.ALLOCATIONGRANULARITY),
    "last weight": lambda path: flip(path, -600),
    "zeros": zero,
    "foreign": lambda path: path.write_bytes(b"\x7fELF" + bytes(1000)),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "other file": other_file,
}


@pytest.mark.filterwarnings("ignore:compiled code is not cached")
@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_weights_are_packed_again(
    folder: Path, tmp_path: Path, packed: list[int], damage: str
) -> None:
    model = write(tmp_path / "m.onnx")
    check(dlir.compile(model))
    (path,) = files(folder)
    DAMAGE[damage](path)
    before = len(packed)
    check(dlir.compile(model))
    assert len(packed) == before + 1
    check(dlir.compile(model))
    assert len(packed) == before + (2 if damage == "folder" else 1)


def test_safetensors_beside_text_are_packed_once(
    folder: Path, tmp_path: Path, packed: list[int]
) -> None:
    dlir.load(write(tmp_path / "m.onnx")).save(tmp_path / "m.mlir")
    check(dlir.compile(tmp_path / "m.mlir"))
    check(dlir.compile(tmp_path / "m.mlir"))
    assert len(packed) == 1
    dlir.load(write(tmp_path / "m.onnx", 1)).save(tmp_path / "m.mlir")
    check(dlir.compile(tmp_path / "m.mlir"), 1)
    assert len(packed) == 2


def test_arrays_of_the_caller_are_not_kept(folder: Path, tmp_path: Path, packed: list[int]) -> None:
    """Nothing says when they change."""
    model = dlir.load(write(tmp_path / "m.onnx"))
    for seed in (1, 2):
        check(dlir.compile(dlir.Model(model.module, weights_of(seed))), seed)
    assert files(folder) == [] and len(packed) == 2


def test_other_code_packs_for_itself(folder: Path, tmp_path: Path) -> None:
    """The same weights in another arrangement: their name is that of the code that packs, too."""
    model = write(tmp_path / "m.onnx")
    check(dlir.compile(model, threads=1))
    wide = tmp_path / "wide.mlir"
    loaded = dlir.load(model)
    loaded.save(wide)
    text = wide.read_text()
    wide.write_text(text.replace("dl.relu", "dl.tanh"))
    w = weights_of(0)
    want = np.tanh(X @ w["w"] + w["b"]) @ w["v"]
    for _ in range(2):
        np.testing.assert_allclose(dlir.compile(wide, threads=1)(X), want, rtol=1e-3, atol=1e-3)
    assert len(files(folder)) == 2


# --- faults of the disk and of processes ----------------------------------------------------------

SCRIPT = """
import sys, numpy, dlir
from dlir import stored_weights
stored_weights.SETTLED = 0
numpy.save(sys.argv[2], dlir.compile(sys.argv[1])(numpy.load(sys.argv[3])))
"""


FULL = """
import resource, sys, numpy, dlir
from dlir import stored_weights
stored_weights.SETTLED = 0
most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), most))
executable = dlir.compile(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
numpy.save(sys.argv[2], executable(numpy.load(sys.argv[3])))
"""


def process(
    tmp_path: Path, model: Path, output: str, script: str = SCRIPT, *more: str
) -> subprocess.Popen[str]:
    np.save(tmp_path / "x.npy", X)
    words = [str(model), str(tmp_path / output), str(tmp_path / "x.npy"), *more]
    command = [sys.executable, "-c", script, *words]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def result(tmp_path: Path, output: str) -> np.ndarray:
    return np.load(tmp_path / output)


def close(found: np.ndarray) -> None:
    np.testing.assert_allclose(found, right(), rtol=1e-4, atol=1e-4 * abs(right()).max())


@pytest.mark.skipif(os.name != "posix", reason="limits of files")
@pytest.mark.parametrize("room", [0, 100, 50_000])
def test_a_full_disk(folder: Path, tmp_path: Path, room: int) -> None:
    """Only what fits is kept, whole; one warning, and the right result."""
    model = write(tmp_path / "m.onnx")
    full = process(tmp_path, model, "y.npy", FULL, str(room))
    errors = full.communicate()[1]
    assert full.returncode == 0, errors
    assert errors.count("compiled code is not cached: [Errno 27] File too large") == 1
    close(result(tmp_path, "y.npy"))
    assert not list(folder.glob("*/.new-*"))
    assert all(path.stat().st_size <= room for path in folder.glob("*/*.o"))
    check(dlir.compile(model))


def test_processes_that_race_for_packed_weights(folder: Path, tmp_path: Path) -> None:
    model = write(tmp_path / "m.onnx")
    racing = [process(tmp_path, model, f"y{i}.npy") for i in range(3)]
    for i, one in enumerate(racing):
        assert one.communicate()[1] == "" and one.returncode == 0
        close(result(tmp_path, f"y{i}.npy"))
    assert len(files(folder)) == 1
    assert not list(folder.glob("*/.new-*"))


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.slow
def test_a_process_that_is_killed(folder: Path, tmp_path: Path) -> None:
    """At any moment: the next one compiles what is missing, and loses nothing."""
    model = write(tmp_path / "m.onnx")
    start = time.monotonic()
    assert process(tmp_path, model, "y.npy").wait() == 0
    whole = time.monotonic() - start
    rng = np.random.default_rng()
    for _ in range(6):
        for path in folder.glob("*/*.o"):
            path.unlink()
        one = process(tmp_path, model, "killed.npy")
        time.sleep(rng.uniform(0.3, 1.0) * whole)
        one.send_signal(signal.SIGKILL)
        one.communicate()
        check(dlir.compile(model))
        check(dlir.compile(model))
        assert len(files(folder)) == 1
