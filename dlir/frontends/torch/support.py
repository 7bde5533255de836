"""`--check-support`: which operators of a program dlir imports, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .importer import operator_of
from .program import Program, Source, read_program

if TYPE_CHECKING:
    from torch.fx import Node

    from .importer import Importer


@dataclass(frozen=True)
class Support:
    """One operator of a program."""

    operator: str
    count: int
    supported: bool
    reason: str = ""


def check_support(source: Source) -> tuple[Support, ...]:
    """The operators of a program in alphabetical order; raises `CompileError` if it is none.

    The answer comes from an import of the program, so that arguments and shapes count as well. A
    node that follows an unsupported one is not tried; it counts as supported.
    """
    program = read_program(source)
    importer = Program(program).survey()
    groups: dict[str, list[Node]] = {}
    for node in program.graph.nodes:
        if node.op not in ("placeholder", "output") and hasattr(node.target, "_schema"):
            groups.setdefault(operator_of(node), []).append(node)
    return tuple(_row(name, nodes, importer) for name, nodes in sorted(groups.items()))


def _row(name: str, nodes: Sequence[Node], importer: Importer) -> Support:
    faults = [importer.errors[node].message for node in nodes if node in importer.errors]
    reason = faults[0] if faults else ""
    if len(faults) not in (0, len(nodes)):
        reason = f"{len(faults)} of {len(nodes)}: {reason}"
    return Support(name, len(nodes), not faults, reason)


def format_support(rows: Iterable[Support]) -> str:
    """The table as text."""
    lines = [("operator", "count", "supported", "reason")]
    lines += [(r.operator, str(r.count), "yes" if r.supported else "no", r.reason) for r in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = [
        "  ".join(cell.ljust(n) for cell, n in zip(line, widths, strict=True)) for line in lines
    ]
    return "\n".join(line.rstrip() for line in text) + "\n"
