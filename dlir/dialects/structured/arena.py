"""Planning one arena for many buffers whose lifetimes are known and whose sizes may be dynamic.

A buffer's size is a static number of bytes times a product of run-time sizes. Buffers with the same
product share a region and are placed in it by their static parts, so planning needs no run-time
decision: `address = region start + offset * product`. Static buffers are the region of the empty
product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

ALIGNMENT = 64  # bytes: a cache line, and the widest vector register

Symbol = TypeVar("Symbol")


@dataclass
class Request(Generic[Symbol]):
    """One buffer: `unit * product(symbols)` bytes, used from step `first` to `last`."""

    unit: int
    symbols: tuple[Symbol, ...]
    first: int
    last: int
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


def plan(requests: Sequence[Request[Symbol]]) -> list[RegionPlan[Symbol]]:
    """Give every request an offset in its region.

    Each goes into the lowest gap that fits; no order of placing them is best for all programs, so
    that several are tried until one needs no more than is in use at one step.
    """
    regions: dict[tuple[Symbol, ...], RegionPlan[Symbol]] = {}
    for request in requests:
        regions.setdefault(request.symbols, RegionPlan(request.symbols)).requests.append(request)
    for region in regions.values():
        _place_best(region)
    return list(regions.values())


Key = Callable[[Request[Any], int], tuple[int, ...]]
"""What requests are sorted by; the number is the most that is in use while the request is."""

ORDERS: tuple[Key, ...] = (
    lambda r, busiest: (-r.unit,),
    lambda r, busiest: (r.first - r.last, -r.unit),
    lambda r, busiest: (-busiest, -r.unit),
    lambda r, busiest: (r.unit * (r.first - r.last - 1),),
    lambda r, busiest: (r.first, -r.unit),
)
"""The largest, the longest lived, those of the busiest time, bytes times steps, the first."""


def _place_best(region: RegionPlan[Symbol]) -> None:
    """Try the orders; keep the offsets of the smallest plan."""
    requests, bound = region.requests, region.bound()
    load = {
        r.first: sum(o.unit for o in requests if o.first <= r.first <= o.last) for r in requests
    }
    busiest = [max(n for step, n in load.items() if r.first <= step <= r.last) for r in requests]
    best: list[int] = []
    for order in ORDERS:
        keys = [order(r, n) for r, n in zip(requests, busiest, strict=True)]
        size = _place([requests[i] for i in sorted(range(len(keys)), key=keys.__getitem__)])
        if not best or size < region.size:
            best, region.size = [r.offset for r in requests], size
        if size == bound:
            break
    for request, offset in zip(requests, best, strict=True):
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
