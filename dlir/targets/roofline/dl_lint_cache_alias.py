"""`dl-lint-cache-alias`: leading dimensions whose stride maps the rows to the same cache sets.

A set-associative cache puts an address into the set `address / line mod sets`. Rows that lie a
multiple of `sets * line` bytes apart (the alias interval) all begin in one set, which holds no more
of them than it has ways; the rest of the cache stays empty. A. Rodriguez, "Deep Learning Systems"
(2020), chapter 7: of 8 ways, 32 KiB and lines of 64 bytes the interval is 4096 bytes, so the leading
dimension of f32 should be a multiple of 16 (whole lines), but not of 256 (a quarter of the interval).
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd, prod
from typing import Any, NamedTuple

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import Severity, diagnose, emit, fail
from dlir.dialects.dl.attrs import WIDTHS, Layout
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.ops.recurrent import RecurrentOp
from dlir.hardware import parse_settings
from dlir.targets.cpu.machine import Cache
from dlir.targets.roofline.machine import CpuMachine, find_machine

RULE = "cache-alias"
FEW_SETS = 4
"""Rows on as many sets, or fewer, alias: their stride is a multiple of a quarter interval."""


class Matrix(NamedTuple):
    """An operand or result as rows in memory."""

    name: str
    value: SSAValue
    rows: int
    leading: int
    """Elements from one row to the next."""


# --- where rows are walked ------------------------------------------------------------------------


def _last(name: str, value: SSAValue) -> Matrix:
    """Rows along the last dimension, all that there are."""
    shape = shape_of(value)
    return Matrix(name, value, _product(shape[:-1]), shape[-1])


def _stacked(name: str, value: SSAValue) -> Matrix:
    """Rows of one matrix of a stack."""
    return Matrix(name, value, *shape_of(value)[-2:])


def _matmul(op: MatmulOp) -> Iterator[Matrix]:
    yield _stacked("lhs", op.lhs)
    yield _stacked("rhs", op.rhs)
    yield _stacked("result", op.result)


def _conv2d(op: Conv2dOp) -> Iterator[Matrix]:
    """Pixels of all channels, or channels of all pixels, by the layout."""
    for name, value in (("x", op.x), ("result", op.result)):
        shape = shape_of(value)
        if op.layout.data is Layout.NHWC:
            yield Matrix(name, value, _product(shape[1:3]), shape[3])
        else:
            yield Matrix(name, value, shape[1], _product(shape[2:]))


def _recurrent(op: RecurrentOp) -> Iterator[Matrix]:
    yield from (_last("x", op.x), _last("w", op.w), _last("r", op.r), _last("y", op.y))


def _transpose(op: TransposeOp) -> Iterator[Matrix]:
    """Columns are walked when the last dimension moves."""
    if rank_of(op.x) > 1 and op.perm.get_values()[-1] != rank_of(op.x) - 1:
        yield from (_stacked("x", op.x), _stacked("result", op.result))


MATRICES: dict[type[Operation], Callable[[Any], Iterator[Matrix]]] = {
    MatmulOp: _matmul,
    Conv2dOp: _conv2d,
    RecurrentOp: _recurrent,
    TransposeOp: _transpose,
}
"""Op class, or a family of them -> the tensors of which it walks from row to row."""


def _product(sizes: tuple[int, ...]) -> int:
    return DYNAMIC_INDEX if DYNAMIC_INDEX in sizes else prod(sizes)


# --- what collides --------------------------------------------------------------------------------


def sets_of_rows(cache: Cache, stride: int) -> int:
    """How many sets the beginnings of rows fall into that are `stride` bytes apart."""
    return min(cache.sets, cache.alias_interval // gcd(stride, cache.alias_interval))


def aliases(cache: Cache, rows: int, stride: int) -> bool:
    """Whether the rows share a few sets of the many, which do not hold them all."""
    sets = sets_of_rows(cache, stride)
    return sets <= FEW_SETS < cache.sets and rows > cache.ways * sets


def good_leading_dimensions(cache: Cache, leading: int, size: int) -> list[int]:
    """The nearest below and above, of elements of `size` bytes: whole lines that do not alias.

    None where all strides alias, as in a cache of few sets.
    """
    step, reach = max(1, cache.line // size), cache.alias_interval
    below = range((leading - 1) // step * step, max(0, leading - reach), -step)
    above = range((leading // step + 1) * step, leading + reach, step)
    first = (next((n for n in near if not _few(cache, n * size)), None) for near in (below, above))
    return [n for n in first if n is not None]


def _few(cache: Cache, stride: int) -> bool:
    return sets_of_rows(cache, stride) <= FEW_SETS


@dataclass(frozen=True)
class DlLintCacheAlias(ModulePass):
    """Warn of matrices whose rows fall into a few sets of a cache, which then holds few of them.

    Looked at are the row-major operands and results of products, convolutions, recurrent layers and
    transposes, as far as their sizes are known; the module stays as it is. Rows alias when they
    begin in 4 sets or fewer, and there are more of them than those have ways.

    - `machine`: a CPU: `native`, a preset or a hardware file; `set` replaces single keys of it.
    - `level`: the cache.
    - `lines`: warn also of rows that do not begin at the beginning of a line.

    Before and after:
    ```mlir
    %y = dl.matmul %x, %w acc f32
        : (tensor<64x512xf32>, tensor<512x1024xf32>) -> tensor<64x1024xf32>
    ```
    Said, with `machine=xeon-8280`:

        warning[cache-alias]: rhs has rows of 1024 x f32, which lie 4096 bytes apart: its 512 rows
        begin in 1 of the 64 sets of l1, which hold 8 of them at one time
          help: 1008 or 1040 elements per row are whole lines of 64 bytes and spread over the sets
    """

    name = "dl-lint-cache-alias"

    machine: str = "native"
    level: str = "l1"
    lines: bool = False
    set: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cache = self._cache()
        seen: set[SSAValue] = set()
        for inner in op.walk():
            for matrix in _matrices_of(inner):
                if matrix.value not in seen and DYNAMIC_INDEX not in (matrix.rows, matrix.leading):
                    seen.add(matrix.value)
                    self._check(inner, matrix, cache)

    def _cache(self) -> Cache:
        machine = find_machine(self.machine, parse_settings(self.set), None, False)
        caches = machine.cpu.caches if isinstance(machine, CpuMachine) else {}
        if self.level not in caches:
            known = ", ".join(caches) or "none: its memories are managed by the program"
            fail(None, f"machine '{machine.name}' has no cache '{self.level}'", rule=RULE,
                 help=f"its caches: {known}")  # fmt: skip
        return caches[self.level]

    def _check(self, op: Operation, matrix: Matrix, cache: Cache) -> None:
        element = element_of(matrix.value)
        size = max(1, WIDTHS[element] // 8)
        stride = matrix.leading * size
        if not stride:
            return
        rows = f"{matrix.name} has rows of {matrix.leading} x {element}"
        if aliases(cache, matrix.rows, stride):
            sets = sets_of_rows(cache, stride)
            message = (
                f"{rows}, which lie {stride} bytes apart: its {matrix.rows} rows begin in {sets} "
                f"of the {cache.sets} sets of {self.level}, which hold {sets * cache.ways} of them "
                "at one time"
            )
        elif self.lines and matrix.rows > 1 and stride % cache.line:
            message = f"{rows}: {stride} bytes are no whole lines of {cache.line}"
        else:
            return
        good = " or ".join(map(str, good_leading_dimensions(cache, matrix.leading, size)))
        spread = f"are whole lines of {cache.line} bytes and spread over the sets"
        help = f"{good} elements per row {spread}" if good else None
        emit(diagnose(Severity.WARNING, op, message, rule=RULE, help=help))


def _matrices_of(op: Operation) -> Iterator[Matrix]:
    if isinstance(op, DlOp):
        for kind in type(op).__mro__:
            if kind in MATRICES:
                yield from MATRICES[kind](op)
