"""Movement: copies through maps, reshapes (views) and gathers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from xdsl.dialects.builtin import DYNAMIC_INDEX, i32, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import ui32, ui64
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops import source as s
from dlir.dialects.structured.ops import GatherOp, element_type_of
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    broadcast_letters,
    dimensions,
)
from dlir.lowering.dl_to_structured.scalar import (
    Number,
    Scalar,
    from_index,
    highest,
    minimum,
    number,
    resize,
)
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type


class Steps(NamedTuple):
    """How a copy walks along each dimension: `out[start + d] = x[offset + stride * d]`."""

    strides: Sequence[int]
    offsets: Sequence[int]
    starts: Sequence[int]


def move(
    emitter: Emitter,
    x: SSAValue,
    out: SSAValue,
    sizes: Sequence[Size],
    steps: Steps,
    padding: Number | None = None,
) -> SSAValue:
    """Copy a box of the given sizes from x into `out`.

    An iterator that is used plainly (`d`) has the extent of that dimension. Where only a part of
    it is meant, `domain` says so, or, when the extent is not a number, the dimension is read
    through a window of one place: `d + z`, where z is a reduction iterator of extent 1.
    """
    letters, sources = dimensions(len(sizes)), emitter.sizes.of(x)
    domain: dict[str, int] = {}
    slack: set[str] = set()
    for letter, size, source, target, stride, offset, start in zip(
        letters, sizes, sources, emitter.sizes.of(out), *steps, strict=True
    ):
        reads_part = (stride, offset) == (1, 0) and size != source
        writes_part = start == 0 and size != target
        if isinstance(size, int) and (writes_part or (reads_part and padding is None)):
            domain[letter] = size
        elif reads_part:
            slack.add(letter)
    space = Space(letters, "z" if slack else "")
    read = [
        space.form({letter: stride, **({"z": 1} if letter in slack else {})}, offset)
        for letter, stride, offset in zip(letters, steps.strides, steps.offsets, strict=True)
    ]
    written = [space.form({c: 1}, start) for c, start in zip(letters, steps.starts, strict=True)]
    return emitter.generic(
        space,
        [Access(x, read, padding)],
        Destination(out, written),
        _first,
        init=number(0, element_type_of(x)) if slack else None,
        domain={**domain, "z": 1} if slack else domain,
    )


def _first(value: Scalar, *_: Scalar) -> Scalar:
    return value


def copy(emitter: Emitter, x: SSAValue, out: SSAValue, read: str) -> SSAValue:
    """`out[a, b, ..] = x[read]`, where `read` permutes the letters or leaves some out."""
    letters = dimensions(len(emitter.sizes.of(out)))
    space = Space(letters)
    access = Access(x, space.forms(read))
    return emitter.generic(
        space, [access], Destination(out, space.forms(letters)), lambda value: value
    )


def written_sizes(emitter: Emitter, result: SSAValue, operands: Sequence[SSAValue]) -> list[Size]:
    """The sizes of a result type, each `?` from the next operand."""
    dynamic = iter(operands)
    return [
        emitter.sizes.number(next(dynamic)) if n == DYNAMIC_INDEX else n
        for n in tensor_type(result).get_shape()
    ]


def transpose(emitter: Emitter, op: m.TransposeOp) -> SSAValue:
    """Dimension perm[i] of the operand is indexed by iterator i."""
    perm, sizes = op.perm.get_values(), emitter.sizes.of(op.x)
    letters = dimensions(len(perm))
    read = "".join(letters[perm.index(axis)] for axis in range(len(perm)))
    out = emitter.empty(tensor_type(op.result), [sizes[axis] for axis in perm])
    return copy(emitter, op.x, out, read)


def broadcast(emitter: Emitter, op: m.BroadcastOp) -> SSAValue:
    """Stretched and new dimensions do not appear in the operand's map."""
    out = emitter.empty(tensor_type(op.result), written_sizes(emitter, op.result, op.sizes))
    letters = dimensions(len(emitter.sizes.of(out)))
    read = broadcast_letters(op.x, out, letters)
    sizes = dict(zip(letters, emitter.sizes.of(out), strict=True))
    for axis, (letter, size) in enumerate(zip(read, emitter.sizes.of(op.x), strict=True)):
        emitter.require_equal(size, sizes.get(letter, size), f"size {axis} does not fit")
    return copy(emitter, op.x, out, read)


