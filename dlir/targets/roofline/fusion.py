"""What fusion did to a module's kernels, and what binds them on a machine before and after.

A structured op is a kernel. Its roofs, in seconds:

| roof | |
|---|---|
| `compute` | operations / peak of their type |
| `memory`, or the cache that holds all that the kernel touches | bytes / bandwidth |
| `latency` | what calling a kernel and entering its loops takes |

Hardware files have no bandwidth of caches: each is taken to deliver `CACHE_BYTES_PER_CYCLE` to each
core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlir.dialects.structured.cost import LATENCY_SECONDS, Work
from dlir.targets.cpu.machine import Cpu
from dlir.targets.roofline.analysis import binding
from dlir.transforms.fusion.decisions import Decision

CACHE_BYTES_PER_CYCLE = 32
"""Half of a line per cycle, which outer caches of today's cores sustain about."""


@dataclass(frozen=True)
class Totals:
    """Kernels one after the other."""

    kernels: int
    operations: int
    bytes: int
    time: float
    """Seconds at least."""


@dataclass(frozen=True)
class FusionReport:
    """The decisions on a module, for a machine."""

    cpu: Cpu
    threads: int
    decisions: Sequence[Decision]
    before: Sequence[Work]
    after: Sequence[Work]
    """Of all kernels that run at every call."""

    def roofs(self, work: Work) -> dict[str, float]:
        """Roof -> seconds that a kernel takes at least."""
        if work.kind == "load":
            return {}
        cpu, threads = self.cpu, self.threads
        caches = (name for name, size in self._sizes().items() if work.bytes <= size)
        level = next(caches, "memory")
        rate = CACHE_BYTES_PER_CYCLE * cpu.general.clock_mhz * 1e6 * threads
        return {
            "compute": work.operations / cpu.peak(work.element, threads),
            level: work.bytes / (cpu.bandwidth(threads) if level == "memory" else rate),
            "latency": LATENCY_SECONDS,
        }

    def _sizes(self) -> dict[str, int]:
        """What the used cores have of each cache."""
        caches = self.cpu.caches.items()
        return {name: c.bytes * -(-self.threads // c.shared_by) for name, c in caches}

    def time(self, work: Work) -> float:
        """Seconds at least."""
        return max(self.roofs(work).values(), default=0.0)

    def bound(self, work: Work) -> str:
        """The roof that binds; `load` for what runs once."""
        return binding(self.roofs(work)) if work.kind != "load" else "load"

    def totals(self, works: Sequence[Work]) -> Totals:
        """Of kernels that run one after the other."""
        return Totals(
            len(works),
            sum(work.operations for work in works),
            sum(work.bytes for work in works),
            sum(map(self.time, works)),
        )
