"""Bytes that are needed for a while: as many as asked for, and given back at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from dlir.passing_memory import LARGE, passing_bytes


@pytest.mark.parametrize("size", [0, 1, LARGE - 1, LARGE, LARGE + 1, 3_000_017])
def test_has_so_many_bytes_that_can_be_written(size: int):
    made = passing_bytes(size)
    assert made.dtype == np.uint8
    assert made.shape == (size,)
    made[:] = 7
    assert int(made.astype(np.int64).sum()) == 7 * size


def test_what_is_let_go_does_not_change_what_is_held():
    first, second = passing_bytes(LARGE), passing_bytes(LARGE)
    first[:] = 1
    second[:] = 2
    del first
    assert (second == 2).all()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_goes_back_to_the_system_though_what_came_later_stays():
    sizes = [1 << 20, 4 << 20, 2 << 20]
    passing_bytes(8 << 20)[:] = 1
    before = _resident()
    made, kept = [passing_bytes(size) for size in sizes], [np.ones(1000, np.uint8) for _ in sizes]
    for number in range(len(made)):
        made[number][:] = 1
    assert _resident() - before > sum(sizes) * 9 // 10
    made.clear()
    assert _resident() - before < sum(sizes) // 10
    assert len(kept) == len(sizes)


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
