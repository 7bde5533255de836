"""Contractions that slide a window down the rows of images: convolutions of single channels.

`out[.., i, .., n] = sum_{r, k..} a[.., r, k..] * b[.., i + r, .., n + ...]`: what is read of one
row of `b` is used by all of the rows of the result whose windows reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import DYNAMIC_INDEX

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import Contraction

MOST_TAPS = 32
"""Of a window that is written out: more would be too much code."""


@dataclass(frozen=True)
class Window:
    """The iterator of a result's rows, and the one that goes down within a window."""

    row: int
    tap: int


def match_window(op: GenericOp, roles: Contraction) -> Window | None:
    """The innermost rows that windows of known size slide down, a step at a time."""
    extents = [op.static_extents()[d] for d in op.reduction_dims]
    written_out = DYNAMIC_INDEX not in extents and 0 < prod(extents) <= MOST_TAPS
    if not written_out or roles.row is not None or roles.panel is not None or roles.group:
        return None
    plain = {form.plain_dim for form in roles.out.forms}
    for row in reversed(roles.outer):
        if row in plain and not roles.a.depends_on(row):
            taps = [d for d in op.reduction_dims if _slides(roles, row, d)]
            if taps:
                return Window(row, taps[0])
    return None


def _slides(roles: Contraction, row: int, tap: int) -> bool:
    """Whether b is read at `row + tap` in one dimension, and at neither in another."""
    forms = [f for f in roles.b.forms if f.coefficients[row] or f.coefficients[tap]]
    return (
        len(forms) == 1
        and forms[0].coefficients[row] == forms[0].coefficients[tap] == 1
        and not forms[0].coefficients[roles.lanes]
    )
