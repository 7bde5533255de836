"""`structured-walk-rows`: ops marked as a group become loops over blocks of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod

from typing_extensions import TypeIs
from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.builtin import (
    FixedBitwidthType,
    IndexType,
    ModuleOp,
    UnrealizedConversionCastOp,
)
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.diagnostics import fail
from dlir.dialects.structured.arena import ALIGNMENT
from dlir.dialects.structured.boxes import Pieces, Range, Slice, restricted, slice_of, take
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, shape_of
from dlir.dialects.structured.roles import Operand, operands_of, planned
from dlir.dialects.structured.rows import block_of, rows_of
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.types import is_memref

BLOCK_BYTES = 32 << 10
"""Of a block's rows, over all operands: so much stays in the nearest cache between two ops."""
MOST_ROWS = 64
_VIEWS = (
    memref.AllocaOp,
    UnrealizedConversionCastOp,
    memref.ViewOp,
    memref.SubviewOp,
    memref.CastOp,
    memref.DimOp,
    ReshapeOp,
    arith.ConstantOp,
    arith.AddiOp,
    arith.MuliOp,
)
"""What may stand between the ops of a group: it writes nothing."""


@dataclass(frozen=True)
class StructuredWalkRows(ModulePass):
    """Take a block of rows through all ops of a group before the next block.

    `structured-group-rows` marks the groups. What one op writes of a block is still in the nearest
    cache when the next one reads it. The loop over an iterator that the `threads` entry of one of
    the ops names is an `scf.parallel`.

    Where the group has a `block` entry, so many rows are taken at a time, and behind these the rest
    by a loop of its own. What `structured-bufferize` left as a `memref.alloca` is memory of one
    block, inside of the loops, so that each thread has its own. What it left as a cast from memory
    of one block is in that memory, one block after the other, which threads do not divide.

    Before:
    ```mlir
    structured.generic {..., schedule = #structured.schedule<rows = [0, 0]>}
        ins(%x : memref<8x64xf32>) outs(%m : memref<8xf32>) ...
    structured.generic {..., schedule = #structured.schedule<rows = [0, 0]>}
        ins(%x, %m : memref<8x64xf32>, memref<8xf32>) outs(%y : memref<8x64xf32>) ...
    ```
    After:
    ```mlir
    scf.for %i = %c0 to %c8 step %c4 {
      %a = memref.subview %x[%i, 0] [4, 64] [1, 1] : memref<8x64xf32> to memref<4x64xf32, ...>
      %b = memref.subview %m[%i] [4] [1] : memref<8xf32> to memref<4xf32, ...>
      structured.generic {...} ins(%a : ...) outs(%b : ...) ...
      ...
    }
    ```
    """

    name = "structured-walk-rows"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and function.body.blocks:
                for group in _groups(function.body.block):
                    _Walk(group).run()
                _erase_local(function.body.block)


def _groups(block: Block) -> list[list[GenericOp]]:
    """The ops of each number, as far as nothing else is written between them."""
    groups: list[list[GenericOp]] = []
    number: int | None = None
    for op in block.ops:
        if isinstance(op, _VIEWS):
            continue
        rows = rows_of(op)
        if rows is not None and rows[0] == number:
            groups[-1].append(op)  # type: ignore[arg-type]
        elif rows is not None:
            assert isinstance(op, GenericOp)
            groups.append([op])
        number = None if rows is None else rows[0]
    return groups


def _is_of_one_block(op: object) -> TypeIs[UnrealizedConversionCastOp]:
    """Whether an op stands for the memory of all rows where there is that of one block."""
    return isinstance(op, UnrealizedConversionCastOp) and is_memref(op.results[0].type)


def _erase_local(block: Block) -> None:
    """What blocks have memory for is nowhere as a whole."""
    for op in list(block.ops):
        if not isinstance(op, memref.AllocaOp) and not _is_of_one_block(op):
            continue
        if op.results[0].first_use is not None:
            fail(
                op.results[0].first_use.operation,
                "uses memory of a block of rows, but is not walked with the others of its group",
                help="give the ops of a group one number in 'rows', with nothing between them",
            )
        op.detach()
        op.erase()


