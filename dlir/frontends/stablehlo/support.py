"""`--check-support`: which ops of a model dlir imports, and why not the others."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from dlir.diagnostics import CompileError
from dlir.pipeline import PassManager
from dlir.registry import default_registry

from . import read_stablehlo

HEADER = ("op", "count", "supported", "reason")


def check_support(source: Any) -> tuple[str, bool]:
    """One line per op of the model, and whether all are supported; raises `CompileError` for what
    is no valid model.

    The answer comes from a conversion, so that shapes, types and regions count as well.
    """
    registry = default_registry()
    module = read_stablehlo(source, registry)
    counts = Counter(op.name for op in module.walk() if op is not module)
    reasons: dict[str, str] = {}
    try:
        pass_ = PassManager("builtin.module(convert-stablehlo-to-dl)", registry=registry)
        pass_.run(registry.context(), module)
    except CompileError as error:
        for diagnostic in error.diagnostics:
            name, reason = _split(diagnostic.message)
            reasons.setdefault(name, reason)
    rows = [
        (name, str(count), "no" if name in reasons else "yes", reasons.get(name, ""))
        for name, count in sorted(counts.items())
    ]
    return _text([HEADER, *rows]), not reasons


def _split(message: str) -> tuple[str, str]:
    """The op and the reason of a message `'op' reason`; only the first line of it."""
    found = re.match(r"'([^']*)' (.*)", message)
    return (found[1], found[2]) if found else ("", message)


def _text(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = ("  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines) + "\n"
