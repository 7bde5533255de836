"""`vector` operations that move elements, masks and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from math import inf, prod

from xdsl.dialects import llvm, vector
from xdsl.dialects.builtin import (
    AnyFloat,
    IntegerAttr,
    VectorType,
    bf16,
    i1,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import IRDLOperation

from dlir.dialects.llvm import intrinsics
from dlir.dialects.vectorized import as_vector, bit_width, dense
from dlir.lowering.loops_to_llvm.dots import dot
from dlir.lowering.loops_to_llvm.elementwise import ignoring, multiply_add, propagating
from dlir.lowering.loops_to_llvm.rounding import by_f32, select
from dlir.lowering.loops_to_llvm.state import (
    Index,
    Lowering,
    line_type,
    row_type,
    shape_of,
    unsupported,
)
from dlir.number_formats import bf16_bits


def _flat(position: Sequence[int], shape: Sequence[int]) -> int:
    """The row-major number of a position."""
    number = 0
    for index, size in zip(position, shape, strict=True):
        number = number * size + index
    return number


def convert_broadcast(low: Lowering, op: Operation) -> None:
    """Every result row is a source row, or a splat of a one-element source row."""
    assert isinstance(op, vector.BroadcastOp)
    target = shape_of(op.vector.type)
    source = shape_of(op.source.type)
    rows = low.rows(op.source)
    if not target:
        low.bind(op.vector, rows)
        return
    source = (1,) * (len(target) - len(source)) + source
    length = target[-1]
    result: list[SSAValue] = []
    for position in product(*map(range, target[:-1])):
        place = [0 if size == 1 else i for i, size in zip(position, source[:-1], strict=True)]
        row = rows[_flat(place, source[:-1])]
        result.append(low.splat(row, length) if source[-1] == 1 else row)
    low.bind(op.vector, tuple(result))


def _positions(low: Lowering, op: vector.ExtractOp | vector.InsertOp) -> list[Index]:
    """The position operands; constants as numbers."""
    return [
        position if isinstance(position, int) else low.index(position)
        for position in op.get_mixed_position()
    ]


def _line_range(op: Operation, shape: Sequence[int], position: Sequence[Index]) -> tuple[int, int]:
    """First row and number of rows that a position selects; leading positions must be known."""
    leading = position[: max(0, len(shape) - 1)]
    known = [index for index in leading if isinstance(index, int)]
    if len(known) != len(leading):
        unsupported(op, "needs constant positions, except in the innermost dimension")
    padded = known + [0] * (len(shape) - 1 - len(known))
    return _flat(padded, shape[:-1]), prod(shape[len(known) : -1])


def convert_extract(low: Lowering, op: Operation) -> None:
    """A slice of the rows, or one element of one row."""
    assert isinstance(op, vector.ExtractOp)
    shape = shape_of(op.vector.type)
    position = _positions(low, op)
    first, count = _line_range(op, shape, position)
    rows = low.rows(op.vector)[first : first + count]
    if shape and len(position) == len(shape):
        rows = (low.extract(rows[0], position[-1]),)
    low.bind(op.result, rows)


def convert_insert(low: Lowering, op: Operation) -> None:
    """Replaces a slice of the rows, or one element of one row."""
    assert isinstance(op, vector.InsertOp)
    shape = shape_of(op.dest.type)
    position = _positions(low, op)
    first, count = _line_range(op, shape, position)
    rows, new = list(low.rows(op.dest)), low.rows(op.source)
    if shape and len(position) == len(shape):
        new = (low.insert(rows[first], position[-1], new[0]),)
    rows[first : first + count] = new
    low.bind(op.result, tuple(rows))


def convert_shuffle(low: Lowering, op: Operation) -> None:
    """1-D: lanes; n-D: whole slices of the leading dimension."""
    assert isinstance(op, vector.ShuffleOp)
    lanes = [int(lane) for lane in op.mask.iter_values()]
    shape = shape_of(op.v1.type)
    if len(shape) > 1:
        size = prod(shape[1:-1])
        rows = low.rows(op.v1) + low.rows(op.v2)
        chosen = [row for lane in lanes for row in rows[lane * size : (lane + 1) * size]]
        low.bind(op.result, tuple(chosen))
        return
    first, second = low.rows(op.v1)[0], low.rows(op.v2)[0]
    if as_vector(first.type) is None or first.type != second.type:
        low.bind(op.result, (_gather_lanes(low, op, (first, second), lanes),))
        return
    low.bind(op.result, (low.shuffle(first, second, lanes),))


def _gather_lanes(
    low: Lowering, op: vector.ShuffleOp, sources: Sequence[SSAValue], lanes: Sequence[int]
) -> SSAValue:
    """A shuffle of sources of different lengths, element by element."""
    elements = [(source, lane) for source in sources for lane in range(prod(shape_of(source.type)))]
    result = low.poison(row_type(op.result.type))
    for place, lane in enumerate(lanes):
        if lane >= 0:
            result = low.insert(result, place, low.extract(*elements[lane]))
    return result


def convert_bitcast(low: Lowering, op: Operation) -> None:
    """Reinterprets each row; the innermost dimension may change its length."""
    type_ = row_type(op.results[0].type)
    rows = low.rows(op.operands[0])
    low.bind(
        op.results[0],
        tuple(
            row if row.type == type_ else low.emit(llvm.BitcastOp, (row,), type_) for row in rows
        ),
    )


def lane_mask(low: Lowering, size: Index, length: int) -> SSAValue:
    """A row of `i1`: the first `size` of `length` lanes.

    Compared in 32 bits: 64-bit lane numbers would take twice the instructions.
    """
    type_ = line_type(i1, length)
    if isinstance(size, int):
        bits = [int(lane < size) for lane in range(length)]
        if as_vector(type_) is None:
            return low.integer(bits[0], i1)
        return low.constant(dense(type_, bits), type_)
    if length == 1:
        return low.compare(4, size, low.integer(0))
    bounded = low.emit(intrinsics.SMaxOp, (size, low.integer(0)), i64)
    bounded = low.emit(intrinsics.SMinOp, (bounded, low.integer(length)), i64)
    narrow = low.emit(llvm.TruncOp, (bounded,), i32, {"overflowFlags": llvm.OverflowAttr("none")})
    return low.compare(2, lane_numbers(low, length), low.splat(narrow, length), type_)


def lane_numbers(low: Lowering, length: int) -> SSAValue:
    """The constant row `0, 1, 2, ...` of `i32`."""
    type_ = VectorType(i32, [length])
    return low.constant(dense(type_, list(range(length))), type_)


def convert_create_mask(low: Lowering, op: Operation) -> None:
    """One lane mask, switched off in the rows outside the leading sizes."""
    assert isinstance(op, vector.CreateMaskOp)
    shape = shape_of(op.mask_vector.type)
    sizes = [low.index(size) for size in op.mask_dim_sizes]
    if not shape:
        low.bind(op.mask_vector, (low.integer(1, i1),))
        return
    lanes = lane_mask(low, sizes[-1], shape[-1])
    nothing = low.splat_constant(0, lanes.type)
    rows: list[SSAValue] = []
    for position in product(*map(range, shape[:-1])):
        row = lanes
        for place, size in zip(position, sizes[:-1], strict=True):
            if isinstance(size, int):
                row = row if place < size else nothing
            else:
                row = select(low, low.compare(4, size, low.integer(place)), row, nothing)
        rows.append(row)
    low.bind(op.mask_vector, tuple(rows))


Combine = Callable[[Lowering, SSAValue, SSAValue], SSAValue]


def _with(op: type[IRDLOperation], *properties: tuple[str, Attribute]) -> Combine:
    def combine(low: Lowering, a: SSAValue, b: SSAValue) -> SSAValue:
        return low.emit(op, (a, b), a.type, dict(properties))

    return combine


_EXACT = ("fastmathFlags", llvm.FastMathAttr(None))
_WRAP = ("overflowFlags", IntegerAttr(0, i32))


def _limit(largest: bool, signed: bool) -> Callable[[Attribute], int | float]:
    """The largest or smallest value of a type: the neutral element of min or max."""

    def value(type_: Attribute) -> int | float:
        if isinstance(type_, AnyFloat):
            return inf if largest else -inf
        bits = bit_width(type_)
        if signed:
            return 2 ** (bits - 1) - 1 if largest else -(2 ** (bits - 1))
        return -1 if largest else 0

    return value


REDUCTIONS: dict[str, tuple[Combine, Combine, Callable[[Attribute], int | float]]] = {
    "add": (_with(llvm.AddOp, _WRAP), _with(llvm.FAddOp, _EXACT), lambda _: 0),
    "mul": (_with(llvm.MulOp, _WRAP), _with(llvm.FMulOp, _EXACT), lambda _: 1),
    "and": (_with(llvm.AndOp), _with(llvm.AndOp), lambda _: -1),
    "or": (_with(llvm.OrOp), _with(llvm.OrOp), lambda _: 0),
    "xor": (_with(llvm.XOrOp), _with(llvm.XOrOp), lambda _: 0),
    "maxsi": (_with(intrinsics.SMaxOp), _with(intrinsics.SMaxOp), _limit(False, True)),
    "minsi": (_with(intrinsics.SMinOp), _with(intrinsics.SMinOp), _limit(True, True)),
    "maxui": (_with(intrinsics.UMaxOp), _with(intrinsics.UMaxOp), _limit(False, False)),
    "minui": (_with(intrinsics.UMinOp), _with(intrinsics.UMinOp), _limit(True, False)),
    "maximumf": (
        lambda low, a, b: propagating(low, "ogt", a, b),
        lambda low, a, b: propagating(low, "ogt", a, b),
        _limit(False, True),
    ),
    "minimumf": (
        lambda low, a, b: propagating(low, "olt", a, b),
        lambda low, a, b: propagating(low, "olt", a, b),
        _limit(True, True),
    ),
    "maxnumf": (
        lambda low, a, b: ignoring(low, "ogt", a, b),
        lambda low, a, b: ignoring(low, "ogt", a, b),
        _limit(False, True),
    ),
    "minnumf": (
        lambda low, a, b: ignoring(low, "olt", a, b),
        lambda low, a, b: ignoring(low, "olt", a, b),
        _limit(True, True),
    ),
}
"""Kind -> (combining integers, combining floats, neutral element)."""


def _of_bf16(combine: Combine) -> Combine:
    """The same for bf16."""
    return lambda low, a, b: by_f32(low, partial(combine, low), a, b)


def convert_reduction(low: Lowering, op: Operation) -> None:
    """A tree: the upper half onto the lower half, log2 times; then the accumulator.

    `llvm.vector.reduce.*` would add floats one after the other, in a long chain.
    """
    assert isinstance(op, vector.ReductionOp)
    integers, floats, neutral = REDUCTIONS[op.kind.data]
    element = op.dest.type
    combine = floats if isinstance(element, AnyFloat) else integers
    nothing = neutral(element)
    if element == bf16:
        combine, nothing = _of_bf16(combine), bf16_bits(nothing)
    (row,) = low.rows(op.vector)
    length = prod(shape_of(row.type))
    half = 1 << (length - 1).bit_length() >> 1
    while length > 1:
        filler = row if length == 2 * half else low.splat_constant(nothing, row.type)
        lower = low.shuffle(row, row, range(half)) if half > 1 or length > 1 else row
        upper = low.shuffle(row, filler, range(half, 2 * half))
        row = combine(low, lower, upper)
        length, half = half, half >> 1
    if op.acc is not None:
        row = combine(low, low.scalar(op.acc), row)
    low.bind(op.dest, (row,))


def convert_fma(low: Lowering, op: Operation) -> None:
    """One multiply-add per row."""
    columns = zip(*(low.rows(operand) for operand in op.operands), strict=True)
    low.bind(op.results[0], tuple(multiply_add(low, op, *row) for row in columns))


def convert_dot(low: Lowering, op: Operation) -> None:
    """One row of dot products after the other."""
    columns = zip(*(low.rows(operand) for operand in op.operands), strict=True)
    low.bind(op.results[0], tuple(dot(low, op, *row) for row in columns))