def slice_(emitter: Emitter, op: m.SliceOp) -> SSAValue:
    """`offset + stride * d`."""
    sizes = written_sizes(emitter, op.result, op.sizes)
    steps = Steps(op.strides.get_values(), op.offsets.get_values(), [0] * len(sizes))
    return move(emitter, op.x, emitter.empty(tensor_type(op.result), sizes), sizes, steps)


def split(emitter: Emitter, op: m.SplitOp) -> list[SSAValue]:
    """Slices one after the other."""
    axis, sizes = op.axis.value.data, emitter.sizes.of(op.x)
    zeros = [0] * len(sizes)
    pieces: list[SSAValue] = []
    start = 0
    emitter.require_equal(sizes[axis], sum(op.sizes.get_values()), "the pieces do not add up")
    for result, size in zip(op.outputs, op.sizes.get_values(), strict=True):
        offsets = [start if a == axis else 0 for a in range(len(sizes))]
        piece = [size if a == axis else n for a, n in enumerate(sizes)]
        out = emitter.empty(tensor_type(result), piece)
        pieces.append(move(emitter, op.x, out, piece, Steps([1] * len(sizes), offsets, zeros)))
        start += size
    return pieces


def pad(emitter: Emitter, op: m.PadOp) -> SSAValue:
    """`d - low`, and the value outside."""
    low, high = op.low.get_values(), op.high.get_values()
    sizes = [
        emitter.sizes.add(n, before + after)
        for n, before, after in zip(emitter.sizes.of(op.x), low, high, strict=True)
    ]
    out = emitter.empty(tensor_type(op.result), sizes)
    steps = Steps([1] * len(sizes), [-n for n in low], [0] * len(sizes))
    value = number(op.value.value.data, element_type_of(op.x))
    return move(emitter, op.x, out, sizes, steps, value)


def concat(emitter: Emitter, op: m.ConcatOp) -> SSAValue:
    """One copy per operand, each into what the previous one has written.

    An operand that begins or ends at no number goes in by `tensor.insert_slice`; the last one need
    not end at a number.
    """
    axis = op.axis.value.data
    parts = [(x, emitter.sizes.of(x)) for x in op.inputs]
    total: Size = 0
    for _, own in parts:
        total = emitter.sizes.add(total, own[axis])
    shape = [total if a == axis else n for a, n in enumerate(parts[0][1])]
    _require_same(emitter, shape, [own for _, own in parts], axis)
    out = emitter.empty(tensor_type(op.result), shape)
    start: Size = 0
    for position, (x, own) in enumerate(parts):
        size, last = own[axis], position + 1 == len(parts)
        starts: list[Size] = [start if a == axis else 0 for a in range(len(shape))]
        if isinstance(start, int) and (isinstance(size, int) or last):
            out = _placed(emitter, x, out, [*shape[:axis], size, *shape[axis + 1 :]], axis, start)
        else:
            out = emitter.insert_slice(x, out, starts)
        start = emitter.sizes.add(start, size)
    return out


def _placed(
    emitter: Emitter, x: SSAValue, out: SSAValue, box: Sequence[Size], axis: int, start: int
) -> SSAValue:
    """`out` with x in the box that begins at `start` along the axis."""
    if box[axis] == 0:
        return out
    zeros = [0] * len(box)
    starts = [*zeros[:axis], start, *zeros[axis + 1 :]]
    return move(emitter, x, out, box, Steps([1] * len(box), zeros, starts))


