"""Shapes that are computed: what their sizes are is read off the `dl` ops that compute them.

Exporters make the sizes of a result from those of the arguments, as small integer tensors. `dl` ops
take sizes as index values, so the same arithmetic is made on these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from xdsl.dialects import arith, cf, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr, IntegerType, i1
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.stablehlo.shapes import ints_of, number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import (
    Emitter,
    Size,
    dl_op,
    is_static,
    unsupported,
)
from dlir.lowering.stablehlo_to_dl.movement import padded, placed

MAX_SIZES = 64
"""Tensors of sizes are small; what has more items is no shape."""


def _truncated(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


ARITHMETIC: dict[type[DlOp], tuple[Callable[[int, int], int], type[Operation]]] = {
    b.AddOp: (lambda x, y: x + y, arith.AddiOp),
    b.SubOp: (lambda x, y: x - y, arith.SubiOp),
    b.MulOp: (lambda x, y: x * y, arith.MuliOp),
    b.DivOp: (_truncated, arith.DivSIOp),
    b.FmodOp: (lambda x, y: x - _truncated(x, y) * y, arith.RemSIOp),
    b.MaxOp: (max, arith.MaxSIOp),
    b.MinOp: (min, arith.MinSIOp),
    b.AndOp: (lambda x, y: x & y, arith.AndIOp),
    b.OrOp: (lambda x, y: x | y, arith.OrIOp),
    b.XorOp: (lambda x, y: x ^ y, arith.XOrIOp),
}
"""`dl` op -> what it does to numbers, and the op that does it to index values."""

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
}


def sizes_in(e: Emitter, x: SSAValue) -> list[Size]:
    """The items of a small tensor of integers (as sizes) or booleans (as 0 and 1, or i1)."""
    if x in e.sizes_of:
        return [e.sizes_of[x]]
    shape = shape_of(x)
    if not is_static(shape) or rank_of(x) > 1 or (rank_of(x) == 1 and shape[0] > MAX_SIZES):
        unsupported(f"sizes of type {x.type}")
    op = dl_op(x)
    found = None if op is None else _read(e, op)
    return _extracted(e, x) if found is None else found


def _read(e: Emitter, op: DlOp) -> list[Size] | None:
    """The items as arithmetic on index values; None for ops that no shapes are made of."""
    result = op.results[0]
    count = 1 if not rank_of(result) else shape_of(result)[0]
    if isinstance(op, ConstantOp):
        return [int(n) & 1 if element_of(result) == i1 else int(n) for n in op.value.get_values()]
    if isinstance(op, mv.ReshapeOp | b.CastOp):
        return sizes_in(e, op.operands[0])
    if isinstance(op, mv.BroadcastOp):
        items = sizes_in(e, op.x)
        return items * count if len(items) == 1 else items
    if isinstance(op, mv.ConcatOp):
        return [item for value in op.inputs for item in sizes_in(e, value)]
    if isinstance(op, mv.SliceOp):
        (start,), (step,) = op.offsets.get_values(), op.strides.get_values()
        items = sizes_in(e, op.x)
        return [items[start + i * step] for i in range(count)]
    columns = _columns(e, op, count)
    return None if columns is None else [_item(e, op, column) for column in columns]


def _columns(e: Emitter, op: DlOp, count: int) -> list[tuple[Size, ...]] | None:
    """The operands' items, one tuple per item of an elementwise op's result."""
    kinds = (*ARITHMETIC, b.CompareOp, b.SelectOp, m.NegOp, m.SignOp, m.NotOp)
    if not isinstance(op, kinds) or any(
        not isinstance(element_of(value), IntegerType) for value in op.operands
    ):
        return None
    rows = [sizes_in(e, value) for value in op.operands]
    return list(zip(*(row * count if len(row) == 1 else row for row in rows), strict=True))


def _item(e: Emitter, op: DlOp, items: tuple[Size, ...]) -> Size:
    known = all(isinstance(item, int) for item in items)
    if type(op) in ARITHMETIC:
        compute, kind = ARITHMETIC[type(op)]
        if known and not (items[1] == 0 and kind in (arith.DivSIOp, arith.RemSIOp)):
            return compute(*cast(Any, items))
        return e.emit(cast(Any, kind)(*_alike(e, items)))
    if isinstance(op, b.CompareOp):
        predicate = op.predicate.data.value
        if known:
            return int(COMPARISONS[predicate](*cast(Any, items)))
        signed = predicate if predicate in ("eq", "ne") else f"s{predicate}"
        left, right = _alike(e, items)
        return e.emit(arith.CmpiOp(left, right, signed))
    if isinstance(op, b.SelectOp):
        condition, *choices = items
        if isinstance(condition, int):
            return choices[0 if condition else 1]
        on_true, on_false = _alike(e, choices)
        return e.emit(arith.SelectOp(condition, on_true, on_false))
    (item,) = items
    if isinstance(op, m.SignOp):
        return _sign(e, item)
    if isinstance(op, m.NotOp):
        if isinstance(item, int):
            return 1 - item
        flag, true = _alike(e, (item, 1))
        return e.emit(arith.XOrIOp(flag, true))
    return e.difference(0, item)


def _sign(e: Emitter, item: Size) -> Size:
    """-1, 0 or 1: max(min(n, 1), -1)"""
    if isinstance(item, int):
        return (item > 0) - (item < 0)
    below = e.emit(arith.MinSIOp(item, e.index(1)))
    return e.emit(arith.MaxSIOp(below, e.index(-1)))


def _alike(e: Emitter, items: Sequence[Size]) -> list[SSAValue]:
    """The items as values of one type: i1 if one of them is."""
    boolean = any(not isinstance(item, int) and item.type == i1 for item in items)
    return [
        e.emit(arith.ConstantOp(IntegerAttr(item, i1 if boolean else IndexType())))
        if isinstance(item, int)
        else item
        for item in items
    ]


def _extracted(e: Emitter, x: SSAValue) -> list[Size]:
    """The items of a tensor that is computed."""
    element = element_of(x)
    count = 1 if not rank_of(x) else shape_of(x)[0]
    items: list[Size] = []
    for i in range(count):
        item = e.emit(tensor.ExtractOp(x, [e.index(i)] * rank_of(x), element))
        plain = element == i1 or isinstance(element, IndexType)
        items.append(item if plain else e.emit(arith.IndexCastOp(item, IndexType())))
    return items


def shape_in(e: Emitter, x: SSAValue, type: Attribute) -> list[Size]:
    """The shape that a tensor holds, with the sizes that the result's type knows."""
    known = cast(Any, type).get_shape()
    return [n if n != DYNAMIC_INDEX else size
            for n, size in zip(known, sizes_in(e, x), strict=True)]  # fmt: skip


