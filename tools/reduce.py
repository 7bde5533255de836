"""dlir-reduce: shrink a module that shows an error, while it still shows it.

    dlir-reduce bad.mlir --pass-pipeline='builtin.module(dl-simplify)' -o small.mlir
    dlir-reduce bad.mlir --test=./is-slow.sh

Without --test a candidate is kept when verifying it and running the pipeline ends in the same
error. With --test the program is called with a candidate's file name and keeps it with exit code 0.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from xdsl.dialects.builtin import ModuleOp

from dlir.commandline import ArgumentParser, Streams, guarded, normalise
from dlir.diagnostics import EXIT_OK, fail
from dlir.files import read_text, write_text
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.reduce import Interesting, error_of, reduce_module
from dlir.registry import Registry, default_registry


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
    parser = ArgumentParser("dlir-reduce", __doc__ or "")
    parser.add_argument(
        "input", nargs="?", default="-", help="a .mlir file, or - for standard input"
    )
    parser.add_argument("-o", "--output", default="-", help="default: standard output")
    parser.add_argument("--pass-pipeline", default="builtin.module()", metavar="PIPELINE")
    parser.add_argument("--test", metavar="PROGRAM", help="exit code 0: the candidate is kept")
    parser.add_argument("--load-plugin", action="append", default=[], metavar="PLUGIN")
    options = parser.parse_args(normalise(argv, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    text = _reduced(options, streams)
    if options.output == "-":
        print(text, end="", file=streams.stdout)
    else:
        write_text(options.output, text)
    return EXIT_OK


def _reduced(options: argparse.Namespace, streams: Streams) -> str:
    registry = default_registry().with_plugins(options.load_plugin)
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
            done = subprocess.run([path, str(file)], capture_output=True, check=False)
        return done.returncode == 0

    return interesting


if __name__ == "__main__":
    sys.exit(main())
