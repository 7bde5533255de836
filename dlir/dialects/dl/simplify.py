"""Folds and canonicalisations of the `dl` dialect, for `canonicalize` and `dl-simplify` alike.

The algebra is in simplify_compute.py and simplify_movement.py; here stands the folding of
constants, and what xDSL's interfaces ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from xdsl.dialects.arith import ConstantOp as ArithConstantOp
from xdsl.dialects.builtin import IntegerAttr, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from dlir.dialects.dl import simplify_compute, simplify_movement
from dlir.dialects.dl.constants import dense, known_array
from dlir.dialects.dl.ops.base import DlOp, shape_of, type_of
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, ParamOp
from dlir.dialects.dl.rules import Fold, Rewriting
from dlir.dialects.dl.shapes import element_count

MAX_GROWTH = 1024
"""Up to so many elements, a constant may replace an op on smaller ones (a broadcast, an iota)."""
MAX_FOLDED = 1 << 16
"""Ops on constants of more elements are left to run time."""

_FAMILIES = (simplify_compute.RULES, simplify_movement.RULES)


@cache
def _folds_of(op: type[DlOp]) -> tuple[Fold, ...]:
    return tuple(rule for family in _FAMILIES for rule in family.folds(op))


def fold(op: DlOp) -> Sequence[SSAValue | Attribute] | None:
    """What the op's results equal: by the first fold that applies, or as an op on constants."""
    if isinstance(op, ConstantOp):
        return [op.value]
    for rule in _folds_of(type(op)):
        if (folded := rule(op)) is not None:
            return [folded]
    return evaluated(op)


def evaluated(op: DlOp) -> Sequence[Attribute] | None:
    """f(constants) = constant, by the reference semantics.

    What fails at run time is left to fail there.
    """
    if isinstance(op, ConstantOp | ParamOp | DimOp):
        return None
    sizes = [element_count(shape_of(v)) for v in op.operands if isinstance(v.type, TensorType)]
    made = sum(element_count(shape_of(result)) for result in op.results)
    allowed = min(MAX_FOLDED, max(MAX_GROWTH, *sizes, 0))
    if made < 0 or made > allowed or sum(sizes) > MAX_FOLDED:
        return None
    arrays = [_constant(value) for value in op.operands]
    if any(array is None for array in arrays):
        return None
    import numpy as np

    from dlir.dialects.dl.semantics import SEMANTICS

    try:
        with np.errstate(all="ignore"):
            values = SEMANTICS[type(op)](None, op, *arrays)
    except (ValueError, IndexError):
        return None
    return [dense(v, type_of(r)) for v, r in zip(values, op.results, strict=True)]


def _constant(value: SSAValue) -> Any:
    """The array or the index of a constant."""
    if isinstance(value.owner, ArithConstantOp) and isinstance(value.owner.value, IntegerAttr):
        return cast(IntegerAttr[Any], value.owner.value).value.data
    return known_array(value)


class Rule(RewritePattern):
    """A rewriting as a pattern; `patterns_of` makes a subclass of each, named after it."""

    rewriting: Rewriting
    root_types: tuple[type[Operation], ...] = ()

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        made = self.rewriting(op)
        if made is None:
            return
        new_ops = [made] if isinstance(made, Operation) else [*made]
        for new in new_ops:
            new.location = op.location
        rewriter.replace(op, new_ops)


@cache
def patterns_of(op: type[DlOp]) -> tuple[RewritePattern, ...]:
    """The rewritings of an op class as patterns."""
    rules = (rule for family in _FAMILIES for rule in family.rewritings(op))
    return tuple(_pattern(rule, op) for rule in rules)


def _pattern(rule: Rewriting, op: type[DlOp]) -> RewritePattern:
    name = "".join(word.capitalize() for word in rule.__name__.split("_"))
    return type(name, (Rule,), {"rewriting": staticmethod(rule), "root_types": (op,)})()
