"""The cache of compiled models: shared, damaged, foreign, out of reach, out of date."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration.mlp import TEXT, WEIGHTS, X, write_mlp

import dlir
from dlir.executable import CompileOptions
from dlir.model import digest_of
from dlir.object_cache import default_cache
from dlir.targets.cpu import target


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place that DLIR_CACHE_DIR names; it does not exist yet."""
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def compiled(text: str = TEXT, **options: Any) -> Any:
    return dlir.compile(dlir.load(text, params=WEIGHTS), target="cpu", **options)


def was_known(executable: Any) -> bool:
    """Whether no phase had to run."""
    return [phase.name for phase in executable.report.phases] == ["load"]


def results(executable: Any) -> list[bytes]:
    return [y.tobytes() for y in executable(X)]


def test_a_model_is_compiled_once(folder: Path) -> None:
    first = compiled()
    assert not was_known(first)
    again = compiled()
    assert was_known(again)
    assert results(first) == results(again)
    assert not was_known(compiled(cache=False))
    assert not was_known(compiled(TEXT.replace("dl.tanh", "dl.relu")))


def test_weights_are_not_part_of_the_code(folder: Path) -> None:
    """Other weights of the same types need no compilation and give other results."""
    first = compiled()
    weights = {name: 2 * array for name, array in WEIGHTS.items()}
    other = dlir.compile(dlir.load(TEXT, params=weights), target="cpu")
    assert was_known(other)
    want = dlir.run(dlir.load(TEXT, params=weights), X, target="ref")
    np.testing.assert_allclose(other(X)[0], want[0], rtol=1e-4, atol=1e-5)
    assert results(first) != results(other)


def test_another_folder_is_another_cache(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled()
    assert list(folder.glob("*/*.o"))
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "other"))
    assert not was_known(compiled())
    assert list((tmp_path / "other").glob("*/*.o"))


ALONE = CompileOptions(threads=1)


def bundle_file(folder: Path) -> Path:
    """The file of the whole model: the one that is read when it is known."""
    model = dlir.load(TEXT, params=WEIGHTS)
    key = target._code_key(digest_of(model.module), ["main"], target.host(), ALONE)
    return folder / key[:2] / f"{key}.o"


def overwrite(body: bytes) -> Callable[[Path], None]:
    """A file that is whole, and holds this."""
    return lambda path: default_cache().put(path.stem, body)


def other_model(path: Path) -> None:
    """The file of another model under this one's name."""
    before = set(path.parents[1].glob("*/*.o"))
    compiled(TEXT.replace("dl.tanh", "dl.relu"))
    made = set(path.parents[1].glob("*/*.o")) - before
    path.write_bytes(max(made, key=lambda file: file.stat().st_size).read_bytes())


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"),
    "foreign": lambda path: path.write_bytes(b"\x7fELF" + bytes(1000)),
    "no bundle": overwrite(b"hello"),
    "no header": overwrite(bytes(100)),
    "long header": overwrite((1 << 62).to_bytes(8, "little") + b"{}"),
    "other JSON": overwrite((4).to_bytes(8, "little") + b"[1] "),
    "no JSON": overwrite((4).to_bytes(8, "little") + b"\xff\xfe{}"),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "other model": other_model,
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_no_bundle_is_made_again(folder: Path, damage: str) -> None:
    want = results(compiled())
    path = bundle_file(folder)
    assert path.is_file()
    DAMAGE[damage](path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the folder cannot be replaced
        again = compiled()
        assert not was_known(again)
        assert results(again) == want
        assert damage == "folder" or was_known(compiled())


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning, and everything works."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="not cached") as caught:
        want = results(compiled())
        assert results(compiled()) == want
    assert len([w for w in caught if "not cached" in str(w.message)]) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_that_may_only_be_read(folder: Path) -> None:
    want = results(compiled())
    for place in (folder, *folder.iterdir()):
        place.chmod(0o555)
    try:
        assert was_known(compiled())
        with pytest.warns(UserWarning, match="not cached"):
            compiled(TEXT.replace("dl.tanh", "dl.relu"))
        assert results(compiled()) == want
    finally:
        for place in (folder, *folder.iterdir()):
            place.chmod(0o755)


def test_code_of_another_compiler_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled()
    monkeypatch.setattr(target, "compiler_id", lambda: "another version")
    assert not was_known(compiled())


def test_code_for_another_processor_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled()
    model = dlir.load(TEXT)
    from dataclasses import replace

    one = target.host()
    keys = {
        target._code_key(digest_of(model.module), ["main"], cpu, ALONE)
        for cpu in (one, replace(one, cpu="other"), replace(one, features=f"{one.features},+x"))
    }
    assert len(keys) == 3


SCRIPT = """
import sys, numpy, dlir
exe = dlir.compile(sys.argv[1])
x = numpy.load(sys.argv[2])
numpy.save(sys.argv[3], exe(x)[0])
"""


def test_processes_that_compile_at_once(folder: Path, tmp_path: Path) -> None:
    """Three race for an empty cache; all are right, and the next one finds it filled."""
    path = write_mlp(tmp_path)
    np.save(tmp_path / "x.npy", X)
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, path, tmp_path / "x.npy", tmp_path / f"y{i}.npy"],
            stderr=subprocess.PIPE, text=True,
        )
        for i in range(3)
    ]  # fmt: skip
    for process in racing:
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    results = [np.load(tmp_path / f"y{i}.npy").tobytes() for i in range(3)]
    assert len(set(results)) == 1
    assert was_known(dlir.compile(path))
    assert not list(folder.glob("*/.new-*"))
