"""`memref` operations that make or describe buffers, and copies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from xdsl.dialects import llvm, memref
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    BoolAttr,
    MemRefType,
    NoneAttr,
    StridedLayoutAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.llvm import intrinsics
from dlir.lowering.loops_to_llvm.bounds import (
    all_of,
    available,
    inside,
    report_unless,
)
from dlir.lowering.loops_to_llvm.control import counted_loop
from dlir.lowering.loops_to_llvm.rounding import select
from dlir.lowering.loops_to_llvm.state import (
    Buffer,
    Index,
    Lowering,
    as_memref,
    element_bytes,
    identity_strides,
    memory_type,
    unsupported,
)


def unknown_count(type_: MemRefType[Attribute]) -> int:
    """How many `i64` follow the pointer of a memref argument: its `?` sizes and `?` strides."""
    return type_.get_shape().count(DYNAMIC_INDEX) + _layout_strides(type_).count(None)


def _layout_strides(type_: MemRefType[Attribute]) -> tuple[int | None, ...]:
    """The strides of a strided layout; none if the layout is the identity."""
    layout = type_.layout
    return tuple(layout.get_strides()) if isinstance(layout, StridedLayoutAttr) else ()


def argument_buffer(
    low: Lowering, type_: MemRefType[Attribute], pointer: SSAValue, unknown: Sequence[SSAValue]
) -> Buffer:
    """The buffer of a function argument; `unknown` holds its `?` sizes and strides."""
    rest = iter(unknown)
    shape = tuple(next(rest) if size == DYNAMIC_INDEX else size for size in type_.get_shape())
    buffer = _contiguous(low, pointer, shape, type_.element_type)
    known = _layout_strides(type_)
    if not known:
        return buffer
    strides = tuple(next(rest) if stride is None else stride for stride in known)
    return replace(buffer, strides=strides)


def _contiguous(
    low: Lowering, pointer: SSAValue, sizes: tuple[Index, ...], element: Attribute
) -> Buffer:
    strides = identity_strides(sizes, low.times)
    return Buffer(pointer, pointer, 0, sizes, strides, element)


def pass_buffer(low: Lowering, op: Operation, value: SSAValue) -> list[SSAValue]:
    """What a call passes for a memref: its pointer, its `?` sizes and its `?` strides."""
    buffer, type_ = low.buffer(value), _memref(value)
    if not isinstance(type_.layout, NoneAttr | StridedLayoutAttr):
        unsupported(op, "passes a memref whose layout is not strided")
    shape = [None if size == DYNAMIC_INDEX else size for size in type_.get_shape()]
    known = (*shape, *_layout_strides(type_))
    entries = (*buffer.sizes, *buffer.strides)[: len(known)]
    unknown = [low.integer(e) for e, k in zip(entries, known, strict=True) if k is None]
    return [low.step(buffer.pointer, buffer.offset, buffer.element), *unknown]


def _memref(value: SSAValue) -> MemRefType[Attribute]:
    type_ = as_memref(value.type)
    assert type_ is not None
    return type_


def _mixed(low: Lowering, static: Sequence[int], dynamic: Sequence[SSAValue]) -> list[Index]:
    """Static entries and the operands that stand for the dynamic ones."""
    operands = iter(dynamic)
    return [low.index(next(operands)) if n == DYNAMIC_INDEX else n for n in static]


def _entries(low: Lowering, op: memref.SubviewOp | memref.ReinterpretCastOp) -> list[list[Index]]:
    """Offsets, sizes and strides of a view."""
    return [
        _mixed(low, op.static_offsets.get_values(), op.offsets),
        _mixed(low, op.static_sizes.get_values(), op.sizes),
        _mixed(low, op.static_strides.get_values(), op.strides),
    ]


def convert_subview(low: Lowering, op: Operation) -> None:
    """Moves the pointer; drops the unit dimensions that the result type lacks.

    With bounds checks the view's sizes end where its source ends.
    """
    assert isinstance(op, memref.SubviewOp)
    source = low.buffer(op.source)
    offsets, sizes, strides = _entries(low, op)
    result = source
    for offset, stride in zip(offsets, source.strides, strict=True):
        result = low.moved(result, low.times(offset, stride))
    steps = [low.times(a, b) for a, b in zip(strides, source.strides, strict=True)]
    kept = _kept_dimensions(op.result.type.get_shape(), sizes)
    if low.module.checked:
        places = zip(offsets, sizes, strides, source.sizes, strict=True)
        sizes = [available(low, *place) for place in places]
    low.bind(
        op.result,
        Buffer(
            source.root,
            result.pointer,
            result.offset,
            tuple(sizes[i] for i in kept),
            tuple(steps[i] for i in kept),
            source.element,
        ),
    )


def _kept_dimensions(shape: Sequence[int], sizes: Sequence[Index]) -> list[int]:
    """Which dimensions of a subview are in its (maybe rank-reduced) result type."""
    kept: list[int] = []
    surplus = len(sizes) - len(shape)
    for i, size in enumerate(sizes):
        wanted = shape[len(kept)] if len(kept) < len(shape) else None
        if surplus and size == 1 and (wanted != 1 or i - len(kept) < surplus):
            surplus -= 1
        else:
            kept.append(i)
    return kept


def convert_reinterpret_cast(low: Lowering, op: Operation) -> None:
    """Starts again from the source's root pointer, with the offsets, sizes and strides given."""
    assert isinstance(op, memref.ReinterpretCastOp)
    source = low.buffer(op.source)
    offsets, sizes, strides = _entries(low, op)
    start = Buffer(source.root, source.root, 0, tuple(sizes), tuple(strides), source.element)
    low.bind(op.result, low.moved(start, offsets[0] if offsets else 0))


