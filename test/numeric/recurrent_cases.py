"""The recurrent `dl` ops with all their options, and with every kind of size."""

from __future__ import annotations

from typing import Any

from numeric.cases import Case, Scaled

from dlir.dialects.dl.ops import recurrent as rec

GATES = {rec.RnnOp: 1, rec.GruOp: 3, rec.LstmOp: 4}

OPTIONS: list[tuple[Any, dict[str, Any]]] = [
    (rec.RnnOp, {}),
    (rec.RnnOp, {"reverse": True}),
    (rec.GruOp, {}),
    (rec.GruOp, {"reverse": True}),
    (rec.GruOp, {"linear_before_reset": True}),
    (rec.GruOp, {"linear_before_reset": True, "reverse": True}),
    (rec.LstmOp, {}),
    (rec.LstmOp, {"reverse": True}),
    (rec.LstmOp, {"peepholes": True}),
    (rec.LstmOp, {"peepholes": True, "reverse": True}),
]

SIZES = [
    ("3", "2?", "5", 4), ("2", "3", "17", 16), ("1", "1", "1", 1), ("3", "0?", "5", 4),
    ("4", "1?", "3?", 5), ("2", "5", "4", 65),
]  # fmt: skip
"""(sequence, batch, input, hidden)"""


def types_of(kind: Any, sizes: tuple[str, str, str, int], element: str, peepholes: bool) -> str:
    """The types of all operands, as `Case` takes them."""
    steps, rows, inputs, hidden = sizes
    gates = GATES[kind] * hidden
    weights = [f"{gates}x{inputs.rstrip('?')}", f"{gates}x{hidden}", f"{gates}", f"{gates}"]
    states = [f"{rows}x{hidden}"] * (2 if kind is rec.LstmOp else 1)
    shapes = [f"{steps}x{rows}x{inputs}", *weights, *states]
    shapes += [f"{3 * hidden}"] if peepholes else []
    return " ".join(f"{shape}x{element}" for shape in shapes)


def recurrent_cases(element: str) -> list[Case]:
    """Every option with a dynamic batch, and all sizes with the plainest of each op."""
    pairs = [(option, SIZES[0]) for option in OPTIONS]
    pairs += [(OPTIONS[i], sizes) for i in (0, 2, 4, 6, 8) for sizes in SIZES[1:]]
    cases: list[Case] = []
    for (kind, options), sizes in pairs:
        flags = dict(options)
        types = types_of(kind, sizes, element, flags.pop("peepholes", False))
        make = lambda *xs, a=(kind, flags): a[0](*xs, **a[1])  # noqa: E731
        steps, inputs = int(sizes[0]), int(sizes[2].rstrip("?"))
        terms = 4 * steps * (inputs + sizes[3])  # a product of two numbers is about 4
        cases.append(Case(kind.name, types, make, Scaled(terms)))
    return cases