class _Walk:
    """The loops around the ops of one group."""

    def __init__(self, group: Sequence[GenericOp]):
        self.group = group
        last = group[-1]
        self.rows: list[tuple[int, ...]] = [(rows_of(op) or ())[1:] for op in group]
        self.sizes = Sizes.before(last)
        self.extents = [self.sizes.extent(last, row) for row in self.rows[-1]]
        self.block = block_of(last)
        if self.block is not None and self.block < 1:
            fail(last, f"expected a block of at least 1 row, got {self.block}")
        self.tiles = [1] * (len(self.extents) - 1) + [self.block or self._block_rows()]
        self.shared = self._shared()
        self.ranges: list[Range] = []
        self.local: dict[SSAValue, SSAValue] = {}
        """What the current block has of memory that is left as `memref.alloca`."""

    def _block_rows(self) -> int:
        """Rows of a block: a divisor of their number where a good one exists."""
        count = max(1, min(MOST_ROWS, BLOCK_BYTES // max(1, self._row_bytes())))
        extent = self.extents[-1]
        if not isinstance(extent, int):
            return count
        return next((n for n in range(count, count // 2, -1) if extent % n == 0), count)

    def _row_bytes(self) -> int:
        """Bytes of all operands that belong to one row."""
        bytes: dict[SSAValue, int] = {}
        for op, rows in zip(self.group, self.rows, strict=True):
            inputs, out, extra = operands_of(op)
            for operand in (*inputs, out, *extra):
                bytes[operand.value] = _bytes_of_row(operand, rows)
        return sum(bytes.values())

    def _shared(self) -> int | None:
        """The position among the rows' iterators of the one that threads divide.

        Not the blocks where one after the other is in the same memory.
        """
        values = [value for op in self.group for value in op.operands]
        blocks = -1 if any(_is_of_one_block(v.owner) for v in values) else None
        for op, rows in zip(self.group, self.rows, strict=True):
            threads = op.schedule.integers("threads") if op.schedule is not None else None
            if threads and threads[0] in rows[:blocks]:
                return rows.index(threads[0])
        return None

    def run(self) -> None:
        if len(self.group) > 1:
            self._nest(0, self._block)
            for op in self.group:
                op.detach()
                op.erase()
        else:
            (op,) = self.group
            assert op.schedule is not None
            op.schedule = op.schedule.without("rows", "block")

    def _nest(self, position: int, body: Callable[[], None]) -> None:
        """One loop per iterator of the rows; inside, `self.ranges` is the current block."""
        if position == len(self.extents):
            return body()
        extent, tile = self.extents[position], self.tiles[position]
        rest = extent % tile if isinstance(extent, int) and self.block is not None else 0
        inner = partial(self._nest, position + 1, body)
        full = self.sizes.sub(extent, rest)
        if full != 0:
            self._loop(position, 0, full, tile, inner)
        if rest:
            self._loop(position, full, extent, rest, inner)

    def _loop(
        self, position: int, first: Size, end: Size, tile: int, body: Callable[[], None]
    ) -> None:
        """A loop over blocks of `tile` rows, of which the last one ends where the rows do."""
        sizes = self.sizes
        low, high, step = sizes.value(first), sizes.value(end), sizes.constant(tile)
        block = Block(arg_types=[IndexType()])
        outside, sizes.builder = sizes.builder, Builder(InsertPoint.at_end(block))
        exact = isinstance(end, int) and isinstance(first, int) and (end - first) % tile == 0
        count: Size = tile
        if not exact and tile > 1:
            count = sizes.min(tile, sizes.sub(end, block.args[0]))
        self.ranges.append(Range(block.args[0], count))
        body()
        self.ranges.pop()
        if position == self.shared:
            sizes.insert(scf.ReduceOp())
            loop: Operation = scf.ParallelOp([low], [high], [step], Region(block))
        else:
            sizes.insert(scf.YieldOp())
            loop = scf.ForOp(low, high, step, [], Region(block))
        sizes.builder = outside
        sizes.insert(loop)

    def _block(self) -> None:
        self.local = {}
        for op, rows in zip(self.group, self.rows, strict=True):
            box = [Range(0, self.sizes.extent(op, d), True) for d in range(len(op.kinds))]
            for row, part in zip(rows, self.ranges, strict=True):
                box[row] = part
            inputs, out, extra = operands_of(op)
            first = [*box]
            first[rows[-1]] = replace(box[rows[-1]], first=0)
            pieces = [[self._piece(op, x, box, first) for x in xs] for xs in (inputs, [out], extra)]
            schedule = op.schedule.without("rows", "block", "threads") if op.schedule else None
            new = restricted(
                self.sizes, op, box, Pieces(pieces[0], pieces[1][0], pieces[2]), schedule
            )
            new.location = op.location

    def _piece(
        self, op: GenericOp, operand: Operand, box: Sequence[Range], first: Sequence[Range]
    ) -> tuple[SSAValue, tuple[Linear, ...]]:
        """What a box touches; of memory that has one block, what the first block would touch."""
        if not is_memref(operand.value.type):
            return operand.value, operand.forms
        if _is_of_one_block(cast := operand.value.owner):
            part = slice_of(self.sizes, op, operand, first)
            return take(self.sizes, cast.inputs[0], part), part.forms
        part = slice_of(self.sizes, op, operand, box)
        if isinstance(operand.value.owner, memref.AllocaOp):
            return self._of_block(operand, part), part.forms
        return take(self.sizes, operand.value, part), part.forms

    def _of_block(self, operand: Operand, part: Slice) -> SSAValue:
        """The memory that the current block has instead of that for all rows."""
        if operand.value not in self.local:
            shape = [size for size in part.sizes if isinstance(size, int)]
            if len(shape) < len(part.sizes):
                fail(self.group[0], "the rows of a block are of unknown size or number")
            alloca = memref.AllocaOp.get(operand.element, ALIGNMENT, shape)
            self.local[operand.value] = self.sizes.insert(alloca).memref
        return self.local[operand.value]


def _bytes_of_row(operand: Operand, rows: Sequence[int]) -> int:
    dims = [form.plain_dim for form in operand.forms]
    if not any(row in dims for row in rows):
        return 0
    element = operand.element
    width = element.bitwidth if isinstance(element, FixedBitwidthType) else 64
    shape = shape_of(operand.value)
    within = [planned(size) for size, dim in zip(shape, dims, strict=True) if dim not in rows]
    return prod(within) * width // 8
