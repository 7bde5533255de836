"""`dlir-translate`: between file formats: models to MLIR text, MLIR text to code."""

from __future__ import annotations

import argparse

from dlir.commandline import DEBUGINFO, PLUGIN, Command, Flag, Streams, keep_inputs
from dlir.diagnostics import EXIT_OK, warn
from dlir.registry import Registry

FLAGS: list[Flag] = [
    ("input", {"nargs": "?", "help": "a file, or - for MLIR text on stdin"}),
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
    DEBUGINFO,
    PLUGIN,
]


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    from xdsl.dialects.builtin import ModuleOp

    from dlir import api, formats
    from dlir.executable import Artifact, CompileOptions
    from dlir.files import read_bytes

    keep_inputs([options.input, options.params], [options.o])
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
    if options.to == "mlir" and model.params and not options.o:
        warn(None, "the weights are left out of the text on stdout", help="give a file with -o")
    api.write_artifact(
        artifact,
        f"format '{options.to}'",
        model.params,
        options.o,
        streams.stdout,
        print_debuginfo=options.mlir_print_debuginfo,
    )
    return EXIT_OK


main = Command("dlir-translate", __doc__ or "", FLAGS, run, needs=("input",))

if __name__ == "__main__":
    raise SystemExit(main())
