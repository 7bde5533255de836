"""What a value is made of, all the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

Sources = Callable[[SSAValue], Sequence[SSAValue] | None]
"""What a value is made of: nothing where it is known, and None where it is not."""


def is_made_of_known(
    value: SSAValue, sources: Sources, known: dict[SSAValue, bool] | None = None
) -> bool:
    """Whether a value follows from what is known alone.

    `known` keeps the answers, also for what is on the way, so that who asks for many values walks
    no part of a program twice.
    """
    known = {} if known is None else known
    pending = [value]
    while pending:
        one = pending[-1]
        parts = () if one in known else sources(one)
        unknown = next((part for part in parts or () if known.get(part) is not True), None)
        if unknown is not None and unknown not in known:
            pending.append(unknown)
            continue
        known.setdefault(one, parts is not None and unknown is None)
        pending.pop()
    return known[value]
