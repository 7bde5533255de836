"""Loads and stores of `memref` and `vector`.

Each computes one pointer and reaches the rows of a vector at constant distances from it.  With
bounds checks every access is compared with its memref's sizes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from xdsl.dialects import arith, llvm, vector
from xdsl.dialects.builtin import (
    IndexType,
    IntegerAttr,
    UnitAttr,
    i1,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.buffers import PrefetchOp
from dlir.dialects.llvm import intrinsics
from dlir.dialects.shared import integer_attr
from dlir.dialects.vectorized import as_vector
from dlir.lowering.loops_to_llvm.bounds import (
    guarded,
    masks_inside,
    when,
)
from dlir.lowering.loops_to_llvm.state import (
    Buffer,
    Index,
    Lowering,
    Rows,
    element_bytes,
    line_type,
    memory_type,
    row_types,
    shape_of,
    unsupported,
)
from dlir.lowering.loops_to_llvm.views import pointer_of

_ORDERING = IntegerAttr(0, i64)
LINE_BYTES = 64


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
        pointers.append(pointer_of(low, line))
    return pointers


def _properties(element: Attribute) -> dict[str, Attribute]:
    """Those of `llvm.load` and `llvm.store`."""
    return {"ordering": _ORDERING, "alignment": integer_attr(element_bytes(element), i64)}


def _load(low: Lowering, pointer: SSAValue, element: Attribute, length: int) -> SSAValue:
    """Load one contiguous row; `i1` from bytes."""
    type_ = line_type(element, length)
    stored = line_type(memory_type(element), length)
    value = low.emit(llvm.LoadOp, (pointer,), stored, _properties(element))
    if stored == type_:
        return value
    return low.emit(llvm.TruncOp, (value,), type_, {"overflowFlags": llvm.OverflowAttr("none")})


def _in_memory(low: Lowering, value: SSAValue, element: Attribute) -> SSAValue:
    """A row as it is stored: `i1` widened to bytes."""
    if element != i1:
        return value
    length = prod(shape_of(value.type))
    return low.emit(llvm.ZExtOp, (value,), line_type(memory_type(element), length))


def _store(
    low: Lowering,
    value: SSAValue,
    pointer: SSAValue,
    element: Attribute,
    line: Attribute | None = None,
) -> None:
    """Store one contiguous row; past the caches where it begins at a `line`."""
    properties = _properties(element)
    if line is not None:
        low.streams = True
        properties |= {"alignment": line, "nontemporal": UnitAttr()}
    operands = (_in_memory(low, value, element), pointer)
    low.add(llvm.StoreOp.create(operands=operands, properties=properties))


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
    low: Lowering,
    rows: Rows,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    line: Attribute | None,
) -> None:
    length = shape[-1] if shape else 1
    pointers = _line_pointers(low, buffer, indices, shape)
    for row, pointer in zip(rows, pointers, strict=True):
        if length == 1 or buffer.strides[-1] == 1:
            _store(low, row, pointer, buffer.element, line)
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

    low.bind(result, guarded(low, op, buffer, indices, shape, row_types(result.type), access))


def convert_store(low: Lowering, op: Operation) -> None:
    """`memref.store` and `vector.store`."""
    buffer = low.buffer(op.operands[1])
    rows = low.rows(op.operands[0])
    indices = [low.index(index) for index in op.operands[2:]]
    shape = shape_of(op.operands[0].type)
    line = _line_of(op)

    def access() -> Rows:
        _store_lines(low, rows, buffer, indices, shape, line)
        return ()

    guarded(low, op, buffer, indices, shape, [], access)


def _line_of(op: Operation) -> Attribute | None:
    """The `alignment` of a store past the caches; one that is not known to begin at a line is an
    ordinary store, for such instructions would fail."""
    past = op.nontemporal if isinstance(op, vector.StoreOp) else None
    line = op.attributes.get("alignment")
    if past is None or not past.value.data or not isinstance(line, IntegerAttr):
        return None
    return integer_attr(LINE_BYTES, i64) if line.value.data % LINE_BYTES == 0 else None


def convert_prefetch(low: Lowering, op: Operation) -> None:
    """`llvm.intr.prefetch`, which may point anywhere: nothing to check."""
    assert isinstance(op, PrefetchOp)
    indices = [low.index(index) for index in op.indices]
    pointer = _line_pointers(low, low.buffer(op.memref), indices, ())[0]
    write, data = (bool(flag.value.data) for flag in (op.isWrite, op.isDataCache))
    hint = op.localityHint.value.data
    low.add(intrinsics.PrefetchOp(pointer, write=write, hint=hint, data=data))


def _unit_stride(op: Operation, buffer: Buffer) -> None:
    if buffer.strides and buffer.strides[-1] != 1:
        unsupported(op, "needs a memref whose innermost stride is 1")


def _masked_places(
    low: Lowering,
    op: Operation,
    buffer: Buffer,
    indices: Sequence[Index],
    shape: tuple[int, ...],
    masks: Rows,
) -> tuple[list[SSAValue], Rows]:
    """Row pointers and masks; with bounds checks, lanes outside the memref are switched off."""
    _unit_stride(op, buffer)
    if low.module.checked:
        masks = masks_inside(low, op, buffer, indices, shape, masks)
    return _line_pointers(low, buffer, indices, shape), masks


def convert_masked_load(low: Lowering, op: Operation) -> None:
    """One `llvm.intr.masked.load` per row."""
    assert isinstance(op, vector.MaskedLoadOp)
    buffer = low.buffer(op.base)
    indices = [low.index(index) for index in op.indices]
    shape = shape_of(op.result.type)
    pointers, masks = _masked_places(low, op, buffer, indices, shape, low.rows(op.mask))
    rows = tuple(
        _masked_load(low, pointer, mask, otherwise, buffer.element)
        for pointer, mask, otherwise in zip(pointers, masks, low.rows(op.pass_thru), strict=True)
    )
    low.bind(op.result, rows)


def _masked_load(
    low: Lowering, pointer: SSAValue, mask: SSAValue, otherwise: SSAValue, element: Attribute
) -> SSAValue:
    if as_vector(otherwise.type) is None:
        return when(low, mask, [otherwise], lambda: (_load(low, pointer, element, 1),))[0]
    stored = _in_memory(low, otherwise, element)
    value = low.emit(
        intrinsics.MaskedLoadOp,
        (pointer, mask, stored),
        stored.type,
        {"alignment": integer_attr(element_bytes(element), i32)},
    )
    if element != i1:
        return value
    return low.emit(
        llvm.TruncOp, (value,), otherwise.type, {"overflowFlags": llvm.OverflowAttr("none")}
    )


def convert_masked_store(low: Lowering, op: Operation) -> None:
    """One `llvm.intr.masked.store` per row.

    A mask that is known to have one lane becomes a store of that lane: of a truncated value, LLVM
    (22.1, on AVX-512) would write the whole number in the place of its low bits.
    """
    assert isinstance(op, vector.MaskedStoreOp)
    buffer = low.buffer(op.base)
    indices = [low.index(index) for index in op.indices]
    shape = shape_of(op.value_to_store.type)
    pointers, masks = _masked_places(low, op, buffer, indices, shape, low.rows(op.mask))
    for row, pointer, mask in zip(low.rows(op.value_to_store), pointers, masks, strict=True):
        if _is_first_lane(op.mask) and not low.module.checked:
            _store(low, low.extract(row, 0), pointer, buffer.element)
        else:
            _masked_store(low, row, pointer, mask, buffer.element)


def _is_first_lane(mask: SSAValue) -> bool:
    """Whether it is the mask of one line that lets through its first lane alone."""
    maker = mask.owner
    if not isinstance(maker, vector.CreateMaskOp) or len(maker.mask_dim_sizes) != 1:
        return False
    size = maker.mask_dim_sizes[0].owner
    return isinstance(size, arith.ConstantOp) and size.value == integer_attr(1, IndexType())


def _masked_store(
    low: Lowering, row: SSAValue, pointer: SSAValue, mask: SSAValue, element: Attribute
) -> None:
    if as_vector(row.type) is None:

        def access() -> Rows:
            _store(low, row, pointer, element)
            return ()

        when(low, mask, [], access)
        return
    low.add(
        intrinsics.MaskedStoreOp.create(
            operands=(_in_memory(low, row, element), pointer, mask),
            properties={"alignment": integer_attr(element_bytes(element), i32)},
        )
    )