# Rules


def get_dimension_size(e: Emitter, op: Operation) -> SSAValue:
    size = e.size(op.operands[0], number_of(op, "dimension"))
    return e.counted(size, element_of(op.results[0]))


def set_dimension_size(e: Emitter, op: Operation) -> SSAValue:
    """The elements before the new size, which is no larger than the old one: `dl` knows no elements
    behind the last."""
    x, axis = op.operands[0], number_of(op, "dimension")
    (size,) = sizes_in(e, op.operands[1])
    shape = e.shape(x)
    old, shape[axis] = shape[axis], size
    if isinstance(size, int) and isinstance(old, int):
        if not 0 <= size <= old:
            unsupported(f"size {size} of a dimension of size {old}")
    else:
        _assert_within(e, size, old)
    return e.slice(x, [0] * len(shape), shape)


def _assert_within(e: Emitter, size: Size, old: Size) -> None:
    """Whether 0 <= size <= old shows at run time."""
    left, right = e.index(size), e.index(old)
    # As unsigned numbers, negative ones are too large.
    holds = e.emit(arith.CmpiOp(left, right, "ule"))
    e.insert(cf.AssertOp(holds, "set_dimension_size: the new size is not within the dimension"))


def dynamic_broadcast_in_dim(e: Emitter, op: Operation) -> SSAValue:
    x, dims = op.operands[0], ints_of(op, "broadcast_dimensions")
    sizes = shape_in(e, op.operands[1], op.results[0].type)
    # A `?` of the operand stays as it is: dl.broadcast stretches sizes that are known to be 1.
    for axis, n in zip(dims, shape_of(x), strict=True):
        if n == DYNAMIC_INDEX and isinstance(sizes[axis], int):
            unsupported(f"a dimension of unknown size for one of size {sizes[axis]}")
    return placed(e, x, dims, sizes)


def dynamic_iota(e: Emitter, op: Operation) -> SSAValue:
    result = op.results[0]
    shape = shape_in(e, op.operands[0], result.type)
    return e.iota(shape, number_of(op, "iota_dimension"), element_of(result))


def dynamic_reshape(e: Emitter, op: Operation) -> SSAValue:
    return e.reshape(op.operands[0], shape_in(e, op.operands[1], op.results[0].type))


def dynamic_pad(e: Emitter, op: Operation) -> SSAValue:
    """Paddings that are known after all."""
    from dlir.lowering.stablehlo_to_dl.emitter import known_number

    value = known_number(op.operands[1])
    lists = [sizes_in(e, x) for x in op.operands[2:]]
    if value is None or not all(isinstance(n, int) for listed in lists for n in listed):
        unsupported("paddings that are known at run time only")
    low, high, interior = (cast(list[int], listed) for listed in lists)
    return padded(e, op.operands[0], low, high, interior, value)


def real_dynamic_slice(e: Emitter, op: Operation) -> SSAValue:
    """Starts, limits and strides of which all but the limits are known."""
    x = op.operands[0]
    start, limit, stride = (sizes_in(e, value) for value in op.operands[1:])
    if not all(isinstance(n, int) for n in (*start, *stride)):
        unsupported("starts or strides that are known at run time only")
    if any(n != 1 for n in stride) and not all(isinstance(n, int) for n in limit):
        unsupported("limits that are known at run time only, with strides")
    first, step = cast(list[int], start), cast(list[int], stride)
    sizes: list[Size] = [
        -(-(end - begin) // by) if isinstance(end, int) else e.difference(end, begin)
        for end, begin, by in zip(limit, first, step, strict=True)
    ]
    return e.slice(x, first, sizes, step)


def shape_assertion(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """JAX's check of symbolic sizes, with a message whose `{0}` are sizes."""
    (holds,) = sizes_in(e, op.operands[0])
    message = str(getattr(op.attributes.get("error_message"), "data", "shape assertion"))
    if isinstance(holds, int):
        if not holds:
            unsupported(f"shapes for which never holds: {message}")
        return []
    e.insert(cf.AssertOp(holds, message))
    return []


RULES: dict[str, Rule] = {
    "stablehlo.dynamic_broadcast_in_dim": dynamic_broadcast_in_dim,
    "stablehlo.dynamic_iota": dynamic_iota,
    "stablehlo.dynamic_pad": dynamic_pad,
    "stablehlo.dynamic_reshape": dynamic_reshape,
    "stablehlo.get_dimension_size": get_dimension_size,
    "stablehlo.real_dynamic_slice": real_dynamic_slice,
    "stablehlo.set_dimension_size": set_dimension_size,
}
