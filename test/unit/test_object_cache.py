"""The cache of compiled objects survives damage, other processes, and a full or closed disk."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from dlir.object_cache import ObjectCache, key_of
from dlir.targets.cpu.compiling import compile_llvm

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
    cache = ObjectCache(tmp_path)
    for i in range(20):
        cache.put(key_of(str(i)), bytes(1000))
        os.utime(tmp_path / key_of(str(i))[:2] / f"{key_of(str(i))}.o", (i, i))
    assert cache.get(key_of("3")) is not None  # used now
    ObjectCache(tmp_path, limit=10_000).trim()
    assert cache.get(key_of("3")) is not None
    assert cache.get(key_of("4")) is None
    assert cache.get(key_of("19")) is not None
    assert sum(f.stat().st_size for f in tmp_path.glob("*/*.o")) <= 10_000


def test_cache_stays_within_its_limit(tmp_path: Path) -> None:
    """Without being asked to trim, and whatever the sizes of what is written."""
    cache = ObjectCache(tmp_path, limit=100_000)
    for i in range(100):
        cache.put(key_of(str(i)), bytes(1000 * (i % 24)))
        assert sum(f.stat().st_size for f in tmp_path.glob("*/*.o")) <= 100_000 * 33 // 32 + 24_000
    assert cache.get(key_of("95")) is not None


def test_what_would_fill_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, limit=10_000)
    cache.put(key_of("small"), bytes(1000))
    cache.put(key_of("large"), bytes(3000))
    assert cache.get(key_of("small")) is not None
    assert cache.get(key_of("large")) is None


def test_what_a_killed_process_began_to_write_is_removed(tmp_path: Path) -> None:
    ObjectCache(tmp_path).put(key_of("a"), b"a")
    (folder,) = tmp_path.iterdir()
    old, new = folder / ".new-old", folder / ".new-new"
    for path in (old, new):
        path.write_bytes(bytes(1000))
    os.utime(old, (1, 1))
    ObjectCache(tmp_path).put(key_of("a"), b"a")
    assert not old.exists() and new.exists()


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from dlir.targets.cpu.compiling import compile_llvm\n"
        "from dlir.object_cache import ObjectCache\n"
        f"cache = ObjectCache(Path({str(tmp_path)!r}))\n"
        "for i in range(40):\n"
        "    compile_llvm('define i32 @f() {\\n  ret i32 %d\\n}\\n' % (i % 4), cache=cache)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(list(tmp_path.glob("*/*.o"))) == 4
    assert not list(tmp_path.glob("*/.new-*"))
