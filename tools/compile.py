"""`dlir-compile`: bring a model down to a level, or report on what it takes to run it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dlir.commandline import (
    DEBUGINFO,
    MODEL,
    TARGET_FLAGS,
    Command,
    Flag,
    Streams,
    compile_options,
    keep_inputs,
    report_file,
)
from dlir.diagnostics import EXIT_DIAGNOSTICS, EXIT_OK
from dlir.registry import Registry, misuse

FLAGS: list[Flag] = [
    MODEL,
    *TARGET_FLAGS,
    ("--compile-from", {"metavar": "LEVEL", "help": "the level MODEL is at; default: the first"}),
    ("--compile-to", {"metavar": "LEVEL", "help": "the level to stop at; default: the last"}),
    ("-o", {"metavar": "FILE", "help": "the artifact; default: text to stdout"}),
    (
        "--emit",
        {
            "choices": ["shared", "obj"],
            "help": "a library for C programs, or an object to link, with a header beside it",
        },
    ),
    ("--header", {"metavar": "FILE", "help": "of --emit; default: the artifact's name with .h"}),
    ("--dump-phases-to", {"metavar": "FOLDER", "help": "write the module after every phase"}),
    ("--dump-schedule", {"metavar": "FILE", "help": "write how kernels are computed"}),
    ("--check-support", {"action": "store_true", "help": "only list what is supported"}),
    (
        "--report",
        {
            "type": report_file,
            "metavar": "FILE",
            "help": "compile to run, and write R.json or R.html",
        },
    ),
    DEBUGINFO,
]


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    if options.emit is None and options.header is not None:
        raise misuse("--header is for --emit: say which library is wanted")
    if options.emit is not None:
        return _emit(options, registry, streams)
    return (_check_support if options.check_support else _compile)(options, registry, streams)


def _emit(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    from dlir import api

    for flag in ("compile_from", "compile_to", "dump_phases_to", "check_support", "report"):
        if getattr(options, flag):
            raise misuse(f"--emit and --{flag.replace('_', '-')} exclude each other")
    if options.o in (None, "-"):
        raise misuse(f"--emit={options.emit} writes two files: name the first with -o")
    header = options.header or str(Path(options.o).with_suffix(".h"))
    if Path(header) == Path(options.o):
        raise misuse(f"'{header}' would be the library and its header: name another with --header")
    keep_inputs([options.model, options.params], [options.o, header])
    settings = compile_options(options, registry)
    model = api.load_from(options.model, streams.stdin, options.params, registry)
    target, shared = options.target or "cpu", options.emit == "shared"
    api.write_library(model, target, settings, options.o, header=header, shared=shared)
    return EXIT_OK


def _check_support(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    from dlir import api

    settings = compile_options(options, registry)
    target = options.target or "cpu"
    text, fine = api.check_support(options.model, streams.stdin, target, settings)
    print(text, file=streams.stdout)
    return EXIT_OK if fine else EXIT_DIAGNOSTICS


def _compile(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    from dlir import api
    from dlir.progress import shown_on
    from dlir.report import write_report

    keep_inputs([options.model, options.params, options.schedule], [options.o])
    target, settings = options.target or "cpu", compile_options(options, registry)
    folder = Path(options.dump_phases_to) if options.dump_phases_to else None
    dump = Path(options.dump_schedule) if options.dump_schedule else None
    settings = replace(settings, dump_phases_to=folder, dump_schedule=dump)
    model = api.load_from(options.model, streams.stdin, options.params, registry)
    with shown_on(streams.stderr) as progress:
        settings = replace(settings, progress=progress)
        if options.report:
            explained = replace(settings, explain_fusion=True)
            write_report(options.report, api.compile_with(model, target, explained).report)
        if options.report and not options.o and not options.compile_to:
            return EXIT_OK
        stop = options.compile_to or api.find_target(target, registry).levels[-1]
        start = options.compile_from
        artifact = api.lower(model, target, stop, start=start, options=settings)
    api.write_artifact(
        artifact,
        f"level '{stop}'",
        model.params,
        options.o,
        streams.stdout,
        print_debuginfo=options.mlir_print_debuginfo,
    )
    return EXIT_OK


main = Command("dlir-compile", __doc__ or "", FLAGS, run, needs=("model",))

if __name__ == "__main__":
    raise SystemExit(main())
