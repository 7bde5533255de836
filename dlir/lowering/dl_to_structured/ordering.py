"""Running folds, places of extremes, and elements in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects.builtin import i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.ops import scan as c
from dlir.dialects.structured.ops import ScanOp, SortOp, element_type_of
from dlir.lowering.dl_to_structured.emitter import Access, Destination, Emitter, Space, dimensions
from dlir.lowering.dl_to_structured.reduction import (
    MAX,
    MIN,
    PRODUCT,
    SUM,
    Fold,
    axes_space,
    fold_axes,
    rounded,
)
from dlir.lowering.dl_to_structured.scalar import (
    Scalar,
    compare,
    computing_type,
    from_index,
    number,
    resize,
    where,
)
from dlir.lowering.dl_to_structured.scatter import element_places, take
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type

SCANS: dict[type[c.ScanOp], Fold] = {c.CumsumOp: SUM, c.CumprodOp: PRODUCT}
EXTREMES: dict[type[o.ExtremeOp], Fold] = {o.ArgmaxOp: MAX, o.ArgminOp: MIN}


def scan(emitter: Emitter, op: c.ScanOp) -> SSAValue:
    """One running fold; half types are folded in f32 and rounded behind it."""
    fold, element, sizes = SCANS[type(op)], element_type_of(op.x), emitter.sizes.of(op.x)
    acc = computing_type(element)
    body = emitter.body([element, acc], lambda value, total: fold.step(total, resize(value, acc)))
    out = (
        emitter.empty(tensor_type(op.result), sizes)
        if acc == element
        else emitter.scratch(acc, sizes)
    )
    scanned = ScanOp(
        op.x,
        out,
        op.axis.value.data,
        number(fold.neutral(acc), acc),
        body,
        exclusive=op.exclusive is not None,
        reverse=op.reverse is not None,
    )
    result = emitter.insert(scanned).results[0]
    emitter.sizes.tell(result, sizes)
    return result if acc == element else _resized(emitter, result, op.result)


def _resized(emitter: Emitter, x: SSAValue, like: SSAValue) -> SSAValue:
    """x in the element type of `like`."""
    letters, element = dimensions(len(emitter.sizes.of(x))), element_type_of(like)
    space = Space(letters)
    out = emitter.empty(tensor_type(like), emitter.sizes.of(x))
    access, destination = Access(x, space.forms(letters)), Destination(out, space.forms(letters))
    return emitter.generic(space, [access], destination, lambda value: resize(value, element))


def extreme(emitter: Emitter, op: o.ExtremeOp) -> SSAValue:
    """The extreme m first, then the least (or last) place i with x[i] = m; NaN equals NaN here."""
    axis, sizes, element = op.axis.value.data, emitter.sizes.of(op.x), element_type_of(op.x)
    emitter.require("sge", sizes[axis], 1, f"there is no element along dimension {axis}")
    space, letters = axes_space(len(sizes), [axis])
    kept = letters[:axis] + letters[axis + 1 :]
    m = fold_axes(
        emitter, op.x, [axis], emitter.scratch(element, [*sizes[:axis], *sizes[axis + 1 :]]), kept,
        EXTREMES[type(op)], rounded(element),
    )  # fmt: skip
    choice = MIN if op.select_last is None else MAX
    nowhere = number(choice.neutral(i64), i64)

    def make(at: Scalar, value: Scalar, best: Scalar, found: Scalar) -> Scalar:
        wide = computing_type(element)
        x, y = resize(value, wide), resize(best, wide)
        hit = compare("eq", x, y)
        hit = hit | compare("ne", x, x) if x.is_float else hit
        place = where(hit, from_index(at, i64), at.body.constant(nowhere))
        return choice.step(found, place)

    pairs = [("0", 1) if a == axis else (letters[a], n) for a, n in enumerate(sizes)]
    if op.keepdims is None:
        del pairs[axis]
    out = emitter.empty(tensor_type(op.result), [n for _, n in pairs])
    return emitter.generic(
        space,
        [Access(op.x, space.forms(letters)), Access(m, space.forms(kept))],
        Destination(out, space.forms("".join(letter for letter, _ in pairs))),
        make,
        init=nowhere,
        positions=letters[axis],
    )


def less(a: Scalar, b: Scalar) -> Scalar:
    """a < b, where NaN is the greatest."""
    below = compare("lt", a, b)
    if not a.is_float:
        return below
    return below | (compare("ne", b, b) & compare("eq", a, a))


def order(emitter: Emitter, op: o.OrderOp, count: Size) -> Sequence[SSAValue]:
    """The first places in order, and the elements there."""
    axis, sizes, element = op.axis.value.data, emitter.sizes.of(op.x), element_type_of(op.x)
    wide = computing_type(element)

    def precedes(a: Scalar, b: Scalar) -> Scalar:
        x, y = resize(a, wide), resize(b, wide)
        return less(y, x) if op.falls else less(x, y)

    emitter.require("sge", sizes[axis], count, f"dimension {axis} has fewer elements")
    shape = [*sizes[:axis], count, *sizes[axis + 1 :]]
    out = emitter.empty(tensor_type(op.indices), shape)
    body = emitter.body([element, element], precedes)
    indices = emitter.insert(SortOp([op.x], out, axis, body)).results[0]
    emitter.sizes.tell(indices, shape)
    places = element_places(emitter, op.x, indices, axis)
    return [take(emitter, op.x, places, len(sizes), op.values), indices]


def sort(emitter: Emitter, op: o.SortOp) -> Sequence[SSAValue]:
    """All in order."""
    return order(emitter, op, emitter.sizes.of(op.x)[op.axis.value.data])


def topk(emitter: Emitter, op: o.TopkOp) -> Sequence[SSAValue]:
    """The first k in order."""
    return order(emitter, op, op.k.value.data)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue | Sequence[SSAValue]]] = {
    **dict.fromkeys(SCANS, scan),
    **dict.fromkeys(EXTREMES, extreme),
    o.SortOp: sort,
    o.TopkOp: topk,
}
