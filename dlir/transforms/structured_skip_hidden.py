"""`structured-skip-hidden`: attention does not compute the keys that a mask hides."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from dlir.dialects.structured.boxes import Pieces, Range, restricted, slice_of, take
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import operands_of
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.transforms.hidden.checks import Totals
from dlir.transforms.hidden.group import Group, groups
from dlir.transforms.hidden.search import Search


@dataclass(frozen=True)
class StructuredSkipHidden(ModulePass):
    """Compute in each block of rows no keys behind the last one that any of its rows sees.

    A mask hides a key from a row where it makes the score so low that softmax gives it the weight
    0: -inf, or the lowest number. The pass finds the product that makes scores, whose epilogue adds
    or chooses the mask, the ops of the softmax, and the product that mixes values, by what they
    compute; they stand in one block of ops, as `structured-walk-rows` leaves them. In front of them
    it writes a search, from the last panel of keys (as many as a register tile has) to the first
    one in which one of the rows sees something, and all of the ops stop behind this panel. Where
    there are less than `least-keys`, a mask that hides nothing would cost too much: up to 7 % of
    128 keys, 1 % of 512.

    The result is the same. All keys are computed where skipping would change something: where a row
    sees no key at all, where a value is not finite, as 0 * inf is NaN, and where products could be
    so large that they count beside a mask. This is checked in each call, of keys and values once
    for all blocks of rows.

    Before:
    ```mlir
    structured.generic {..., schedule = #structured.schedule<kernel = contraction, vector = [6, 64]>}
        ins(%q, %k : memref<60x64xf32>, memref<8x64x64xf32>) outs(%s : memref<60x512xf32>) {
      ...
    } epilogue ins(%mask : memref<60x512xf32>) ...
    ...
    structured.generic {..., schedule = #structured.schedule<kernel = contraction, vector = [6, 64]>}
        ins(%p, %v : memref<60x512xf32>, memref<512x64xf32>) outs(%y : memref<60x64xf32>) ...
    ```
    After:
    ```mlir
    %last = scf.while (%n = %c8) : (index) -> index { ... } do { ... }
    %keys = arith.muli %panels, %c64 : index
    %a = memref.subview %k[0, 0, 0] [%panels, 64, 64] [1, 1, 1] : memref<8x64x64xf32> to ...
    %b = memref.subview %s[0, 0] [60, %keys] [1, 1] : memref<60x512xf32> to ...
    structured.generic {...} ins(%q, %a : ...) outs(%b : ...) ...
    ...
    structured.generic {...} ins(%c, %d : memref<60x?xf32, ...>, memref<?x64xf32, ...>) ...
    ```
    """  # noqa: E501

    name = "structured-skip-hidden"

    least_keys: int = 256

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        totals: Totals = {}
        for block in [b for inner in op.walk() for r in inner.regions for b in r.blocks]:
            for group in list(groups(block, self.least_keys)):
                _skip(group, totals)


def _skip(group: Group, totals: Totals) -> None:
    """Restrict all ops of a group to the keys that the block's rows may see."""
    assert group.last is not None
    sizes = Sizes.before(group.first)
    panels = Search(sizes, group, totals).write()
    keys = sizes.min(sizes.mul(panels, group.panel), group.keys)
    scores = group.scores
    if scores.panel is None:
        _restrict(sizes, group.first, {scores.lanes}, keys)
    else:
        _restrict(sizes, group.first, {scores.panel}, panels)
    for op, dim in group.between:
        _restrict(sizes, op, {dim}, keys)
    _restrict(sizes, group.last, {group.values_dim}, keys)


def _restrict(sizes: Sizes, op: GenericOp, dims: Container[int], count: Size) -> None:
    """The op with the first values alone of one iterator."""
    sizes.builder = Builder(InsertPoint.before(op))
    box = [
        Range(0, count) if d in dims else Range(0, sizes.extent(op, d), True)
        for d in range(len(op.kinds))
    ]
    inputs, out, extra = operands_of(op)
    pieces: list[list[tuple[SSAValue, tuple[Linear, ...]]]] = []
    for operands in (inputs, [out], extra):
        parts = [slice_of(sizes, op, x, box, clamp=True) for x in operands]
        taken = [take(sizes, p.operand.value, p) for p in parts]
        pieces.append([(v, p.forms) for v, p in zip(taken, parts, strict=True)])
    new = restricted(sizes, op, box, Pieces(pieces[0], pieces[1][0], pieces[2]), op.schedule)
    new.location = op.location
    op.detach()
    op.erase()
