"""A structured op restricted to a box of its iteration space, and the slices that a box touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, memref, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType
from xdsl.ir import Block, SSAValue
from xdsl.ir.affine import AffineMap

from dlir.diagnostics import fail
from dlir.dialects.structured.attrs import ScheduleAttr
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, IndexOp
from dlir.dialects.structured.roles import Operand, covers, gathered
from dlir.dialects.structured.shapes import Size, Sizes
from dlir.types import is_memref, is_tensor


@dataclass(frozen=True)
class Range:
    """`count` values of one iterator from `first` on; `whole` if these are all of them."""

    first: Size
    count: Size
    whole: bool = False


@dataclass(frozen=True)
class Slice:
    """The part of an operand that a box touches, and the operand's forms within that part."""

    operand: Operand
    offsets: tuple[Size, ...]
    sizes: tuple[Size, ...]
    forms: tuple[Linear, ...]
    cut: tuple[bool, ...]
    """Per dimension, whether it was cut; the others are taken whole."""


def slice_of(
    sizes: Sizes,
    op: GenericOp,
    operand: Operand,
    box: Sequence[Range],
    *,
    clamp: bool = False,
    tight: bool = False,
) -> Slice:
    """Dimensions that depend on restricted iterators, cut to the hull of what the box touches.

    A window `s * oh + kh` over t values of oh and k of kh takes s * (t - 1) + k elements. `clamp`
    keeps the slice of a result that is counted in blocks inside of the result; `tight` also cuts
    dimensions of which the whole space touches a part only.
    """
    offsets: list[Size] = []
    counts: list[Size] = []
    forms: list[Linear] = []
    cut: list[bool] = []
    for position, form in enumerate(operand.forms):
        count, inner = sizes.of(operand.value, position), form
        first: Size = 0
        whole = all(box[d].whole for d in form.dims)
        cut.append(not whole or (tight and not covers(op, operand, position)))
        if cut[-1]:
            total = count
            first, inner = _first(sizes, op, form, box)
            count = _hull(sizes, form, box)
            if clamp and len(form.dims) > 1:
                first = sizes.min(first, total)
                count = sizes.min(count, sizes.sub(total, first))
        offsets.append(first)
        counts.append(count)
        forms.append(inner)
    return Slice(operand, tuple(offsets), tuple(counts), tuple(forms), tuple(cut))


def _first(sizes: Sizes, op: GenericOp, form: Linear, box: Sequence[Range]) -> tuple[Size, Linear]:
    """The lowest index in the box, and the form counted from there."""
    first: Size = form.constant
    start = 0
    for d in form.dims:
        c, r = form.coefficients[d], box[d]
        first = sizes.add(first, sizes.mul(r.first, c))
        if c < 0:
            if not isinstance(r.count, int):
                fail(
                    op,
                    f"iterator d{d} counts backwards in '{form.text()}', and its last tile is "
                    "not a whole one",
                    help=f"take a tile size that divides the extent of d{d}, or 0",
                )
            first = sizes.add(first, c * (r.count - 1))
            start -= c * (r.count - 1)
    return first, Linear(form.coefficients, start)


def _hull(sizes: Sizes, form: Linear, box: Sequence[Range]) -> Size:
    """1 + sum(|c| * (count - 1)), with one multiplication per iterator."""
    total: Size = 1 - sum(abs(form.coefficients[d]) for d in form.dims)
    products = [sizes.mul(box[d].count, abs(form.coefficients[d])) for d in form.dims]
    for product in products:
        total = sizes.add(product, total)
    return total


def take(sizes: Sizes, value: SSAValue, part: Slice) -> SSAValue:
    """The slice as a value: `tensor.extract_slice`, `memref.subview`, or the operand itself."""
    if not any(part.cut):
        return value
    ones = [1] * len(part.sizes)
    if is_tensor(value.type):
        result = tensor.ExtractSliceOp.infer_result_type(value.type, part.sizes)
        op = tensor.ExtractSliceOp(value, part.offsets, part.sizes, ones, result)
        return sizes.insert(op).result
    assert is_memref(value.type)
    view = memref.SubviewOp.infer_result_type(value.type, part.offsets, part.sizes, ones)
    return sizes.insert(memref.SubviewOp.get(value, part.offsets, part.sizes, ones, view)).result


