"""`structured-view-parts`: a write to a part of a buffer becomes a write to all of a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import memref
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    I64,
    DenseArrayBase,
    MemRefType,
    ModuleOp,
    NoneAttr,
    StridedLayoutAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp


@dataclass(frozen=True)
class StructuredViewParts(ModulePass):
    """Write to strided views of buffers where an op writes a static part of a buffer.

    The view's type tells neither where the part begins nor how large its buffer is, so that the
    pieces of concatenations share one kernel per shape of piece.

    Before:
    ```mlir
    structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1 + 64)], ...}
        ins(%x : memref<8x32xf32>) outs(%y : memref<8x96xf32>) ...
    ```
    After:
    ```mlir
    %part = memref.subview %y[0, 64] [8, 32] [1, 1]
        : memref<8x96xf32> to memref<8x32xf32, strided<[96, 1], offset: 64>>
    %view = memref.cast %part : ... to memref<8x32xf32, strided<[?, 1], offset: ?>>
    structured.generic {maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d0, d1)], ...}
        ins(%x : memref<8x32xf32>) outs(%view : memref<8x32xf32, strided<[?, 1], offset: ?>>) ...
    ```
    """

    name = "structured-view-parts"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp) and inner.result is None and not inner.reduction_dims:
                part = _part(inner)
                if part is not None:
                    _write_to_view(inner, part)


@dataclass(frozen=True)
class _Part:
    """Where a static part of a buffer begins, and its size."""

    offsets: tuple[int, ...]
    sizes: tuple[int, ...]


def _part(op: GenericOp) -> _Part | None:
    """The part that an op writes: one iterator per dimension, each step one element.

    What would fall outside of the buffer is not written, and so is no part of the view.
    """
    forms, shape = op.out_forms, _memref(op.outs).get_shape()
    offsets = tuple(form.constant for form in forms)
    if not isinstance(_memref(op.outs).layout, NoneAttr) or not (op.domain or any(offsets)):
        return None
    dims = [Linear(form.coefficients, 0).plain_dim for form in forms]
    extents = op.static_extents()
    extents = tuple(extents[d] for d in dims if d is not None)
    if DYNAMIC_INDEX in (*shape, *extents) or len(extents) < len(shape):
        return None
    if min(offsets, default=0) < 0:
        return None
    rooms = (size - offset for size, offset in zip(shape, offsets, strict=True))
    sizes = tuple(map(min, extents, rooms))
    return None if sizes == shape or min(sizes, default=0) < 0 else _Part(offsets, sizes)


def _memref(value: SSAValue) -> MemRefType[Attribute]:
    return cast(MemRefType[Attribute], value.type)


def _write_to_view(op: GenericOp, part: _Part) -> None:
    """Put the views before the op, and let it write to all of the last one."""
    rank = len(part.sizes)
    view = memref.SubviewOp.from_static_parameters(
        op.outs, _memref(op.outs), part.offsets, part.sizes, [1] * rank
    )
    layout = StridedLayoutAttr([None] * (rank - 1) + [1], None)
    anywhere = MemRefType(_memref(op.outs).element_type, part.sizes, cast(Any, layout))
    cast_op = memref.CastOp.get(view.result, anywhere)
    block = op.parent
    assert block is not None
    for new in cast(list[Operation], [view, cast_op]):
        new.location = op.location
        block.insert_op_before(new, op)
    forms = [Linear(form.coefficients, 0) for form in op.out_forms]
    op.operands[list(op.operands).index(op.outs)] = cast_op.dest
    maps = list(op.maps.data)
    maps[-1] = type(maps[-1])(map_of(forms, len(op.kinds)))
    op.maps = type(op.maps)(maps)
    op.domain = _remaining_domain(op)


def _remaining_domain(op: GenericOp) -> DenseArrayBase[I64] | None:
    """What `domain` tells of the iterators that the shape of `outs` does not."""
    counted = {form.plain_dim for form in op.out_forms}
    domain = [-1 if d in counted else n for d, n in enumerate(op.fixed_domain)]
    return None if all(n < 0 for n in domain) else DenseArrayBase.from_list(i64, domain)
