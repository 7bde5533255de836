"""dlir-doc: the reference of dialects, ops, passes and targets, written from their definitions.

dlir-doc                        what there is
dlir-doc dl                     a dialect
dlir-doc dl.conv2d cse          an op and a pass
dlir-doc --status               what exists for every op
dlir-doc --json                 everything, for programs
dlir-doc --output docs/reference
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from dlir import doc, doc_text
from dlir.commandline import PLUGIN, Command, Flag, Streams
from dlir.diagnostics import EXIT_OK
from dlir.files import write_text
from dlir.registry import Registry, did_you_mean, misuse

FLAGS: list[Flag] = [
    ("names", {"nargs": "*", "help": "dialects, ops, passes, targets"}),
    ("--json", {"action": "store_true", "help": "write JSON instead of Markdown"}),
    ("--status", {"action": "store_true", "help": "print what exists for every op"}),
    ("--output", {"metavar": "FOLDER", "help": "write one Markdown file per dialect"}),
    PLUGIN,
]


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    if options.output:
        _write(doc.reference(registry), Path(options.output))
    else:
        print(_answer(registry, options), end="", file=streams.stdout)
    return EXIT_OK


def _answer(registry: Registry, options: argparse.Namespace) -> str:
    if options.status:
        return _status(registry, options.names)
    if options.json:
        return json.dumps(doc.to_json(doc.reference(registry)), indent=2) + "\n"
    if options.names:
        return "\n".join(_named(registry, name) for name in options.names)
    return _overview(doc.reference(registry))


def _write(reference: doc.Reference, folder: Path) -> None:
    for name, text in doc_text.files(reference).items():
        write_text(folder / name, text)


def _named(registry: Registry, name: str) -> str:
    """The text of whatever has this name."""
    if name in registry.names("dialect"):
        return doc_text.dialect_text(doc.document_dialect(registry, name))
    if name in registry.names("pass"):
        return doc_text.pass_text(doc.document_pass(registry.find_pass(name)))
    if name in registry.names("target"):
        return doc_text.targets_text([doc.document_target(registry, name)])
    dialect = name.partition(".")[0]
    ops = doc.document_dialect(registry, dialect).ops if dialect in registry.dialect_names() else ()
    for op in ops:
        if op.name == name:
            return doc_text.op_text(op)
    known = [*registry.dialect_names(), *registry.pass_names(), *(op.name for op in ops)]
    raise misuse(f"nothing has the name '{name}'{did_you_mean(name, known)}")


def _overview(reference: doc.Reference) -> str:
    rows = [["dialect", d.name, f"{len(d.ops)} ops"] for d in reference.dialects]
    rows += [["pass", p.name, p.summary] for p in reference.passes]
    rows += [["target", t.name, t.text.partition("\n")[0]] for t in reference.targets]
    return "".join(f"{kind:8} {name:32} {text}\n" for kind, name, text in rows)


def _status(registry: Registry, names: Sequence[str]) -> str:
    from dlir.status import COLUMNS, dialect_status, status_table

    own = [n for n in registry.dialect_names() if registry.owner("dialect", n) == "dlir"]
    rows = [s for name in names or own for s in dialect_status(registry, name)]
    return doc_text.table(COLUMNS, status_table(rows))


main = Command("dlir-doc", __doc__ or "", FLAGS, run)

if __name__ == "__main__":
    raise SystemExit(main())
