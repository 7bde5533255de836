"""The documentation that follows from a table of instructions, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlir.dialects.isa.encoding import Field, InstructionSet
from dlir.dialects.isa.fields import FUNCTIONS


def bits_table(isa: InstructionSet, mnemonic: str) -> str:
    """Where every field of an instruction is, from bit 0 on, with the gaps that must be zero."""
    rows: list[Sequence[str]] = []
    at = 0
    layout = isa.layouts[mnemonic]
    for part in [*sorted(layout.fields.values(), key=lambda f: f.low)]:
        if part.low > at:
            rows.append(_gap(at, part.low - 1))
        rows.append((f"{part.high}:{part.low}", *_cells(isa, part, mnemonic)))
        at = part.high + 1
    if at < 128:
        rows.append(_gap(at, 127))
    return _table(("bits", "field", "holds", "default", "meaning"), rows)


def _cells(isa: InstructionSet, part: Field, mnemonic: str) -> tuple[str, str, str, str]:
    if part.name == isa.opcode.name:
        return part.name, f"{isa.instructions[mnemonic].opcode:#04x}", "", part.doc
    default = "" if part.default is None else str(part.default)
    return part.name, f"{part.kind}: {part.range}", default, part.doc


def _gap(low: int, high: int) -> tuple[str, str, str, str, str]:
    return f"{high}:{low}", "", "0", "", "reserved"


def function_table(part: Field) -> str:
    """The functions that a field `fn` chooses from, with their numbers."""
    rows = ((str(i), name, FUNCTIONS[name]) for i, name in enumerate(part.choices))
    return _table(("fn", "name", "computes"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in r) + " |" for r in lines
    )
