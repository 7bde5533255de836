"""Additive attention: scores by a sum over tanh(q + k), or by a product with one column.

Each row of q meets each row of k by ones in their shapes; a single row of q needs none.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from math import inf
from typing import NamedTuple

from xdsl.ir import SSAValue

import dlir.dialects.dl.match as f
from dlir.dialects.dl.match import Any, Found, Node, Reshaped
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.attention import AdditiveAttentionOp
from dlir.dialects.dl.ops.base import DlOp, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.transforms.raising.attention import mask_of, mixed, mixes, sums_as_usual
from dlir.transforms.raising.channel_norms import ones_of_last
from dlir.transforms.raising.composite import Composite, Made
from dlir.transforms.raising.origins import same_sizes

# How it looks

_MEETING = Node((b.AddOp,), (Any("left"), Any("right")), "meeting")
_TANH = f.tanh(_MEETING)
_SUM = Node((ReduceSumOp,), ((_TANH * Any("w")) | _TANH,), "sum")
_PRODUCT = Node((MatmulOp,), (_TANH, Any("column")), "product")
_LINEAR = (_PRODUCT + Any("bias")) | _PRODUCT
_SCORES = _SUM | Reshaped(_SUM | _LINEAR) | Reshaped(Reshaped(_SUM | _LINEAR))
ADDITIVE_ATTENTION = mixed(_SCORES)


# How it is made


class Meeting(NamedTuple):
    """What q and k are, with the axis that must go for them to be [.., rows, d]."""

    q: SSAValue
    k: SSAValue
    q_extra: int | None
    k_extra: int | None


def additive_attention(found: Found) -> Made:
    """The rows that meet lose their ones, and the weights become a vector."""
    meeting = _meeting(found)
    if meeting is None or not mixes(found) or not _adds_up(found):
        return
    bias = found.get("bias")
    if bias is not None and (found.get("fill") is not None or shape_of(bias) not in ((), (1,))):
        return
    w = yield from _weights(found)
    if w is None:
        return
    q = yield from _without(meeting.q, meeting.q_extra)
    k = yield from _without(meeting.k, meeting.k_extra)
    mask = yield from mask_of(found)
    if bias is not None and mask is not None:
        yield (both := b.AddOp(mask, bias))
        mask = both.result
    mask = bias if mask is None else mask
    yield AdditiveAttentionOp(q, k, found["v"], w, mask, fill=found.get("fill", -inf))


def _meeting(found: Found) -> Meeting | None:
    """Which operand has the queries; None where they do not meet as rows of one size."""
    total, scores = shape_of(found["meeting"].result), shape_of(found["scores"])
    for q, k in ((found["left"], found["right"]), (found["right"], found["left"])):
        (*_, width), (*_, width_of_keys) = shape_of(q) or (0,), shape_of(k) or (0,)
        if min(rank_of(q), rank_of(k)) < 2 or not width == width_of_keys == total[-1]:
            continue
        if shape_of(q)[-2] != 1 or shape_of(k)[-2] != total[-2]:
            continue
        many = shape_of(q)[-3:-2] == total[-3:-2] != () and shape_of(k)[-3:-2] in ((), (1,))
        if many and scores == total[:-1] and _keeps(found, [*range(len(scores))]):
            return Meeting(q, k, -2, -3 if rank_of(k) > 2 else None)
        single = (*total[:-2], 1, total[-2])
        if scores == single and _keeps(found, [*range(len(total) - 2), None, len(total) - 2]):
            return Meeting(q, k, None, None)
    return None


def _keeps(found: Found, axes: Sequence[int | None]) -> bool:
    """Whether each size of the scores is that of an axis of what is summed up, or 1."""
    scores, total = found["scores"], found["meeting"].result
    unknown = shape_of(scores).count(DYNAMIC)
    told = unknown == 0 or (unknown == 1 and 0 not in shape_of(scores))
    if told or not isinstance(scores.owner, ReshapeOp):
        return True
    pairs = [(place, axis) for place, axis in enumerate(axes) if axis is not None]
    return all(same_sizes(scores, place, total, axis) for place, axis in pairs)


def _adds_up(found: Found) -> bool:
    """Whether the sum is over the last axis alone, or the product with one column."""
    last = rank_of(found["meeting"].result) - 1
    if (total := found.get("sum")) is not None:
        return total.axes.get_values() == (last,)
    product: MatmulOp = found["product"]
    column = shape_of(product.rhs)
    return (
        product.transpose_lhs is None
        and sums_as_usual(product)
        and (len(column) == 2 and column[0 if product.transpose_rhs is not None else 1] == 1)
    )


def _weights(found: Found) -> Generator[DlOp, None, SSAValue | None]:
    """w as a vector; ones where nothing is weighted. None where it is none."""
    total = found["meeting"].result
    w, width = found.get("w", found.get("column")), shape_of(total)[-1]
    if w is None:
        if (ones := ones_of_last(total, (rank_of(total) - 1,))) is None:
            return None
        yield ones
        return ones.result
    shape = shape_of(w)
    if found.get("w") is not None and (shape[-1:] != (width,) or {*shape[:-1]} - {1}):
        return None
    if len(shape) == 1:
        return w
    yield (vector := ReshapeOp(w, [-1 if width == DYNAMIC else width]))
    return vector.result


def _without(x: SSAValue, axis: int | None) -> Generator[DlOp, None, SSAValue]:
    """x without an axis of one place."""
    if axis is None:
        return x
    sizes: list[int | SSAValue] = []
    for place, size in enumerate(shape_of(x)):
        if place == rank_of(x) + axis:
            continue
        if size != DYNAMIC:
            sizes.append(size)
            continue
        yield (dim := DimOp(x, place))
        sizes.append(dim.result)
    yield (rows := ReshapeOp(x, sizes))
    return rows.result


ADDITIVE_ATTENTIONS = (Composite("additive_attention", ADDITIVE_ATTENTION, additive_attention),)
