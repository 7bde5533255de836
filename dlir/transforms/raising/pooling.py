"""Norms of windows: the root of how many places a window has times the mean of powers, as PyTorch
takes apart its `lp_pool`. Its powers have a sign, so that only those of an even p are a norm's.
"""

from __future__ import annotations

from functools import partial
from math import isclose, isfinite, prod

from xdsl.ir import SSAValue

import dlir.dialects.dl.match as f
from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.match import Any, Compared, Found, Node, Number, Pattern
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.binary import CastOp
from dlir.dialects.dl.ops.math import AbsOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp
from dlir.dialects.dl.ops.pooling3d import AvgPool3dOp, LpPool3dOp
from dlir.transforms.raising.composite import Composite, Made

# How it looks

_X, _P = Any("x"), Number(name="p")
_POWERS = (Node((AbsOp,), (_X,), "magnitude") ** _P) | f.square(_X) | (_X**_P)
_KINDS = (AvgPool2dOp, AvgPool3dOp)
_MEAN = Node(_KINDS, (_POWERS,), "pool")
_LINES = Node((ReshapeOp,), (_POWERS,), "opened")
_MEAN_OF_LINES = Node((ReshapeOp,), (Node(_KINDS, (_LINES,), "pool"),), "closed")


def _signed(x: Pattern) -> Pattern:
    """sign(x) * relu(|x|), which is x."""
    above, below = (
        Node((CastOp,), (Compared((predicate,), x, Number(0.0)),))
        for predicate in (Predicate.GT, Predicate.LT)
    )
    return (above - below) * Node((ReluOp,), (f.absolute(x),))


def _root(mean: Pattern) -> Pattern:
    total = (_signed(mean) | mean) * Number(name="count")
    return f.sqrt(total) | (total ** Number(name="root"))


LP_POOL = _root(_MEAN) | _root(_MEAN_OF_LINES)


# How it is made


def lp_pool(found: Found) -> Made:
    """Where p and its root fit together, and so do the count and what a window sees."""
    pool: AvgPool2dOp | AvgPool3dOp = found["pool"]
    p, x = found.get("p", 2.0), found["x"]
    digits = f.DIGITS.get(element_of(x), f.DIGITS_F32)
    whole = pool.count_include_pad is not None or not any(pool.padding.get_values())
    counted = isclose(found["count"], prod(pool.kernel.get_values()), rel_tol=digits)
    rooted = p >= 1 and isclose(found.get("root", 0.5) * p, 1, rel_tol=digits)
    unsigned = found.get("magnitude") is not None or p % 2 == 0
    if not (isfinite(p) and whole and counted and rooted and unsigned):
        return
    if (opened := found.get("opened")) is not None:
        opened = opened.clone({opened.x: x})
        yield opened
        x = opened.result
    yield (norm := _norm(pool, x, p))
    if (closed := found.get("closed")) is not None:
        yield closed.clone({closed.x: norm.result})


def _norm(pool: AvgPool2dOp | AvgPool3dOp, x: SSAValue, p: float) -> LpPool2dOp | LpPool3dOp:
    """The norm of the same windows."""
    kernel, strides, padding, dilations = (
        values.get_values() for values in (pool.kernel, pool.strides, pool.padding, pool.dilations)
    )
    same = (
        partial(LpPool3dOp)
        if isinstance(pool, AvgPool3dOp)
        else partial(LpPool2dOp, layout=pool.layout.data.value)
    )
    return same(x, kernel, strides=strides, padding=padding, dilations=dilations, p=p)


POOLINGS = (Composite("lp_pool", LP_POOL, lp_pool),)
