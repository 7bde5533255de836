"""What LLVM says of the processor is asked once, and again for another processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlir.object_cache import default_cache
from dlir.targets.cpu import host_target

INFO = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: Some
stepping\t: 8
cpu MHz\t\t: 2000.0
flags\t\t: fpu avx avx2

processor\t: 1
flags\t\t: fpu
"""
CHANGES = {
    "vendor_id": "Intel",
    "cpu family": ": 6",
    "model": ": 143",
    "stepping": ": 8",
    "flags": " avx2",
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows whenever LLVM is asked; what it says is how often it was."""
    seen: list[int] = []

    def ask() -> tuple[str, str, str]:
        seen.append(1)
        return "x86_64-linux", "some", f"+asked{len(seen)},-sse"

    monkeypatch.setattr(host_target, "_asked", ask)
    monkeypatch.setattr(host_target, "CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setenv("DLIR_CACHE_DIR", str(tmp_path / "cache"))
    describe(INFO)
    return seen


def describe(text: str) -> None:
    host_target.CPU_INFO.write_text(text)


def features() -> str:
    return host_target.host_target()[2]


def test_llvm_is_asked_once(asked: list[int]) -> None:
    first = host_target.host_target()
    assert first == ("x86_64-linux", "some", "+asked1,-sse")
    assert host_target.host_target() == first and len(asked) == 1


@pytest.mark.parametrize("field", CHANGES)
def test_another_processor_is_another_question(asked: list[int], field: str) -> None:
    features()
    describe(INFO.replace(CHANGES[field], CHANGES[field] + "1", 1))
    assert features() == "+asked2,-sse"
    describe(INFO)
    assert features() == "+asked1,-sse"


def test_what_changes_by_itself_is_no_question(asked: list[int]) -> None:
    features()
    describe(INFO.replace("2000.0", "800.0").replace("flags\t\t: fpu\n", "flags\t\t: other\n"))
    assert features() == "+asked1,-sse"


def test_another_llvm_is_another_question(
    asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    features()
    monkeypatch.setattr(host_target, "version_of", lambda package: f"{package} 99")
    assert features() == "+asked2,-sse"


@pytest.mark.parametrize("text", ["", "processor : 0\n", INFO.replace("flags", "Features")])
def test_a_system_that_does_not_say_is_asked_again(asked: list[int], text: str) -> None:
    describe(text)
    assert [features(), features()] == ["+asked1,-sse", "+asked2,-sse"]


def test_a_system_without_description(asked: list[int]) -> None:
    host_target.CPU_INFO.unlink()
    assert [features(), features()] == ["+asked1,-sse", "+asked2,-sse"]


@pytest.mark.parametrize("body", [b"", b"x", b"a\nb", b"a\nb\nc\nd"])
def test_what_is_no_answer_is_asked_again(asked: list[int], body: bytes) -> None:
    features()
    (path,) = default_cache().folder.glob("*/*.o")
    default_cache().put(path.stem, body)
    assert [features(), features()] == ["+asked2,-sse", "+asked2,-sse"]


@pytest.mark.filterwarnings("error")
def test_a_cache_that_cannot_be_written(asked: list[int], tmp_path: Path) -> None:
    """Nobody is told twice: that is done where code is stored."""
    (tmp_path / "cache").write_text("")
    assert [features(), features()] == ["+asked1,-sse", "+asked2,-sse"]