def convert_view(low: Lowering, op: Operation) -> None:
    """A typed, contiguous window into a buffer of bytes."""
    assert isinstance(op, memref.ViewOp)
    source = low.buffer(op.source)
    type_ = op.result.type
    shift = low.plus(low.index(op.byte_shift), source.offset)
    pointer = low.step(source.pointer, shift, source.element)
    sizes = tuple(_mixed(low, type_.get_shape(), op.sizes))
    view = _contiguous(low, pointer, sizes, type_.element_type)
    if low.module.checked:
        size: Index = element_bytes(view.element)
        for extent in sizes:
            size = low.times(size, extent)
        whole = inside(low, [low.index(op.byte_shift)], [size], source.sizes)
        report_unless(low, op, whole, "a view leaves its buffer")
        nothing = low.integer(0)
        usable = tuple(select(low, whole, low.integer(extent), nothing) for extent in sizes)
        view = replace(view, sizes=usable)
    low.bind(op.result, view)


def convert_cast(low: Lowering, op: Operation) -> None:
    """The same buffer; sizes that the result type knows become constants."""
    source = low.buffer(op.operands[0])
    type_ = op.results[0].type
    if not isinstance(type_, MemRefType):
        unsupported(op, "makes an unranked memref")
    sizes = tuple(
        old if new == DYNAMIC_INDEX else new
        for old, new in zip(source.sizes, type_.get_shape(), strict=True)
    )
    low.bind(
        op.results[0],
        Buffer(source.root, source.pointer, source.offset, sizes, source.strides, source.element),
    )


def convert_dim(low: Lowering, op: Operation) -> None:
    """A size; the dimension's number must be a constant."""
    assert isinstance(op, memref.DimOp)
    number = low.index(op.index)
    if not isinstance(number, int):
        unsupported(op, "needs a constant dimension number")
    low.bind(op.result, (low.integer(low.buffer(op.source).sizes[number]),))


def convert_address(low: Lowering, op: Operation) -> None:
    """Where the memory of the root begins."""
    assert isinstance(op, memref.ExtractAlignedPointerAsIndexOp)
    root = low.buffer(op.source).root
    low.bind(op.aligned_pointer, (low.emit(llvm.PtrToIntOp, (root,), i64),))


def convert_alloca(low: Lowering, op: Operation) -> None:
    """Static stack memory, allocated once at function entry."""
    assert isinstance(op, memref.AllocaOp)
    shape = op.memref.type.get_shape()
    if DYNAMIC_INDEX in shape:
        unsupported(op, "needs a static shape")
    element = op.memref.type.element_type
    pointer = low.alloca(memory_type(element), prod(shape), 64)
    low.bind(op.memref, _contiguous(low, pointer, tuple(shape), element))


def convert_copy(low: Lowering, op: Operation) -> None:
    """`memcpy` of the longest contiguous pieces, in a nest of loops over the rest."""
    assert isinstance(op, memref.CopyOp)
    source, target = low.buffer(op.source), low.buffer(op.destination)
    if low.module.checked:
        same = [
            low.compare(0, low.integer(a), low.integer(b))
            for a, b in zip(source.sizes, target.sizes, strict=True)
        ]
        report_unless(low, op, all_of(low, same), "a copy between different shapes")
    _copy(low, source, target, 0)


def _copy(low: Lowering, source: Buffer, target: Buffer, dimension: int) -> None:
    """Copy the part of two buffers that dimensions before `dimension` have selected."""
    sizes = source.sizes[dimension:]
    contiguous = identity_strides(sizes, low.times)
    if source.strides[dimension:] == contiguous == target.strides[dimension:]:
        size: Index = element_bytes(source.element)
        for extent in sizes:
            size = low.times(size, extent)
        low.add(
            intrinsics.MemcpyOp.create(
                operands=(pointer_of(low, target), pointer_of(low, source), low.integer(size)),
                properties={"isVolatile": BoolAttr.from_bool(False)},
            )
        )
        return

    def body(number: SSAValue) -> None:
        _copy(
            low,
            low.moved(source, low.times(number, source.strides[dimension])),
            low.moved(target, low.times(number, target.strides[dimension])),
            dimension + 1,
        )

    counted_loop(low, low.integer(sizes[0]), body)


def pointer_of(low: Lowering, buffer: Buffer) -> SSAValue:
    return low.step(buffer.pointer, buffer.offset, buffer.element)
