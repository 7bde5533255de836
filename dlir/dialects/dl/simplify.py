"""Folds and canonicalisations of the `dl` dialect."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.pattern_rewriter import RewritePattern


def fold(op: Operation) -> Sequence[SSAValue | Attribute] | None:
    return None


def patterns_of(op: type[Operation]) -> tuple[RewritePattern, ...]:
    return ()
