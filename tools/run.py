"""`dlir-run`: run MLIR text or a model on a target and show, save, time or compare its results."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
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
    positive,
)
from dlir.diagnostics import EXIT_DIAGNOSTICS, EXIT_OK

FLAGS: list[Flag] = [
    *TARGET_FLAGS,
    (
        "--input",
        {
            "action": "append",
            "default": [],
            "metavar": "VALUE",
            "help": "one per argument, in order: x.npy, 2x3xf32=1.5, 2xf32=1,2 or f32=1.5",
        },
    ),
    ("--output", {"metavar": "FILE.npz", "help": "save the results instead of printing them"}),
    ("--bench", {"type": positive, "metavar": "N", "help": "call N times and print the times"}),
    ("--compare", {"metavar": "TARGET", "help": "name the first op that differs from TARGET"}),
    ("--report", {"metavar": "FILE", "help": "write R.json or R.html; of a modelled machine also "
                  "without --input, as its time does not depend on values"}),
    ("--trace", {"metavar": "FILE.json", "help": "write a Chrome trace of the run"}),
    ("--serial", {"action": "store_true", "help": "time a matrix unit without overlap"}),
]  # fmt: skip


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
    import sys

    parser = ArgumentParser("dlir-run", __doc__ or "")
    parser.add_argument("model", nargs="?", help="MLIR text, a model file, or - for text on stdin")
    add_flags(parser, FLAGS)
    arguments = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(normalise(arguments, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    if options.model is None:
        parser.error("no model given")
    if options.report and not options.report.endswith((".json", ".html")):
        parser.error(f"--report={options.report}: write R.json or R.html")
    return _compare(options, streams) if options.compare else _run(options, streams)


def _run(options: argparse.Namespace, streams: Streams) -> int:
    from dlir.inputs import call, read_input
    from dlir.outputs import value_text, write_npz
    from dlir.runs import Observed, ready

    inputs = [read_input(text) for text in options.input]
    executable = ready(options, compile_options(options), inputs, streams)
    run = Observed(executable, options.report, options.trace, options.serial)
    if run.needs_no_inputs and not inputs:
        run.write()
        return EXIT_OK
    results = dict(zip(executable.result_names, call(executable, inputs), strict=True))
    run.write()
    if options.output:
        write_npz(options.output, results)
    if options.bench:
        print(_bench(options.bench, lambda: executable(*inputs)), file=streams.stdout)
    elif not options.output:
        for name, value in results.items():
            print(f"{name}: {value_text(value)}", file=streams.stdout)
    return EXIT_OK


def _bench(count: int, call: Any) -> str:
    """One call has been made already, so everything is warm."""
    seconds: list[float] = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    median, least, most = (1e3 * f(seconds) for f in (statistics.median, min, max))
    return f"median {median:.3f} ms, min {least:.3f} ms, max {most:.3f} ms, {count} calls"


def _compare(options: argparse.Namespace, streams: Streams) -> int:
    from dlir import api
    from dlir.inputs import read_input

    settings = compile_options(options)
    model = api.load_from(options.model, streams.stdin, options.params, settings.registry)
    inputs = [read_input(text) for text in options.input]
    targets = (options.compare, options.target or "cpu")
    result = api.compare_with(model, inputs, targets, settings)
    print(result, file=streams.stdout)
    return EXIT_OK if result else EXIT_DIAGNOSTICS


if __name__ == "__main__":
    raise SystemExit(main())
