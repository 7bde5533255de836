"""Windows of known size that slide over images: convolutions of single channels.

`out[.., i, .., n] = sum_{r, k..} a[.., r, k..] * b[.., i + r, .., n + ...]`: what is read of one
row of `b` is used by all of the rows of the result whose windows reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import DYNAMIC_INDEX

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import (
    Contraction,
    is_multiply_add,
    operands_of,
    parallel_order,
)

MOST_TAPS = 32
"""Of a window that is written out: more would be too much code."""


@dataclass(frozen=True)
class Window:
    """The iterator of a result's rows, and the one that goes down within a window."""

    row: int
    tap: int


def match_window(op: GenericOp, roles: Contraction) -> Window | None:
    """The innermost rows that windows of known size slide down, a step at a time."""
    if roles.row is not None or roles.panel is not None or roles.group is not None:
        return None
    if not _has_few_taps(op):
        return None
    plain = {form.plain_dim for form in roles.out.forms}
    for row in reversed(roles.outer):
        if row in plain and not roles.a.depends_on(row):
            taps = [d for d in op.reduction_dims if _slides(roles, row, d)]
            if taps:
                return Window(row, taps[0])
    return None


def match_pixels(op: GenericOp, lanes: int) -> int | None:
    """The innermost iterator of the result besides the lanes that an input does not depend on.

    All pixels along it are multiplied by the same weights.
    """
    inputs, out, _ = operands_of(op)
    if len(inputs) != 2 or not is_multiply_add(op.body.block) or not _has_few_taps(op):
        return None
    plain = {form.plain_dim for form in out.forms} - {lanes}
    order = [d for d in parallel_order(op) if d in plain]
    pixels = [d for d in order if not all(x.depends_on(d) for x in inputs)]
    return pixels[-1] if pixels else None


def _has_few_taps(op: GenericOp) -> bool:
    extents = [op.static_extents()[d] for d in op.reduction_dims]
    return bool(extents) and DYNAMIC_INDEX not in extents and 0 < prod(extents) <= MOST_TAPS


def _slides(roles: Contraction, row: int, tap: int) -> bool:
    """Whether b is read at `row + tap` in one dimension, and at neither in another."""
    forms = [f for f in roles.b.forms if f.coefficients[row] or f.coefficients[tap]]
    return (
        len(forms) == 1
        and forms[0].coefficients[row] == forms[0].coefficients[tap] == 1
        and not forms[0].coefficients[roles.lanes]
    )