def put(sizes: Sizes, value: SSAValue, into: SSAValue, part: Slice) -> SSAValue:
    """The tensor `into` with the slice replaced."""
    if not any(part.cut):
        return value
    dynamic = [[s for s in x if not isinstance(s, int)] for x in (part.offsets, part.sizes)]
    static = [
        [s if isinstance(s, int) else DYNAMIC_INDEX for s in x] for x in (part.offsets, part.sizes)
    ]
    op = tensor.InsertSliceOp.get(
        value,
        into,
        static_offsets=static[0],
        static_sizes=static[1],
        offsets=dynamic[0],
        sizes=dynamic[1],
    )
    return sizes.insert(op).result


@dataclass
class Pieces:
    """The slices of a restricted op as values, with their forms over all iterators."""

    inputs: list[tuple[SSAValue, tuple[Linear, ...]]]
    outs: tuple[SSAValue, tuple[Linear, ...]]
    extra: list[tuple[SSAValue, tuple[Linear, ...]]]


def restricted(
    sizes: Sizes,
    op: GenericOp,
    box: Sequence[Range],
    pieces: Pieces,
    schedule: ScheduleAttr | None,
    keeps_init: bool = True,
    keeps_epilogue: bool = True,
) -> GenericOp:
    """The op on pieces of its operands; inserted where `sizes` writes.

    `structured.index` goes on counting in the whole space: the box's first values become scalar
    inputs. Without `keeps_init` a reduction starts from what the piece of `outs` holds, and without
    `keeps_epilogue` it leaves there what it has summed.
    """
    body, epilogue = op.body.clone(), None
    if op.epilogue is not None and keeps_epilogue:
        epilogue = op.epilogue.clone()
    starts = _shift_indices(sizes, box, body.block, len(op.inputs))
    maps = [map_of(f, len(op.kinds)) for _, f in pieces.inputs]
    maps += [AffineMap(len(op.kinds), 0, ())] * len(starts)
    more: list[SSAValue] = []
    extra = pieces.extra if keeps_epilogue else []
    extra_maps = [map_of((gathered(op, f) for f in fs), len(op.parallel_dims)) for _, fs in extra]
    if epilogue is not None:
        more = _shift_indices(sizes, box, epilogue.block, 1 + len(op.epilogue_inputs))
        extra_maps += [AffineMap(len(op.parallel_dims), 0, ())] * len(more)
    new = GenericOp(
        [*(v for v, _ in pieces.inputs), *starts],
        pieces.outs[0],
        [*maps, map_of(pieces.outs[1], len(op.kinds))],
        op.kinds,
        body,
        init=op.init if keeps_init else None,
        padding=[*op.paddings, *(None for _ in starts)],
        domain=_domain(op, box, pieces),
        schedule=schedule,
        epilogue_inputs=[*(v for v, _ in extra), *more],
        epilogue_maps=extra_maps,
        epilogue=epilogue,
    )
    return sizes.insert(new)


def _shift_indices(
    sizes: Sizes, box: Sequence[Range], block: Block, position: int
) -> list[SSAValue]:
    """Add the box's first value to every `structured.index`, as a scalar argument of the block."""
    starts: dict[int, SSAValue] = {}
    arguments: dict[int, SSAValue] = {}
    for op in list(block.ops):
        if not isinstance(op, IndexOp) or box[dim := op.dim.value.data].first == 0:
            continue
        if dim not in starts:
            starts[dim] = sizes.value(box[dim].first)
            arguments[dim] = block.insert_arg(IndexType(), position + len(arguments))
        uses = list(op.result.uses)
        shifted = arith.AddiOp(op.result, arguments[dim])
        block.insert_op_after(shifted, op)
        for use in uses:
            use.operation.operands[use.index] = shifted.result
    return list(starts.values())


def _domain(op: GenericOp, box: Sequence[Range], pieces: Pieces) -> Sequence[int] | None:
    """Extents that no piece tells by its shape: as before, or the box's count where it is known."""
    told = {f.plain_dim for _, forms in [*pieces.inputs, pieces.outs] for f in forms}
    domain: list[int] = []
    for d, (fixed, r) in enumerate(zip(op.fixed_domain, box, strict=True)):
        count = r.count if isinstance(r.count, int) else DYNAMIC_INDEX
        if r.whole or d in told:
            domain.append(fixed if r.whole else (count if fixed >= 0 else DYNAMIC_INDEX))
            continue
        if count == DYNAMIC_INDEX:
            fail(
                op,
                f"only `domain` tells the extent of iterator d{d}, and its last tile is not a "
                "whole one",
                help=f"take a tile size that divides the extent of d{d}, or 0",
            )
        domain.append(count)
    return [d if d >= 0 else -1 for d in domain] if any(d >= 0 for d in domain) else None
