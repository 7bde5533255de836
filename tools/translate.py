"""`dlir-translate`: between file formats: models to MLIR text, MLIR text to code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO

from dlir.commandline import ArgumentParser, Flag, Streams, add_flags, guarded, normalise
from dlir.diagnostics import EXIT_OK, warn
from dlir.registry import default_registry, misuse

FLAGS: list[Flag] = [
    (
        "--from",
        {
            "dest": "source",
            "metavar": "FORMAT",
            "help": "mlir, onnx, isa-text, isa-binary; default: the suffix",
        },
    ),
    (
        "--to",
        {
            "default": "mlir",
            "metavar": "FORMAT",
            "help": "mlir, llvm-ir, asm, object, isa-text or isa-binary",
        },
    ),
    ("--target", {"default": "cpu", "help": "whose code to make; default: cpu"}),
    ("--program", {"metavar": "NAME", "help": "of a .dlx with several: the one to write"}),
    ("--params", {"metavar": "FILE", "help": "weights; default: INPUT's .safetensors beside it"}),
    ("-o", {"metavar": "FILE", "help": "the output; weights go to FILE's .safetensors beside it"}),
    ("--mlir-print-debuginfo", {"action": "store_true", "help": "print locations, too"}),
    (
        "--load-plugin",
        {"action": "append", "default": [], "metavar": "PLUGIN", "help": "FILE.py or module:NAME"},
    ),
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
    from xdsl.dialects.builtin import ModuleOp

    from dlir import api, formats
    from dlir.executable import Artifact, CompileOptions
    from dlir.files import read_bytes

    parser = ArgumentParser("dlir-translate", __doc__ or "")
    parser.add_argument("input", nargs="?", help="a file, or - for MLIR text on stdin")
    add_flags(parser, FLAGS)
    arguments = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(normalise(arguments, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    if options.input is None:
        parser.error("no input given")
    registry = default_registry().with_plugins(options.load_plugin)
    source, name = formats.find_format(options.source), options.input

    def load() -> api.Model:
        return api.load_from(name, streams.stdin, options.params, registry, options.source)

    artifact: Artifact
    if source is not None or formats.find_format(options.to) is not None:
        model = api.Model(ModuleOp([]))
        artifact = formats.translate(
            source,
            options.to,
            lambda: read_bytes(name, streams.stdin),
            lambda: load().module,
            name,
            options.program,
        )
    else:
        model = load()
        artifact = model.module
        if options.to != "mlir":
            settings = CompileOptions(registry=registry)
            artifact = api.lower(model, options.target, options.to, options=settings)
    if isinstance(artifact, bytes) and not options.o:
        raise misuse(f"format '{options.to}' is binary: give a file with -o")
    if options.to == "mlir" and model.params and not options.o:
        warn(None, "the weights are left out of the text on stdout", help="give a file with -o")
    api.write_artifact(
        artifact,
        model.params,
        options.o,
        streams.stdout,
        print_debuginfo=options.mlir_print_debuginfo,
    )
    return EXIT_OK


if __name__ == "__main__":
    raise SystemExit(main())
