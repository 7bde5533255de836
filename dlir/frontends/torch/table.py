"""All ATen operators that dlir imports, by the name of their overload."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from .call import Build
from .ops import (
    activation,
    attention,
    binary,
    contraction,
    elementwise,
    fake_quantization,
    indexing,
    movement,
    normalization,
    ordering,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    scatter,
    source,
    transformer,
)

FAMILIES = (
    activation,
    attention,
    binary,
    contraction,
    elementwise,
    fake_quantization,
    indexing,
    movement,
    normalization,
    ordering,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    scatter,
    source,
    transformer,
)

OPERATORS: dict[str, Build] = {
    name: build for family in FAMILIES for name, build in family.OPERATORS.items()
}


def listing() -> str:
    """The operators by family, as text for the documentation; overloads follow their name."""
    families = (_family(family.__name__, family.OPERATORS) for family in FAMILIES)
    return "\n\n".join([f"{len(OPERATORS)} overloads", *families])


def _family(module: str, operators: Iterable[str]) -> str:
    overloads: dict[str, list[str]] = {}
    for name in sorted(operators):
        _, operator, overload = name.split(".")
        overloads.setdefault(operator, []).append(overload)
    words = " ".join(
        operator if kinds == ["default"] else f"{operator}.{{{','.join(kinds)}}}"
        for operator, kinds in overloads.items()
    )
    lines = textwrap.fill(words, 96, break_long_words=False, break_on_hyphens=False)
    return f"{module.rpartition('.')[2]}\n{textwrap.indent(lines, '    ')}"
