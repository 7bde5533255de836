"""`structured-merge-window`: windows of few channels are summed as runs of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import DYNAMIC_INDEX, AnyFloat, ModuleOp, TensorType
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.copies import add_borders, copy_op, substitute
from dlir.dialects.structured.dots import group_of, left_number
from dlir.dialects.structured.maps import Linear, map_of
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, shape_of
from dlir.dialects.structured.roles import Contraction, Operand, match_contraction
from dlir.dialects.structured.shapes import Sizes
from dlir.dialects.vector_dot import Group


@dataclass(frozen=True)
class StructuredMergeWindow(ModulePass):
    """Sum a window's columns and its channels by one iterator, where dot products want groups.

    Three channels fill no group of four. But the columns of a window lie side by side, and so do
    the channels of each: `C * kw + c` counts them all, and groups of it are cut short only once in
    a row of the window. What a last group reads behind the window is multiplied by zero; it has to
    be there, and a number of integers.

    Before:
    ```mlir
    structured.generic {maps = [(b, h, w, o, kh, kw, c) -> (b, 2 * h + kh, 2 * w + kw, c),
                                (b, h, w, o, kh, kw, c) -> (o, c, kh, kw), ...],
                        schedule = #structured.schedule<..., dot = u8s8>, ...}
        ins(%x, %k : tensor<1x230x230x3xi8>, tensor<64x3x7x7xi8>) ...
    ```
    After:
    ```mlir
    %y = structured.reshape %x : tensor<1x230x230x3xi8> into tensor<1x230x690xi8>
    structured.generic {maps = [(b, h, w, o, kh, q) -> (b, 2 * h + kh, 6 * w + q),
                                (b, h, w, o, kh, q) -> (o, kh, q), ...],
                        schedule = #structured.schedule<..., dot = u8s8>, ...}
        ins(%y, %m : tensor<1x230x690xi8>, tensor<64x7x21xi8>) ...
    ```
    """

    name = "structured-merge-window"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if not isinstance(inner, GenericOp) or (group := group_of(inner.schedule)) is None:
                continue
            roles = match_contraction(inner)
            if roles is None or not _is_narrow(inner, roles, group):
                continue
            bordered = add_borders(inner)
            roles = match_contraction(bordered)
            if roles is not None and _stays_inside(bordered, roles, group):
                _merge(bordered, roles)


def _is_narrow(op: GenericOp, roles: Contraction, group: Group) -> bool:
    """Whether columns of a window and their channels, which fill no groups, are neighbours."""
    assert op.schedule is not None
    column, channel = len(op.kinds) - 2, len(op.kinds) - 1
    extents, forms = op.static_extents(), roles.a.forms
    if op.reduction_dims[-2:] != (column, channel) or DYNAMIC_INDEX in extents[-2:]:
        return False
    if {"tile", "order"} & op.schedule.entries.data.keys() or len(forms) < 2:
        return False
    others = [*forms[:-2], *(f for f in roles.b.forms if f.plain_dim is None)]
    return (
        not isinstance(op.accumulator_type, AnyFloat)
        and extents[channel] % group.count != 0
        and forms[-1].plain_dim == channel
        and forms[-2].coefficients[column] == 1
        and not forms[-2].coefficients[channel]
        and not any(f.coefficients[d] for f in others for d in (column, channel))
        and shape_of(roles.a.value)[-1] == extents[channel]
        and DYNAMIC_INDEX not in shape_of(roles.a.value)
    )


def _merged(form: Linear, channels: int) -> Linear:
    """The form of the columns where a row of pixels is a row of numbers."""
    *head, _, _ = (channels * c for c in form.coefficients)
    return Linear((*head, 1), channels * form.constant)


def _stays_inside(op: GenericOp, roles: Contraction, group: Group) -> bool:
    """Whether also the last group of the last window reads what is there."""
    channels, width = shape_of(roles.a.value)[-1], shape_of(roles.a.value)[-2]
    *extents, columns, _ = op.static_extents()
    form = _merged(roles.a.forms[-2], channels)
    if any(extents[d] == DYNAMIC_INDEX for d in form.dims if d < len(extents)):
        return False
    whole = -(-columns * channels // group.count) * group.count
    known = [max(extent, 1) for extent in extents]
    low, high = form.bounds([*known, whole])
    return low >= 0 and high < width * channels


def _merge(op: GenericOp, roles: Contraction) -> None:
    """The op with one iterator in the place of the last two."""
    sizes = Sizes.before(op)
    a, rank, extents = roles.a, len(op.kinds) - 1, op.static_extents()
    *outer, width, channels = shape_of(a.value)
    row_type = TensorType(a.element, [*outer, width * channels])
    rows = sizes.insert(ReshapeOp(a.value, [], row_type)).result
    a_forms = [*(_shorter(f) for f in a.forms[:-2]), _merged(a.forms[-2], channels)]
    b, b_forms = _merged_right(sizes, op, roles.b)
    left = left_number(op, roles)
    inputs, forms = ([rows, b], [a_forms, b_forms])
    if left == 1:
        inputs, forms = inputs[::-1], forms[::-1]
    new = GenericOp(
        inputs,
        op.outs,
        [map_of(f, rank) for f in (*forms, list(map(_shorter, op.out_forms)))],
        op.kinds[:-1],
        op.body.clone(),
        init=op.init,
        domain=[*(max(-1, extent) for extent in extents[:-2]), prod(extents[-2:])],
        schedule=op.schedule,
        epilogue_inputs=list(op.epilogue_inputs),
        epilogue_maps=[m.data for m in op.epilogue_maps or ()],
        epilogue=op.epilogue.clone() if op.epilogue is not None else None,
    )
    substitute(op, new)


def _shorter(form: Linear) -> Linear:
    """A form that the last two iterators are not in, over one iterator less."""
    return Linear(form.coefficients[:-1], form.constant)


def _merged_right(sizes: Sizes, op: GenericOp, b: Operand) -> tuple[SSAValue, list[Linear]]:
    """b with the columns of windows and their channels last, as one dimension."""
    last = len(op.kinds) - 2
    order = [*(d for d in range(last) if b.depends_on(d)), last, last + 1]
    extents = [sizes.extent(op, d) for d in order]
    reads = [Linear(tuple(f.coefficients[d] for d in order), f.constant) for f in b.forms]
    copy = copy_op(sizes, b.value, reads, extents, None)
    sizes.insert(copy)
    assert copy.result is not None
    shape = [*shape_of(copy.result)[:-2], prod(shape_of(copy.result)[-2:])]
    dynamic = [extent for extent in extents if not isinstance(extent, int)]
    rows = sizes.insert(ReshapeOp(copy.result, dynamic, TensorType(b.element, shape))).result
    return rows, [Linear(tuple(int(d == e) for e in range(last + 1)), 0) for d in order[:-1]]
