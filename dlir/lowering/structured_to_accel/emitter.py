"""Writing engine ops: views of rows over a domain become nests of instructions.

A *domain* is a box of points; a `View` says in which row of a memref each point lies. The functions
here find the longest runs that one instruction can take and loop over the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import NamedTuple, TypeAlias

from xdsl.dialects.builtin import LocationAttr, UnknownLoc
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.accel.access import MAX_NEST, Access
from dlir.dialects.accel.attrs import Memory, memory_of, tile_type
from dlir.dialects.accel.ops import (
    AllocOp,
    BinaryOp,
    EngineOp,
    FieldValue,
    LoadOp,
    StoreOp,
    UnaryOp,
)
from dlir.lowering.structured_to_accel.drafts import Draft, Drafts
from dlir.targets.accel.description import Machine
from dlir.types import element_of, is_integer

MOST_ROWS, MOST_OUTER = 4096, 1024
"""Rows of one instruction: of its inner walk, and of its outer walk."""
MOST_STEP, MOST_OUTER_STEP = 255, 16383
"""Rows from one row of a walk to the next, inner and outer."""

Domain = tuple[int, ...]


class View(NamedTuple):
    """Where the points of a domain lie: row `base + sum(steps[i] * point[i])` of a memref."""

    memref: SSAValue
    base: int
    steps: tuple[int, ...]
    lane: bool = False
    """Whether only lane 0 of each row counts: a number per row, broadcast over the lanes."""

    @property
    def element(self) -> Attribute:
        return element_of(self.memref.type)

    @property
    def memory(self) -> Memory | None:
        return memory_of(self.memref.type)

    def at(self, point: Sequence[int]) -> View:
        """The view from another point on."""
        moved = sum(s * p for s, p in zip(self.steps, point, strict=True))
        return View(self.memref, self.base + moved, self.steps, self.lane)

    def moved(self, rows: int) -> View:
        """The view from some rows further on."""
        return View(self.memref, self.base + rows, self.steps, self.lane)

    def with_steps(self, steps: Sequence[int]) -> View:
        return View(self.memref, self.base, tuple(steps), self.lane)


def dense(memref: SSAValue, domain: Domain, base: int = 0) -> View:
    """The rows of a domain one after the other."""
    steps: list[int] = []
    step = 1
    for size in reversed(domain):
        steps.append(step)
        step *= size
    return View(memref, base, tuple(reversed(steps)))


def merged(domain: Domain, views: Sequence[View]) -> tuple[Domain, list[View]]:
    """The same points with as few dimensions as all views allow; never none."""
    sizes, steps = _merged(domain, tuple([v.steps for v in views]))
    return sizes, [v.with_steps(s) for v, s in zip(views, steps, strict=True)]


Steps: TypeAlias = tuple[tuple[int, ...], ...]
"""Of some views over one domain. Few differ, as tiles are alike but for where they begin."""


@lru_cache(maxsize=1 << 14)
def _merged(domain: Domain, given: Steps) -> tuple[Domain, Steps]:
    sizes: list[int] = []
    steps: list[list[int]] = [[] for _ in given]
    for axis, size in enumerate(domain):
        here = [own[axis] for own in given]
        if size == 1:
            continue
        if sizes and all(s[-1] == h * size for s, h in zip(steps, here, strict=True)):
            sizes[-1] *= size
            for s, h in zip(steps, here, strict=True):
                s[-1] = h
            continue
        sizes.append(size)
        for s, h in zip(steps, here, strict=True):
            s.append(h)
    if not sizes:
        return (1,), ((1,),) * len(given)
    return tuple(sizes), tuple([tuple(own) for own in steps])


def ordered(domain: Domain, views: Sequence[View]) -> tuple[Domain, list[View]]:
    """The same points in the order of rows of the last view, and merged."""
    sizes, steps = _ordered(domain, tuple([v.steps for v in views]))
    return sizes, [v.with_steps(s) for v, s in zip(views, steps, strict=True)]


@lru_cache(maxsize=1 << 14)
def _ordered(domain: Domain, given: Steps) -> tuple[Domain, Steps]:
    axes = sorted(range(len(domain)), key=lambda a: -given[-1][a])
    turned = tuple([tuple([own[a] for a in axes]) for own in given])
    return _merged(tuple([domain[a] for a in axes]), turned)


@dataclass
class Emitter:
    """The program under construction."""

    machine: Machine
    ops: Drafts = field(default_factory=list[AllocOp | Draft])
    location: LocationAttr = field(default_factory=UnknownLoc)

    @property
    def cols(self) -> int:
        return self.machine.array.cols

    def add(
        self,
        kind: type[EngineOp],
        addresses: Sequence[tuple[SSAValue, Access]],
        nest: Domain,
        **fields: FieldValue,
    ) -> None:
        """Append an engine op; it comes from the op of the model that is being lowered."""
        self.ops.append(Draft(kind, addresses, nest, fields, self.location))

    def alloc(self, memory: Memory | None, domain: Domain, element: Attribute) -> SSAValue:
        """A tile with a row per point of the domain."""
        op = AllocOp(tile_type(memory, (*domain, self.cols), element))
        op.location = self.location
        self.ops.append(op)
        return op.tile

    # --- copies -----------------------------------------------------------------------------------

    def load(self, source: View, target: View, domain: Domain) -> None:
        """DRAM to a tile."""
        self._copy(LoadOp, source, target, domain)

    def store(self, source: View, target: View, domain: Domain) -> None:
        """A tile to DRAM."""
        self._copy(StoreOp, source, target, domain)

    def _copy(self, kind: type[EngineOp], source: View, target: View, domain: Domain) -> None:
        domain, views = ordered(domain, (source, target))
        count = domain[-1] if all(v.steps[-1] == 1 for v in views) else 1
        outer = domain[:-1] if count > 1 or domain[-1] == 1 else domain
        self.nest(kind, [_outer(v, len(outer)) for v in views], outer, count=count)

    def nest(
        self,
        kind: type[EngineOp],
        views: Sequence[View],
        outer: Domain,
        **fields: int | float | str,
    ) -> None:
        """An instruction at every point of `outer`; what exceeds the machine's nest is unrolled."""
        extra = max(0, len(outer) - MAX_NEST)
        if not extra:
            addresses = [(v.memref, Access(v.base, v.steps)) for v in views]
            self.add(kind, addresses, outer, **fields)
            return
        inner = outer[extra:]
        for point in product(*(range(n) for n in outer[:extra])):
            at = [v.at((*point, *[0] * len(inner))) for v in views]
            addresses = [(v.memref, Access(v.base, v.steps[extra:])) for v in at]
            self.add(kind, addresses, inner, **fields)

    # --- vector functions -------------------------------------------------------------------------

    def unary(self, fn: str, x: View, d: View, domain: Domain, n: int = 0) -> None:
        """`d = fn(x)` at every point."""
        domain, (x, d) = ordered(domain, (x, d))
        if d.steps[-1] != 1:  # one row at a time
            domain, x, d = (*domain, 1), x.with_steps((*x.steps, 1)), d.with_steps((*d.steps, 1))
        for piece, (px, pd) in _pieces(domain, (x, d), MOST_ROWS):
            self._unary(fn, px, pd, piece, n)

    def _unary(self, fn: str, x: View, d: View, domain: Domain, n: int) -> None:
        nx, sx = domain[-1], x.steps[-1]
        if not 0 <= sx <= MOST_STEP:
            domain, nx, sx = (*domain, 1), 1, 1
            x, d = x.with_steps((*x.steps, 1)), d.with_steps((*d.steps, 1))
        ny, sy, keep = 1, 0, len(domain) - 1
        fits = keep and d.steps[keep - 1] == nx and 0 <= x.steps[keep - 1] <= MOST_OUTER_STEP
        if fits and domain[keep - 1] <= MOST_OUTER:
            ny, sy, keep = domain[keep - 1], x.steps[keep - 1], keep - 1
        self.nest(
            UnaryOp, [_outer(x, keep), _outer(d, keep)], domain[:keep],
            fn=fn, nx=nx, sx=sx, ny=ny, sy=sy, n=n,
        )  # fmt: skip

    def reduce_rows(self, fn: str, x: View, d: View, domain: Domain) -> None:
        """`d = fold of x over the last dimension of the domain`; d's last step is not used."""
        *outer, count = domain
        inner_step = x.steps[-1]
        rest, (px, pd) = merged(tuple(outer), (_outer(x, len(outer)), _outer(d, len(outer))))
        ny, sy, keep = 1, 0, len(rest)
        if pd.steps[-1] == 1 and 0 <= px.steps[-1] <= MOST_OUTER_STEP and rest[-1] <= MOST_OUTER:
            ny, sy, keep = rest[-1], px.steps[-1], keep - 1
        self.nest(
            UnaryOp, [_outer(px, keep), _outer(pd, keep)], rest[:keep],
            fn=fn, nx=count, sx=inner_step, ny=ny, sy=sy,
        )  # fmt: skip

    def accumulate(self, fn: str, x: View, total: View, domain: Domain) -> None:
        """`total = fn(total, x)` for each index of the domain's first dimension in turn."""
        count, *keep = domain
        inner = View(x.memref, x.base, x.steps[1:], x.lane)
        rest, (px, pt) = ordered(tuple(keep), (inner, total))
        rows = rest[-1] if px.steps[-1] == 1 and pt.steps[-1] == 1 else 1
        outer = rest[:-1] if rows > 1 or rest[-1] == 1 else rest
        views = [v.with_steps((*v.steps[: len(outer)], 1)) for v in (px, pt)]
        for piece, (qx, qt) in _pieces((*outer, rows), views, MOST_ROWS):
            loops = (count, *piece[:-1])
            source = qx.with_steps((x.steps[0], *qx.steps[:-1]))
            target = qt.with_steps((0, *qt.steps[:-1]))
            self.nest(BinaryOp, [target, source, target], loops, fn=fn, rows=piece[-1])

    def binary(
        self, fn: str, x: View, y: View | float, d: View, domain: Domain, imm: float = 0
    ) -> None:
        """`d = fn(x, y)` at every point; a number is an immediate."""
        if not isinstance(y, View):
            domain, (x, d) = ordered(domain, (x, d))
            number = int(y) if is_integer(x.element) else float(y)
            self._binary(domain, (x, d), fn=fn, ymode="imm", imm=number)
            return
        domain, (x, y, d) = ordered(domain, (x, y, d))
        per_row = y.lane and not x.lane  # else lane 0 meets lane 0
        everywhere = y.steps[-1] == 0 and not per_row
        mode = "lane" if per_row else "all" if everywhere or domain[-1] == 1 else "row"
        if fn == "requant":
            mode = "all"
        self._binary(domain, (x, y, d), fn=fn, ymode=mode, imm=int(imm))

    def _binary(
        self, domain: Domain, views: Sequence[View], *, fn: str, ymode: str, imm: float = 0
    ) -> None:
        needed = [v.steps[-1] for v in views]
        if ymode in ("all", "imm"):
            needed = [v.steps[-1] for v in (views[0], views[-1])]
        fits = all(step == 1 for step in needed) and not (
            ymode == "all" and len(views) == 3 and views[1].steps[-1]
        )
        if not fits and domain[-1] > 1:
            domain = (*domain, 1)
            views = [v.with_steps((*v.steps, 1)) for v in views]
        for piece, parts in _pieces(domain, views, MOST_ROWS):
            keep = len(piece) - 1
            outer = [_outer(v, keep) for v in parts]
            self.nest(BinaryOp, outer, piece[:keep], fn=fn, rows=piece[-1], ymode=ymode, imm=imm)


def _outer(view: View, dims: int) -> View:
    """The view over the first dimensions only."""
    return view.with_steps(view.steps[:dims])


def _pieces(
    domain: Domain, views: Sequence[View], most: int
) -> Iterator[tuple[Domain, list[View]]]:
    """The domain with no more than `most` points in its last dimension: one piece or two."""
    size = domain[-1]
    if size <= most:
        yield domain, list(views)
        return
    whole, rest = divmod(size, most)
    split = [v.with_steps((*v.steps[:-1], v.steps[-1] * most, v.steps[-1])) for v in views]
    yield (*domain[:-1], whole, most), split
    if rest:
        start = (*[0] * (len(domain) - 1), whole * most)
        yield (*domain[:-1], rest), [v.at(start) for v in views]
