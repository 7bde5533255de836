"""What LLVM calls the CPU of this process, asked once per system.

To answer, LLVM's library has to be loaded. So the answer is kept in the cache, under what the
system says of its processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dlir.object_cache import default_cache, key_of
from dlir.targets.cpu import compile_client
from dlir.version import version_of

CPU_INFO = Path("/proc/cpuinfo")
FIELDS = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")
"""What tells processors apart; clocks and numbers of cores change."""


def host_target() -> tuple[str, str, str]:
    """Triple, CPU name and features of this machine, in LLVM's terms."""
    key = _key()
    if key is None:
        return _asked()
    store = default_cache()
    kept = (store.get(key) or b"").decode().split("\n")
    if len(kept) == 3:
        return kept[0], kept[1], kept[2]
    answer = _asked()
    with suppress(OSError):  # nothing is lost but time
        store.write(key, "\n".join(answer).encode())
    return answer


def _asked() -> tuple[str, str, str]:
    return compile_client.call("host_target")


def _key() -> str | None:
    """The name of the answer in the cache; None where the system does not describe its CPU."""
    try:
        with CPU_INFO.open(errors="replace") as file:
            fields = dict(_first_processor(file))
    except OSError:
        return None
    if not fields.get("flags"):
        return None
    words = (fields.get(name, "") for name in FIELDS)
    return key_of("host", version_of("llvmlite"), *words)


def _first_processor(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Names and values up to the first empty line."""
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            return
        yield name.strip(), value.strip()
