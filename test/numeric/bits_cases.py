"""Shifts by every count that matters, and the bits of numbers under every type of their width."""

from __future__ import annotations

from numeric.cases import BITS, ELEMENTS, EXACT, UNSIGNED, Case

from dlir.dialects.dl.attrs import WIDTHS
from dlir.dialects.dl.ops.bits import BitcastOp, ShiftLeftOp, ShiftRightOp

INTEGERS = {name: t for name, t in (ELEMENTS | UNSIGNED).items() if "i" in name and name != "i1"}
NUMBERS = {name: t for name, t in (ELEMENTS | UNSIGNED).items() if name != "i1"}


def shift_cases() -> list[Case]:
    cases: list[Case] = []
    for name, type in INTEGERS.items():
        width, signed = WIDTHS[type], name in ELEMENTS
        top = (1 << (width - signed)) - 1
        numbers = [0, 1, 5, top // 3, top, *((-1, -6, -top - 1) if signed else (top // 2 + 1,))]
        counts = [
            0,
            1,
            3,
            width - 1,
            width,
            width + 1,
            min(top, 200),
            *((-1, -top) if signed else ()),
        ]
        pairs = [[x for x in numbers for _ in counts], [n for _ in numbers for n in counts]]
        types = f"{len(pairs[0])}?x{name} {len(pairs[0])}?x{name}"
        cases += [
            Case(op.name, types, op, EXACT, values=pairs) for op in (ShiftLeftOp, ShiftRightOp)
        ]
    return cases


def bitcast_cases() -> list[Case]:
    """Integers of all signs and sizes as other types, and floats as integers."""
    cases: list[Case] = []
    for name, source in NUMBERS.items():
        for target in NUMBERS.values():
            if WIDTHS[source] == WIDTHS[target]:
                make = lambda x, target=target: BitcastOp(x, target)  # noqa: E731
                cases.append(Case(f"bitcast_{target}", f"3?x5x{name}", make, BITS, special=True))
    return cases
