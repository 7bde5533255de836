"""Evaluators for tests of exploration, in a module that worker processes can import."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from targets.accel.gemm import Gemm, gemm_program

from dlir.diagnostics import fail
from dlir.targets.accel.description import Machine
from dlir.targets.accel.explore.evaluate import Measures, measure
from dlir.targets.accel.explore.layers import Layer

LOG = "DLIR_TEST_EXPLORE_LOG"
"""Names a file that gets a line per evaluation, in whatever process."""

LAYERS = [Layer("a", "64 32 64", 2), Layer("b", "32 64 128", 1)]
"""Layers whose text is the sizes M, N and K of a GEMM."""


def note(machine: Machine, layer: str) -> None:
    with open(os.environ[LOG], "a") as file:
        file.write(f"{machine.array.rows} {layer}\n")


def formula(machine: Machine, layer: str) -> Measures:
    """Faster with more rows, dearer with more memory."""
    if LOG in os.environ:
        note(machine, layer)
    size = len(layer)
    return Measures(
        1000 * size // machine.array.rows, size / machine.array.rows, 1.0 * machine.spm.bytes, size
    )


def gemm(machine: Machine, layer: str) -> Measures:
    """A GEMM program, timed."""
    m, n, k = map(int, re.findall(r"\d+", layer)[:3])
    return measure([gemm_program(machine, blocked(machine, m, n, k))])


def blocked(machine: Machine, m: int, n: int, k: int) -> Gemm:
    """A GEMM that is at least so large, in blocks that fit the machine twice."""
    unit = max(machine.array.rows, machine.array.cols)
    tile = unit
    room = min(machine.spm.bytes / 16, machine.acc.rows**2 / 64)
    while tile < min(8 * unit, 128) and tile**2 <= room:
        tile *= 2
    tn, tk = (min(tile, -(-size // unit) * unit) for size in (n, k))
    tm = max(1, min(m, tile, machine.acc.rows // (2 * (tn // machine.array.cols))))
    padded = (-(-size // block) * block for size, block in ((m, tm), (n, tn), (k, tk)))
    return Gemm(*padded, tm, tn, tk)


def refusing(machine: Machine, layer: str) -> Measures:
    """Refuses the first layer on 16 rows."""
    if machine.array.rows == 16 and layer == LAYERS[0].text:
        fail(None, "no room", rule="accel-fit")
    return formula(machine, layer)


def broken(machine: Machine, layer: str) -> Measures:
    """Has a bug for 16 rows."""
    if machine.array.rows == 16:
        raise KeyError("lost")
    return formula(machine, layer)


def killed(machine: Machine, layer: str) -> Measures:
    """Takes its process along on 16 rows."""
    if machine.array.rows == 16:
        if LOG in os.environ:
            note(machine, layer)
        os.kill(os.getpid(), signal.SIGKILL)
    return formula(machine, layer)


def killed_by_latency(machine: Machine, layer: str) -> Measures:
    """Takes its process along where the latency is 8."""
    if machine.dma.latency == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return formula(machine, layer)


def killed_once(machine: Machine, layer: str) -> Measures:
    """Takes its process along once in all."""
    mark = Path(os.environ[LOG]).with_suffix(".killed")
    if machine.array.rows == 16 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return formula(machine, layer)


def interrupted(machine: Machine, layer: str) -> Measures:
    """Somebody presses Ctrl-C at 32 rows."""
    if machine.array.rows == 32:
        raise KeyboardInterrupt
    return formula(machine, layer)
