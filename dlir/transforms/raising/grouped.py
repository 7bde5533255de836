"""Grouped-query attention: several heads of queries share one head of keys and values.

Exporters repeat keys and values (reshape, broadcast, reshape) until there are as many heads as
queries have. Here the heads of a group become a dimension of their own, along which `dl.attention`
broadcasts k and v, so that nothing is repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from dlir.dialects.dl.match import Any, Found, Node
from dlir.dialects.dl.ops import attention as at
from dlir.dialects.dl.ops.base import DlOp, rank_of, shape_of
from dlir.dialects.dl.ops.movement import BroadcastOp, ReshapeOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.rules import definer
from dlir.transforms.raising.composite import Composite, Made

_OPERANDS = Any("q"), Any("k"), Any("v")
REPEATED = Node((at.AttentionOp,), _OPERANDS, "op") | Node(
    (at.AttentionOp,), (*_OPERANDS, Any("mask")), "op"
)


class Repeated(NamedTuple):
    """Heads [.., heads, 1, n, d] that are repeated to [.., heads * group, n, d]."""

    x: SSAValue
    heads: int
    group: int


def repeated(value: SSAValue) -> Repeated | None:
    """What a value repeats, if it is made by reshape(broadcast x)."""
    merged = definer(value, ReshapeOp)
    wide = None if merged is None else definer(merged.x, BroadcastOp)
    if merged is None or wide is None or rank_of(wide.result) < 4:
        return None
    before, after = shape_of(wide.x), shape_of(wide.result)
    heads, group = after[-4:-2]
    if len(before) != len(after) or before[-3] != 1 or DYNAMIC_INDEX in (heads, group):
        return None
    stretched = (*before[:-3], group, *before[-2:]) != after
    if stretched or shape_of(value) != (*after[:-4], heads * group, *after[-2:]):
        return None
    # With two sizes that are not known, the reshape might exchange them.
    known = after.count(DYNAMIC_INDEX) <= 1 or [*merged.sizes] == [*wide.sizes]
    return Repeated(wide.x, heads, group) if known else None


def grouped_attention(found: Found) -> Made:
    """Attention over [.., heads, group, m, d], put back together."""
    op: at.AttentionOp = found["op"]
    k, v = repeated(op.k), repeated(op.v)
    if k is None or v is None or k[1:] != v[1:]:
        return
    split = (k.heads, k.group)
    if shape_of(op.q)[-3:-2] != (k.heads * k.group,) or not _groups(op.mask, k):
        return
    made: list[DlOp] = []
    q = _apart(op.q, split, made)
    mask = None if op.mask is None else _mask_apart(op.mask, split, made)
    scale, fill = op.scale.value.data, op.fill.value.data
    attention = at.AttentionOp(q, k.x, v.x, mask, scale=scale, fill=fill)
    made.append(attention)
    sizes = [*_sizes(op.q, made)[:-1], shape_of(op.v)[-1]]
    if DYNAMIC_INDEX not in sizes:
        yield from made
        yield ReshapeOp(attention, sizes)


def _groups(mask: SSAValue | None, k: Repeated) -> bool:
    """Whether a mask has a row for all heads, or for each."""
    heads = () if mask is None else shape_of(mask)[-3:-2]
    return heads in ((), (1,), (k.heads * k.group,))


def _apart(x: SSAValue, split: Sequence[int], made: list[DlOp]) -> SSAValue:
    """[.., h * g, m, d] as [.., h, g, m, d]."""
    sizes = _sizes(x, made)
    made.append(ReshapeOp(x, [*sizes[:-3], *split, *sizes[-2:]]))
    return made[-1].results[0]


def _mask_apart(mask: SSAValue, split: Sequence[int], made: list[DlOp]) -> SSAValue:
    heads = shape_of(mask)[-3:-2]
    return _apart(mask, (1, 1) if heads == (1,) else split, made) if heads else mask


def _sizes(x: SSAValue, made: list[DlOp]) -> list[int | SSAValue]:
    """The sizes of a tensor; those that are not known are computed."""
    sizes: list[int | SSAValue] = []
    for axis, size in enumerate(shape_of(x)):
        if size == DYNAMIC_INDEX:
            made.append(DimOp(x, axis))
        sizes.append(made[-1].results[0] if size == DYNAMIC_INDEX else size)
    return sizes


GROUPED = (Composite("grouped_attention", REPEATED, grouped_attention),)
