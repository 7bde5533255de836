"""The cores that this process may use."""

from __future__ import annotations

import os
from contextlib import suppress
from math import ceil
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
_LIMITS = (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"))
"""Where a container's limit stands, in version 2 and 1 of Linux's control groups: microseconds of
computing, by all cores together, in a period of so many."""


def numbers() -> list[int]:
    """Of the cores that the scheduler may choose from; none where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def default_threads(control_groups: Path = CONTROL_GROUPS) -> int:
    """As many threads as OMP_NUM_THREADS says, else as there are cores, of which a container's
    limit may leave fewer: more threads would be stopped together for the rest of each period."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    count = len(numbers()) or os.cpu_count() or 1
    limit = _limit(control_groups)
    return count if limit is None else max(1, min(count, ceil(limit)))


def _limit(control_groups: Path) -> float | None:
    """In cores."""
    for names in _LIMITS:
        words: list[str] = []
        with suppress(OSError, UnicodeDecodeError):
            for name in names:
                words += (control_groups / name).read_text("ascii").split()
        if len(words) == 2 and all(map(str.isdecimal, words)) and int(words[1]) > 0:
            return int(words[0]) / int(words[1])
    return None
