"""`dlir-run`: run MLIR text or a model on a target and show, save, time or compare its results."""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from dlir.commandline import (
    MODEL,
    TARGET_FLAGS,
    Command,
    Flag,
    Streams,
    compile_options,
    keep_inputs,
    positive,
    report_file,
)
from dlir.diagnostics import EXIT_DIAGNOSTICS, EXIT_OK
from dlir.registry import Registry

FLAGS: list[Flag] = [
    MODEL,
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
    ("--report", {"metavar": "FILE", "type": report_file,
                  "help": "write R.json or R.html; of a modelled machine also without --input, "
                  "as its time does not depend on values"}),
    ("--trace", {"metavar": "FILE.json", "help": "write a Chrome trace of the run"}),
    ("--serial", {"action": "store_true", "help": "time a matrix unit without overlap"}),
]  # fmt: skip


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    inputs = [options.model, options.params, *options.input]
    keep_inputs(inputs, [options.output, options.report, options.trace])
    return (_compare if options.compare else _run)(options, registry, streams)


def _run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    from dlir.inputs import call, read_input
    from dlir.outputs import value_text, write_npz
    from dlir.runs import Observed, ready

    inputs = [read_input(text) for text in options.input]
    executable = ready(options, compile_options(options, registry), inputs, streams)
    observed = Observed(executable, options.report, options.trace, options.serial)
    if observed.needs_no_inputs and not inputs:
        print(observed.write(), file=streams.stderr)
        return EXIT_OK
    results = dict(zip(executable.result_names, call(executable, inputs), strict=True))
    if summary := observed.write():
        print(summary, file=streams.stderr)
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


def _compare(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    from dlir import api
    from dlir.inputs import read_input

    settings = compile_options(options, registry)
    model = api.load_from(options.model, streams.stdin, options.params, registry)
    inputs = [read_input(text) for text in options.input]
    targets = (options.compare, options.target or "cpu")
    result = api.compare_with(model, inputs, targets, settings)
    print(result, file=streams.stdout)
    return EXIT_OK if result else EXIT_DIAGNOSTICS


main = Command("dlir-run", __doc__ or "", FLAGS, run, needs=("model",))

if __name__ == "__main__":
    raise SystemExit(main())
