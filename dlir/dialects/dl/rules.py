"""How a simplification is stated: a function, registered for the op classes it is about.

A *fold* gives a value or a constant that an op's result equals; a *rewriting* gives simpler ops.
Each stands under one line of algebra. A rule may not lose a bit: `x + 0.0` is not `x`, since
-0.0 + 0.0 = 0.0. Values are replaced only by values of the same type, so that the types of their
users stay true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeAlias, TypeVar

from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from dlir.dialects.dl.constants import known_array
from dlir.dialects.dl.ops.base import DlOp

Folded: TypeAlias = SSAValue | Attribute | None
Rewritten: TypeAlias = Operation | Sequence[Operation] | None
Fold: TypeAlias = Callable[[Any], Folded]
Rewriting: TypeAlias = Callable[[Any], Rewritten]
F = TypeVar("F", bound=Callable[[Any], Any])


class Rules:
    """The folds and rewritings of one module, by op class; subclasses inherit them."""

    def __init__(self) -> None:
        self._folds: dict[type, list[Fold]] = {}
        self._rewritings: dict[type, list[Rewriting]] = {}

    def fold_of(self, *ops: type[DlOp]) -> Callable[[F], F]:
        """Registers a fold."""
        return _registering(self._folds, ops)

    def rewriting_of(self, *ops: type[DlOp]) -> Callable[[F], F]:
        """Registers a rewriting."""
        return _registering(self._rewritings, ops)

    def folds(self, op: type[DlOp]) -> tuple[Fold, ...]:
        """The folds for an op class, in the order of their definition."""
        return tuple(chain.from_iterable(self._folds.get(base, ()) for base in op.__mro__))

    def rewritings(self, op: type[DlOp]) -> tuple[Rewriting, ...]:
        """The rewritings for an op class, in the order of their definition."""
        return tuple(chain.from_iterable(self._rewritings.get(base, ()) for base in op.__mro__))


def _registering(table: dict[type, list[Any]], ops: Sequence[type[DlOp]]) -> Callable[[F], F]:
    def register(rule: F) -> F:
        for op in ops:
            table.setdefault(op, []).append(rule)
        return rule

    return register


# What the rules ask


def definer(value: SSAValue, *kinds: type[DlOp]) -> Any:
    """The op of one of these classes that defines the value, or None."""
    return value.owner if isinstance(value, OpResult) and isinstance(value.op, kinds) else None


def replaceable(op: Operation, value: SSAValue) -> SSAValue | None:
    """The value, if it may stand for the op's result."""
    return value if value.type == op.results[0].type else None


def splat(value: SSAValue) -> Any:
    """The number that fills a constant, or None."""
    array = known_array(value)
    if array is None or array.size == 0 or array.flat[0] != array.flat[-1]:
        return None
    return array.flat[0] if (array == array.flat[0]).all() else None


def negative_zero(number: Any) -> bool:
    return number == 0 and str(number).startswith("-")
