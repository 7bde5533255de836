"""dlir-reduce: shrink a module that shows an error, while it still shows it.

    dlir-reduce bad.mlir --pass-pipeline='builtin.module(dl-simplify)' -o small.mlir
    dlir-reduce bad.mlir --test=./is-slow.sh

Without --test a candidate is kept when verifying it and running the pipeline ends in the same
error. With --test the program is called with a candidate's file name and keeps it with exit code 0.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dlir.commandline import PLUGIN, Command, Flag, Streams
from dlir.diagnostics import EXIT_OK, fail
from dlir.files import read_text, write_text
from dlir.parser import parse_module
from dlir.pipeline import parse_pipeline
from dlir.printer import print_module
from dlir.reduce import Interesting, error_of, reduce_module
from dlir.registry import Registry

FLAGS: list[Flag] = [
    ("input", {"nargs": "?", "default": "-", "help": "a .mlir file, or - for standard input"}),
    ("-o, --output", {"default": "-", "help": "default: standard output"}),
    ("--pass-pipeline", {"default": "builtin.module()", "metavar": "PIPELINE"}),
    ("--test", {"metavar": "PROGRAM", "help": "exit code 0: the candidate is kept"}),
    PLUGIN,
]


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    text = _reduced(options, registry, streams)
    if options.output == "-":
        print(text, end="", file=streams.stdout)
    else:
        write_text(options.output, text)
    return EXIT_OK


def _reduced(options: argparse.Namespace, registry: Registry, streams: Streams) -> str:
    parse_pipeline(options.pass_pipeline, registry)  # a misspelt pass is not what is looked for
    ctx = registry.context()
    name = "<stdin>" if options.input == "-" else options.input
    module = parse_module(read_text(options.input, streams.stdin), ctx, name)
    if options.test:
        interesting = _program(options.test)
        if not interesting(module):
            fail(None, f"'{options.test}' does not accept the module as it is")
    else:
        wanted = error_of(module.clone(), options.pass_pipeline, registry, ctx)
        if wanted is None:
            fail(None, "the module verifies and the pipeline ends without an error")
        print(f"looking for: {wanted}", file=streams.stderr)

        interesting = _same_error(wanted, options.pass_pipeline, registry)

    return print_module(reduce_module(module, interesting))


def _same_error(wanted: str, pipeline: str, registry: Registry) -> Interesting:
    def interesting(candidate: ModuleOp) -> bool:
        return error_of(candidate, pipeline, registry, registry.context()) == wanted

    return interesting


def _program(path: str) -> Interesting:
    def interesting(candidate: ModuleOp) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "candidate.mlir"
            file.write_text(print_module(candidate), encoding="utf-8")
            try:
                done = subprocess.run([path, str(file)], capture_output=True, check=False)
            except OSError as error:
                fail(None, f"cannot run '{path}': {error.strerror}")
        return done.returncode == 0

    return interesting


main = Command("dlir-reduce", __doc__ or "", FLAGS, run)

if __name__ == "__main__":
    raise SystemExit(main())
