"""The cache of compiled objects survives damage, other processes, and a full or closed disk."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from dlir.targets.cpu.execute import compile_llvm
from dlir.targets.cpu.object_cache import ObjectCache, key_of

IR = "define i32 @f() {\n  ret i32 7\n}\n"


def cached(folder: Path) -> Path:
    (path,) = folder.glob("*/*.o")
    return path


def test_cache_hit_gives_the_same_object(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    made = compile_llvm(IR, cache=cache)
    cached(tmp_path)
    assert compile_llvm(IR, cache=cache) == made
    assert compile_llvm(IR, cache=None) == made


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty"])
def test_damaged_objects_are_compiled_again(tmp_path: Path, damage: str) -> None:
    cache = ObjectCache(tmp_path)
    made = compile_llvm(IR, cache=cache)
    path = cached(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "truncate":
        content = content[:-10]
    elif damage == "flip":
        content[-20] ^= 1
    else:
        content = bytearray()
    path.write_bytes(content)
    assert compile_llvm(IR, cache=cache) == made
    assert cache.get(path.stem) == made


def test_cache_that_cannot_be_written_warns_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = ObjectCache(blocked)
    with pytest.warns(UserWarning, match="not cached"):
        compile_llvm(IR, cache=cache)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile_llvm(IR, cache=cache)


def test_cache_drops_what_was_not_used_longest(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, limit=10_000)
    for i in range(20):
        cache.put(key_of(str(i)), bytes(1000))
        os.utime(tmp_path / key_of(str(i))[:2] / f"{key_of(str(i))}.o", (i, i))
    assert cache.get(key_of("3")) is not None  # used now
    cache.trim()
    assert cache.get(key_of("3")) is not None
    assert cache.get(key_of("4")) is None
    assert cache.get(key_of("19")) is not None
    assert sum(f.stat().st_size for f in tmp_path.glob("*/*.o")) <= 10_000


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from dlir.targets.cpu.execute import compile_llvm\n"
        "from dlir.targets.cpu.object_cache import ObjectCache\n"
        f"cache = ObjectCache(Path({str(tmp_path)!r}))\n"
        "for i in range(40):\n"
        "    compile_llvm('define i32 @f() {\\n  ret i32 %d\\n}\\n' % (i % 4), cache=cache)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list(tmp_path.glob("*/*.o"))) == 4
    assert not list(tmp_path.glob("*/.new-*"))
