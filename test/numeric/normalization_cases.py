"""Normalisations by groups of channels, by the mean square, and of a whole batch."""

from __future__ import annotations

from typing import Any

from numeric.cases import Case, Scaled

from dlir.dialects.dl.ops import normalization as n

IMAGES = ("2?x6x3x4", "1x6x5?x4?", "2x6", "2?x6x17", "1x6x1x1x2", "0?x6x2")
"""Shapes with six channels."""


def more_normalization_cases(element: str) -> list[Case]:
    cases: list[Case] = []
    for shape in IMAGES:
        types = f"{shape}x{element} 6x{element} 6x{element}"
        makes: list[tuple[str, Any]] = [
            ("instance_norm", n.InstanceNormOp),
            ("batch_norm_training", lambda *xs: n.BatchNormTrainingOp(*xs, epsilon=1e-2)),
            *(
                (f"group_norm {g}", lambda *xs, g=g: n.GroupNormOp(*xs, g, epsilon=1e-2))
                for g in (1, 2, 6)
            ),
        ]
        cases += [Case(name, types, make, Scaled(65)) for name, make in makes]
    for shape, axis in (("2?x5x3", 2), ("2?x5x3", 1), ("2x5x3", 0), ("3x65", 1), ("0?x7", 1)):
        rest = "x".join(shape.split("x")[axis:])
        make = lambda x, s, a=axis: n.RmsNormOp(x, s, axis=a)  # noqa: E731
        cases.append(Case("rms_norm", f"{shape}x{element} {rest}x{element}", make, Scaled(65)))
    last = lambda x, s: n.RmsNormOp(x, s, epsilon=1e-3)  # noqa: E731
    cases.append(Case("rms_norm", f"3x7?x{element} 7?x{element}", last, Scaled(7)))
    others = lambda *xs: n.BatchNormTrainingOp(*xs, axis=2)  # noqa: E731
    types = f"2?x5x3x{element} 3x{element} 3x{element}"
    cases.append(Case("batch_norm_training", types, others, Scaled(65)))
    return cases
