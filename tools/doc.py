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
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dlir import doc, doc_text
from dlir.commandline import ArgumentParser, Streams, guarded, normalise
from dlir.diagnostics import EXIT_OK
from dlir.files import write_text
from dlir.registry import Registry, default_registry, did_you_mean, misuse


def main(
    argv: Sequence[str] | None = None,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run the command; returns its exit code."""
    streams = Streams.of(stdin, stdout, stderr)
    return guarded(lambda: _run(sys.argv[1:] if argv is None else argv, streams), streams)


def _run(argv: Sequence[str], streams: Streams) -> int:
    parser = ArgumentParser("dlir-doc", __doc__ or "")
    parser.add_argument("names", nargs="*", help="dialects, ops, passes, targets")
    parser.add_argument("--json", action="store_true", help="write JSON instead of Markdown")
    parser.add_argument("--status", action="store_true", help="print what exists for every op")
    parser.add_argument("--output", metavar="FOLDER", help="write one Markdown file per dialect")
    parser.add_argument("--load-plugin", action="append", default=[], metavar="PLUGIN")
    options = parser.parse_args(normalise(argv, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    registry = default_registry().with_plugins(options.load_plugin)
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


if __name__ == "__main__":
    sys.exit(main())