def _require_same(
    emitter: Emitter, shape: Sequence[Size], others: Sequence[Sequence[Size]], but: int = -1
) -> None:
    """All sizes agree at run time, but for those along one axis."""
    for axis, size in enumerate(shape):
        for position, other in enumerate(others):
            if axis != but:
                emitter.require_equal(
                    size, other[axis], f"size {axis} of operand {position} does not fit"
                )


def reshape(emitter: Emitter, op: m.ReshapeOp) -> SSAValue:
    """A view; a `?` without an operand is what remains."""
    shape = tensor_type(op.result).get_shape()
    if op.sizes or DYNAMIC_INDEX not in shape:
        sizes = written_sizes(emitter, op.result, op.sizes)
    else:
        known = prod(n for n in shape if n != DYNAMIC_INDEX)
        rest = _remaining(emitter, emitter.sizes.of(op.x), known)
        sizes = [rest if n == DYNAMIC_INDEX else n for n in shape]
    return emitter.reshape(op.x, tensor_type(op.result), sizes)


def _remaining(emitter: Emitter, sizes: Sequence[Size], known: int) -> Size:
    """The product of the sizes over a number; static factors cancel where they divide."""
    static = prod(size for size in sizes if isinstance(size, int))
    dynamic = emitter.sizes.product([size for size in sizes if not isinstance(size, int)])
    if known and static % known == 0:
        return emitter.sizes.mul(dynamic, static // known)
    return emitter.sizes.div(emitter.sizes.mul(dynamic, static), known)


def gather(emitter: Emitter, op: m.GatherOp) -> SSAValue:
    """Indices of other types than i32 and i64 are converted first."""
    indices = op.indices
    if (given := element_type_of(indices)) not in (i32, i64):
        element = i64 if given in (ui32, ui64) else i32
        letters = dimensions(len(emitter.sizes.of(indices)))
        space = Space(letters)
        access = Access(indices, space.forms(letters))
        wide = Destination(
            emitter.scratch(element, emitter.sizes.of(indices)), space.forms(letters)
        )
        indices = emitter.generic(space, [access], wide, lambda x: resize(clamped(x), element))
    axis, sizes = op.axis.value.data, emitter.sizes.of(op.x)
    shape = [*sizes[:axis], *emitter.sizes.of(indices), *sizes[axis + 1 :]]
    out = emitter.empty(tensor_type(op.result), shape)
    result = emitter.insert(GatherOp(op.x, indices, out, axis)).results[0]
    emitter.sizes.tell(result, shape)
    return result


def clamped(index: Scalar) -> Scalar:
    """An index beyond the signed ones, which would become a negative one, as the last of them."""
    return minimum(index, highest(i64)) if index.type == ui64 else index


def iota(emitter: Emitter, op: s.IotaOp) -> SSAValue:
    """The position along the axis, at every point."""
    out = emitter.empty(tensor_type(op.result), written_sizes(emitter, op.result, op.sizes))
    letters = dimensions(len(emitter.sizes.of(out)))
    space = Space(letters)
    axis, element = op.axis.value.data, element_type_of(out)
    return emitter.generic(
        space,
        [],
        Destination(out, space.forms(letters)),
        lambda at: from_index(at, element),
        positions=letters[axis],
    )


def dim(emitter: Emitter, op: s.DimOp) -> SSAValue:
    """A size that is known already."""
    return emitter.sizes.value(emitter.sizes.of(op.x)[op.axis.value.data])


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue | Sequence[SSAValue]]] = {
    m.TransposeOp: transpose,
    m.BroadcastOp: broadcast,
    m.SliceOp: slice_,
    m.SplitOp: split,
    m.PadOp: pad,
    m.ConcatOp: concat,
    m.ReshapeOp: reshape,
    m.GatherOp: gather,
    s.IotaOp: iota,
    s.DimOp: dim,
}
