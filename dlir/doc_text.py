"""The reference as Markdown: one file per dialect, one for the passes, one for the targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlir.doc import DialectDoc, FieldDoc, OpDoc, OptionDoc, PassDoc, Reference, TargetDoc

HEADER = "<!-- written by `make docs` from the definitions; do not edit -->\n\n"


def files(reference: Reference) -> dict[str, str]:
    """File name -> its text."""
    result = {f"{d.name}.md": HEADER + dialect_text(d) for d in reference.dialects}
    if reference.passes:
        result["passes.md"] = HEADER + passes_text(reference.passes)
    if reference.targets:
        result["targets.md"] = HEADER + targets_text(reference.targets)
    return result


def dialect_text(dialect: DialectDoc) -> str:
    """A dialect: what it is for, the list of its ops, then each op."""
    head = f"# The `{dialect.name}` dialect\n\n{dialect.text}\n\n"
    rows = [[f"[`{op.name}`](#{anchor(op.name)})", op.summary] for op in dialect.ops]
    return head + table(["op", "what it does"], rows) + "\n" + "\n".join(map(op_text, dialect.ops))


def op_text(op: OpDoc) -> str:
    """One op."""
    parts = [f"## `{op.name}`", op.summary, op.text]
    fields = [("operand", op.operands), ("result", op.results), ("property", op.properties)]
    parts += [_fields(kind, values) for kind, values in [*fields, ("region", op.regions)] if values]
    if op.rules:
        parts.append("\n".join(f"- `{rule.id}`: {rule.text}" for rule in op.rules))
    parts += [f"```mlir\n{example}```" for example in op.examples]
    traits = f" Traits: {', '.join(op.traits)}." if op.traits else ""
    parts.append(f"Class `{op.class_name}`.{traits}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _fields(kind: str, fields: Sequence[FieldDoc]) -> str:
    """A table; columns that say nothing about any of the fields are left out."""
    columns = {
        kind: [f"`{f.name}`" for f in fields],
        "attribute" if kind == "property" else "type": [f.constraint for f in fields],
        "count": ["" if f.count == "one" else f.count for f in fields],
        "default": [f"`{f.default}`" if f.default is not None else "" for f in fields],
    }
    used = {name: cells for name, cells in columns.items() if any(cells)}
    return table([*used], zip(*used.values(), strict=True)).rstrip()


def passes_text(passes: Sequence[PassDoc]) -> str:
    """All passes: a list, then each."""
    rows = [[f"[`{p.name}`](#{anchor(p.name)})", p.summary] for p in passes]
    return (
        "# Passes\n\n"
        + table(["pass", "what it does"], rows)
        + "\n"
        + "\n".join(map(pass_text, passes))
    )


def pass_text(one: PassDoc) -> str:
    """One pass."""
    parts = [f"## `{one.name}`", one.summary, one.text, _options(one.options)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _options(options: Sequence[OptionDoc]) -> str:
    if not options:
        return ""
    rows = [
        [f"`{o.name}`", f"`{o.type}`", "must be given" if o.default is None else f"`{o.default}`"]
        for o in options
    ]
    return table(["option", "type", "default"], rows).rstrip()


def targets_text(targets: Sequence[TargetDoc]) -> str:
    """All targets."""
    return "# Targets\n\n" + "\n".join(f"## `{t.name}`\n\n{t.text}\n" for t in targets)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a `|` inside a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def anchor(name: str) -> str:
    """The anchor that Markdown makes of the heading `## `name``."""
    return name.replace(".", "").lower()
