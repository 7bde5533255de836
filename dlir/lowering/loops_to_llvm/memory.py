"""`memref` operations and the loads and stores of `vector`.

Views change a `Buffer`; loads and stores compute one pointer and reach the rows of a vector at
constant distances from it.  With bounds checks every access is compared with its memref's sizes
first; one that would leave them sets the status word and does not touch memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod

from xdsl.dialects import llvm, memref, vector
from xdsl.dialects.builtin import (
    NoneAttr,
    DYNAMIC_INDEX,
    BoolAttr,
    IntegerAttr,
    MemRefType,
    VectorType,
    i1,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.llvm import ops as ours
from dlir.lowering.loops_to_llvm.control import counted_loop, report
from dlir.lowering.loops_to_llvm.elementwise import select
from dlir.lowering.loops_to_llvm.state import (
    POINTER,
    Buffer,
    Index,
    Lowering,
    Rows,
    element_bytes,
    identity_strides,
    line_type,
    memory_type,
    row_types,
    shape_of,
    unsupported,
)
from dlir.lowering.loops_to_llvm.vectors import lane_mask


def argument_buffer(
    low: Lowering, type_: MemRefType[Attribute], pointer: SSAValue, sizes: Sequence[SSAValue]
) -> Buffer:
    """The buffer of a function argument: contiguous, `sizes` holding its `?` dimensions."""
    dynamic = iter(sizes)
    shape = tuple(next(dynamic) if size == DYNAMIC_INDEX else size for size in type_.get_shape())
    return _contiguous(low, pointer, shape, type_.element_type)


def _contiguous(
    low: Lowering, pointer: SSAValue, sizes: tuple[Index, ...], element: Attribute
) -> Buffer:
    strides = identity_strides(sizes, low.times)
    return Buffer(pointer, pointer, 0, sizes, strides, element)


def pass_buffer(low: Lowering, op: Operation, value: SSAValue) -> list[SSAValue]:
    """What a call passes for a memref: its pointer and its `?` sizes."""
    buffer = low.buffer(value)
    assert isinstance(value.type, MemRefType)
    if not isinstance(value.type.layout, NoneAttr):
        unsupported(op, "passes a memref that is not contiguous")
    sizes = [
        low.integer(size)
        for size, known in zip(buffer.sizes, value.type.get_shape(), strict=True)
        if known == DYNAMIC_INDEX
    ]
    return [low.step(buffer.pointer, buffer.offset, buffer.element), *sizes]


# Views.


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
    """Moves the pointer; drops the unit dimensions that the result type lacks."""
    assert isinstance(op, memref.SubviewOp)
    source = low.buffer(op.source)
    offsets, sizes, strides = _entries(low, op)
    result = source
    for offset, stride in zip(offsets, source.strides, strict=True):
        result = low.moved(result, low.times(offset, stride))
    steps = [low.times(a, b) for a, b in zip(strides, source.strides, strict=True)]
    kept = _kept_dimensions(op.result.type.get_shape(), sizes)
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
        inside = _inside(low, [low.index(op.byte_shift)], [size], source.sizes)
        _report_unless(low, op, inside, "a view leaves its buffer")
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
        _report_unless(low, op, _all(low, same), "a copy between different shapes")
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
            ours.MemcpyOp.create(
                operands=(_pointer(low, target), _pointer(low, source), low.integer(size)),
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


def _pointer(low: Lowering, buffer: Buffer) -> SSAValue:
    return low.step(buffer.pointer, buffer.offset, buffer.element)


# Accesses.


def _line_pointers(
    low: Lowering, buffer: Buffer, indices: Sequence[Index], shape: Sequence[int]
) -> list[SSAValue]:
    """The pointers of the rows of an n-D vector at `indices`; its dims are the trailing ones."""
    place = buffer
    for index, stride in zip(indices, buffer.strides, strict=True):
        place = low.moved(place, low.times(index, stride))
    outer = buffer.strides[len(buffer.strides) - len(shape) : len(buffer.strides) - 1]
    pointers: list[SSAValue] = []
    for position in product(*map(range, shape[:-1])):
        line = place
        for index, stride in zip(position, outer, strict=True):
            line = low.moved(line, low.times(index, stride))
        pointers.append(_pointer(low, line))
    return pointers


def _load(low: Lowering, pointer: SSAValue, element: Attribute, length: int) -> SSAValue:
    """Load one contiguous row; `i1` from bytes."""
    type_ = line_type(element, length)
    stored = line_type(memory_type(element), length)
    properties = {
        "ordering": IntegerAttr(0, i64),
        "alignment": IntegerAttr(element_bytes(element), i64),
    }
    value = low.emit(llvm.LoadOp, (pointer,), stored, properties)
    if stored == type_:
        return value
    return low.emit(llvm.TruncOp, (value,), type_, {"overflowFlags": llvm.OverflowAttr("none")})


def _in_memory(low: Lowering, value: SSAValue, element: Attribute) -> SSAValue:
    """A row as it is stored: `i1` widened to bytes."""
    if element != i1:
        return value
    length = prod(shape_of(value.type))
    return low.emit(llvm.ZExtOp, (value,), line_type(memory_type(element), length))


def _store(low: Lowering, value: SSAValue, pointer: SSAValue, element: Attribute) -> None:
    low.add(
        llvm.StoreOp.create(
            operands=(_in_memory(low, value, element), pointer),
            properties={
                "ordering": IntegerAttr(0, i64),
                "alignment": IntegerAttr(element_bytes(element), i64),
            },
        )
    )


def _load_lines(
    low: Lowering, buffer: Buffer, indices: Sequence[Index], shape: tuple[int, ...]
) -> Rows:
    """All rows of a vector (or the one scalar of shape `()`)."""
    length = shape[-1] if shape else 1
    pointers = _line_pointers(low, buffer, indices, shape)
    if length == 1 or buffer.strides[-1] == 1:
        return tuple(_load(low, pointer, buffer.element, length) for pointer in pointers)
    return tuple(_load_strided(low, buffer, pointer, length) for pointer in pointers)


def _load_strided(low: Lowering, buffer: Buffer, pointer: SSAValue, length: int) -> SSAValue:
    row = low.poison(line_type(buffer.element, length))
    for lane in range(length):
        place = low.step(pointer, low.times(lane, buffer.strides[-1]), buffer.element)
        row = low.insert(row, lane, _load(low, place, buffer.element, 1))
    return row


def _store_lines(
    low: Lowering, rows: Rows, buffer: Buffer, indices: Sequence[Index], shape: tuple[int, ...]
) -> None:
    length = shape[-1] if shape else 1
    pointers = _line_pointers(low, buffer, indices, shape)
    for row, pointer in zip(rows, pointers, strict=True):
        if length == 1 or buffer.strides[-1] == 1:
            _store(low, row, pointer, buffer.element)
            continue
        for lane in range(length):
            place = low.step(pointer, low.times(lane, buffer.strides[-1]), buffer.element)
            _store(low, low.extract(row, lane), place, buffer.element)


def convert_load(low: Lowering, op: Operation) -> None:
    """`memref.load` and `vector.load`."""
    buffer, result = low.buffer(op.operands[0]), op.results[0]
    indices = [low.index(index) for index in op.operands[1:]]
    shape = shape_of(result.type)

    def access() -> Rows:
        return _load_lines(low, buffer, indices, shape)

    low.bind(result, _checked(low, op, buffer, indices, shape, row_types(result.type), access))


def convert_store(low: Lowering, op: Operation) -> None:
    """`memref.store` and `vector.store`."""
    buffer = low.buffer(op.operands[1])
    rows = low.rows(op.operands[0])
    indices = [low.index(index) for index in op.operands[2:]]
    shape = shape_of(op.operands[0].type)

    def access() -> Rows:
        _store_lines(low, rows, buffer, indices, shape)
        return ()

    _checked(low, op, buffer, indices, shape, [], access)


def _unit_stride(op: Operation, buffer: Buffer) -> None:
    if buffer.strides and buffer.strides[-1] != 1:
        unsupported(op, "needs a memref whose innermost stride is 1")


def _masked_places(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    type_: VectorType[Attribute],
    masks: Rows,
) -> tuple[list[SSAValue], Rows]:
    """Row pointers and masks; with bounds checks, lanes outside the memref are switched off."""
    shape = type_.get_shape()
    _unit_stride(op, buffer)
    if low.module.checked:
        masks = _masks_inside(low, op, buffer, indices, shape, masks)
    return _line_pointers(low, buffer, indices, shape), masks


def convert_masked_load(low: Lowering, op: Operation) -> None:
    """One `llvm.intr.masked.load` per row."""
    assert isinstance(op, vector.MaskedLoadOp)
    buffer = low.buffer(op.base)
    indices = [low.index(index) for index in op.indices]
    assert isinstance(op.result.type, VectorType)
    pointers, masks = _masked_places(low, op, buffer, indices, op.result.type, low.rows(op.mask))
    rows = tuple(
        _masked_load(low, pointer, mask, otherwise, buffer.element)
        for pointer, mask, otherwise in zip(pointers, masks, low.rows(op.pass_thru), strict=True)
    )
    low.bind(op.result, rows)


def _masked_load(
    low: Lowering, pointer: SSAValue, mask: SSAValue, otherwise: SSAValue, element: Attribute
) -> SSAValue:
    if not isinstance(otherwise.type, VectorType):
        return _when(low, mask, [otherwise], lambda: (_load(low, pointer, element, 1),))[0]
    stored = _in_memory(low, otherwise, element)
    value = low.emit(
        ours.MaskedLoadOp,
        (pointer, mask, stored),
        stored.type,
        {"alignment": IntegerAttr(element_bytes(element), i32)},
    )
    if element != i1:
        return value
    return low.emit(
        llvm.TruncOp, (value,), otherwise.type, {"overflowFlags": llvm.OverflowAttr("none")}
    )


def convert_masked_store(low: Lowering, op: Operation) -> None:
    """One `llvm.intr.masked.store` per row."""
    assert isinstance(op, vector.MaskedStoreOp)
    buffer = low.buffer(op.base)
    indices = [low.index(index) for index in op.indices]
    assert isinstance(op.value_to_store.type, VectorType)
    pointers, masks = _masked_places(
        low, op, buffer, indices, op.value_to_store.type, low.rows(op.mask)
    )
    for row, pointer, mask in zip(low.rows(op.value_to_store), pointers, masks, strict=True):
        _masked_store(low, row, pointer, mask, buffer.element)


def _masked_store(
    low: Lowering, row: SSAValue, pointer: SSAValue, mask: SSAValue, element: Attribute
) -> None:
    if not isinstance(row.type, VectorType):

        def access() -> Rows:
            _store(low, row, pointer, element)
            return ()

        _when(low, mask, [], access)
        return
    low.add(
        ours.MaskedStoreOp.create(
            operands=(_in_memory(low, row, element), pointer, mask),
            properties={"alignment": IntegerAttr(element_bytes(element), i32)},
        )
    )


# Bounds checks.


def _all(low: Lowering, conditions: Sequence[SSAValue]) -> SSAValue:
    result = low.integer(1, i1)
    for condition in conditions:
        result = low.emit(llvm.AndOp, (result, condition), i1)
    return result


def _inside(
    low: Lowering, indices: Sequence[Index], extents: Sequence[Index], sizes: Sequence[Index]
) -> SSAValue:
    """Whether `0 <= index` and `index + extent <= size` in every dimension."""
    conditions: list[SSAValue] = []
    for index, extent, size in zip(indices, extents, sizes, strict=True):
        start = low.integer(index)
        conditions.append(low.compare(5, start, low.integer(0)))
        end = low.integer(low.plus(start, extent))
        conditions.append(low.compare(3, end, low.integer(size)))
    return _all(low, conditions)


def _when(
    low: Lowering, condition: SSAValue, otherwise: Sequence[SSAValue], access: Callable[[], Rows]
) -> Rows:
    """`access()` if the condition holds, else the rows `otherwise`."""
    then, merge = low.new_block(), low.new_block([row.type for row in otherwise])
    low.branch_if(condition, then, (), merge, otherwise)
    low.block = then
    low.branch(merge, access())
    low.block = merge
    return tuple(merge.args)


def _report_unless(low: Lowering, op: Operation, condition: SSAValue, text: str) -> None:
    report(low, condition, f"{text}: {op.name} at {op.location}")  # pyright: ignore


def _checked(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    types: Sequence[Attribute],
    access: Callable[[], Rows],
) -> Rows:
    """The access itself, or guarded: zeros, and a message, where it would leave the memref."""
    if not low.module.checked:
        return access()
    extents = (1,) * (len(indices) - len(shape)) + shape
    inside = _inside(low, indices, extents, buffer.sizes)
    _report_unless(low, op, inside, "out of bounds")
    zeros = [low.splat_constant(0, type_) for type_ in types]
    return _when(low, inside, zeros, access)


def _masks_inside(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    masks: Rows,
) -> Rows:
    """The masks without the lanes outside the memref; reports if there were any."""
    outer = len(indices) - len(shape)
    result: list[SSAValue] = []
    for position, mask in zip(product(*map(range, shape[:-1])), masks, strict=True):
        places = [
            low.plus(index, position[i - outer] if 0 <= i - outer < len(position) else 0)
            for i, index in enumerate(indices)
        ]
        room = low.plus(buffer.sizes[-1], low.times(places[-1], -1))
        lanes = lane_mask(low, low.integer(room), shape[-1])
        start_inside = _inside(low, places, [1] * (len(places) - 1) + [0], buffer.sizes)
        allowed = select(low, start_inside, lanes, low.splat_constant(0, lanes.type))
        kept = low.emit(llvm.AndOp, (mask, allowed), mask.type)
        lost = low.emit(llvm.XOrOp, (mask, kept), mask.type)
        _report_unless(low, op, _none_set(low, lost), "out of bounds")
        result.append(kept)
    return tuple(result)


def _none_set(low: Lowering, mask: SSAValue) -> SSAValue:
    """Whether no lane of a mask is set."""
    length = prod(shape_of(mask.type))
    from xdsl.dialects.builtin import IntegerType

    bits = IntegerType(length)
    number = mask if mask.type == bits else low.emit(llvm.BitcastOp, (mask,), bits)
    return low.compare(0, number, low.integer(0, bits))


__all__ = [
    "POINTER",
    "argument_buffer",
    "convert_alloca",
    "convert_cast",
    "convert_copy",
    "convert_dim",
    "convert_load",
    "convert_masked_load",
    "convert_masked_store",
    "convert_reinterpret_cast",
    "convert_store",
    "convert_subview",
    "convert_view",
    "pass_buffer",
]
