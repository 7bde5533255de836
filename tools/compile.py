"""`dlir-compile`: bring a model down to a level, or report on what it takes to run it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from dlir.commandline import (
    TARGET_FLAGS,
    ArgumentParser,
    Flag,
    Streams,
    add_flags,
    compile_options,
    guarded,
    normalise,
)
from dlir.diagnostics import EXIT_DIAGNOSTICS, EXIT_OK
from dlir.registry import misuse

FLAGS: list[Flag] = [
    *TARGET_FLAGS,
    ("--compile-from", {"metavar": "LEVEL", "help": "the level MODEL is at; default: the first"}),
    ("--compile-to", {"metavar": "LEVEL", "help": "the level to stop at; default: the last"}),
    ("-o", {"metavar": "FILE", "help": "the artifact; default: text to stdout"}),
    ("--dump-phases-to", {"metavar": "FOLDER", "help": "write the module after every phase"}),
    ("--check-support", {"action": "store_true", "help": "only list what is supported"}),
    ("--report", {"metavar": "FILE", "help": "compile to run, and write R.json or R.html"}),
    ("--mlir-print-debuginfo", {"action": "store_true", "help": "print locations, too"}),
]


def main(
    argv: Sequence[str] | None = None,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    stderr: IO[str] | None = None,
) -> int:
    """Run the command; the exit code is 0, 1 (diagnostics), 2 (usage) or 3 (a bug in dlir)."""
    streams = Streams.of(stdin, stdout, stderr)
    return guarded(lambda: _main(argv, streams), streams)


def _main(argv: Sequence[str] | None, streams: Streams) -> int:
    parser = ArgumentParser("dlir-compile", __doc__ or "")
    parser.add_argument("model", nargs="?", help="MLIR text, a model file, or - for text on stdin")
    add_flags(parser, FLAGS)
    arguments = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(normalise(arguments, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    if options.model is None:
        parser.error("no model given")
    if options.report and Path(options.report).suffix not in (".json", ".html"):
        parser.error(f"--report={options.report}: write R.json or R.html")
    return _check_support(options, streams) if options.check_support else _compile(options, streams)


def _check_support(options: argparse.Namespace, streams: Streams) -> int:
    from dlir import api

    settings = compile_options(options)
    text, fine = api.check_support(options.model, options.target or "cpu", settings)
    print(text, file=streams.stdout)
    return EXIT_OK if fine else EXIT_DIAGNOSTICS


def _compile(options: argparse.Namespace, streams: Streams) -> int:
    from dlir import api
    from dlir.progress import shown_on

    target, settings = options.target or "cpu", compile_options(options)
    folder = Path(options.dump_phases_to) if options.dump_phases_to else None
    settings = replace(settings, dump_phases_to=folder)
    model = api.load_from(options.model, streams.stdin, options.params, settings.registry)
    with shown_on(streams.stderr) as progress:
        settings = replace(settings, progress=progress)
        if options.report:
            _report(api.compile_with(model, target, settings), options.report)
        if options.report and not options.o and not options.compile_to:
            return EXIT_OK
        stop = options.compile_to or api.find_target(target, settings.registry).levels[-1]
        start = options.compile_from
        artifact = api.lower(model, target, stop, start=start, options=settings)
    if isinstance(artifact, bytes) and not options.o:
        raise misuse(f"level '{stop}' is binary: give a file with -o")
    api.write_artifact(
        artifact,
        model.params,
        options.o,
        streams.stdout,
        print_debuginfo=options.mlir_print_debuginfo,
    )
    return EXIT_OK


def _report(executable: Any, path: str) -> None:
    from dlir.files import write_text

    report = executable.report
    write_text(path, report.to_html() if path.endswith(".html") else report.to_json())


if __name__ == "__main__":
    raise SystemExit(main())
