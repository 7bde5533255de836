"""Planning one arena for many buffers whose lifetimes are known and whose sizes may be dynamic.

A buffer's size is a static number of bytes times a product of run-time sizes. Buffers with the same
product share a region and are placed in it by their static parts, so planning needs no run-time
decision: `address = region start + offset * product`. Static buffers are the region of the empty
product.

Memory that one core has written is slow to write for another one. Where threads divide the work,
only buffers that they divide alike take each other's place, as long as a cache holds all of these.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register

Symbol = TypeVar("Symbol")


@dataclass
class Request(Generic[Symbol]):
    """One buffer: `unit * product(symbols)` bytes, used from step `first` to `last`."""

    unit: int
    symbols: tuple[Symbol, ...]
    first: int
    last: int
    division: Hashable = None
    """Which thread touches which part: the same for buffers that are divided alike."""
    offset: int = 0

    def overlaps(self, other: Request[Symbol]) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass
class RegionPlan(Generic[Symbol]):
    """The buffers that share a product of sizes, and how much room they take together."""

    symbols: tuple[Symbol, ...]
    requests: list[Request[Symbol]] = field(default_factory=list[Request[Symbol]])
    size: int = 0

    def bound(self) -> int:
        """The most that is in use at one step: no plan can be smaller."""
        steps = {r.first for r in self.requests}
        return max(
            (sum(r.unit for r in self.requests if r.first <= s <= r.last) for s in steps),
            default=0,
        )


APART_BYTES = 32 << 20
"""Of buffers that do not take each other's place: so much, a usual last cache holds."""
ROUNDS = 64
"""How many orders of placing the buffers of a region are tried; networks took up to 19."""


def plan(requests: Sequence[Request[Symbol]]) -> list[RegionPlan[Symbol]]:
    """Give every request an offset in its region.

    Each goes into the lowest gap that fits, the largest first. While that takes more than is in use
    at one step, it is done again with those first that ended highest.
    """
    regions: dict[tuple[Symbol, ...], RegionPlan[Symbol]] = {}
    for request in sorted(requests, key=lambda r: -r.unit):
        regions.setdefault(request.symbols, RegionPlan(request.symbols)).requests.append(request)
    for region in regions.values():
        if region.symbols or not _place_apart(region):
            _place_best(region)
    return list(regions.values())


def _place_apart(region: RegionPlan[Symbol]) -> bool:
    """Place buffers of each division, if there are several, behind those of the others, unless that
    takes too much."""
    parts: dict[Hashable, RegionPlan[Symbol]] = {}
    for request in region.requests:
        part = parts.setdefault(request.division, RegionPlan(region.symbols))
        part.requests.append(request)
    if len(parts) < 2:
        return False
    for part in parts.values():
        _place_best(part)
    size = sum(part.size for part in parts.values())
    if size > APART_BYTES:
        return False
    for part in parts.values():
        for request in part.requests:
            request.offset += region.size
        region.size += part.size
    return True


def _place_best(region: RegionPlan[Symbol]) -> None:
    """Try orders, of which each follows from the one before; keep the smallest plan."""
    order, bound = region.requests, region.bound()
    best: list[int] = []
    for _ in range(ROUNDS):
        size = _place(order)
        if not best or size < region.size:
            best, region.size = [r.offset for r in region.requests], size
        if size == bound:
            break
        order = sorted(order, key=lambda r: r.offset + r.unit < size)
    for request, offset in zip(region.requests, best, strict=True):
        request.offset = offset


def _place(requests: Sequence[Request[Symbol]]) -> int:
    """Place the requests in this order; the bytes they take together."""
    done: list[Request[Symbol]] = []
    for request in requests:
        busy = sorted((r for r in done if r.overlaps(request)), key=lambda r: r.offset)
        request.offset = _lowest_gap(busy, request.unit)
        done.append(request)
    return max(r.offset + r.unit for r in done)


def _lowest_gap(busy: Sequence[Request[Symbol]], unit: int) -> int:
    offset = 0
    for other in busy:
        if other.offset - offset >= unit:
            break
        offset = max(offset, other.offset + other.unit)
    return offset


def aligned(size: int) -> int:
    """Rounded up, so that every offset stays aligned."""
    return -(-size // ALIGNMENT) * ALIGNMENT
