"""`dlir-explore`: compile and execute a model on many machines, and show which are best.

dlir-explore model.onnx --space=examples/space.toml -o results
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dlir.commandline import (
    ArgumentParser,
    Flag,
    Streams,
    add_flags,
    guarded,
    normalise,
    pairs,
    positive,
)
from dlir.diagnostics import EXIT_OK
from dlir.registry import EXPLORER, default_registry, load_attribute

FLAGS: list[Flag] = [
    ("--space", {"metavar": "FILE.toml", "help": "the machines: keys and their values"}),
    ("-o", {"metavar": "FOLDER", "help": "keep results, pareto.json and pareto.html; go on later"}),
    (
        "--shape",
        {
            "action": "append",
            "default": [],
            "metavar": "ARGUMENT=SIZES",
            "help": "the sizes of an argument that has `?`, such as ids=1x128",
        },
    ),
    ("--function", {"metavar": "NAME", "help": "default: main, or the only function"}),
    ("--whole", {"action": "store_true", "help": "compile the model as one, not by layers"}),
    ("--jobs", {"type": positive, "metavar": "N", "help": "processes; default: all processors"}),
    ("--dask", {"metavar": "ADDRESS", "help": "run on a Dask scheduler, or `local`: start one"}),
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
    from dlir import api
    from dlir.executable import CompileOptions
    from dlir.progress import shown_on

    parser = ArgumentParser("dlir-explore", __doc__ or "")
    parser.add_argument("model", nargs="?", help="MLIR text, a model file, or - for text on stdin")
    add_flags(parser, FLAGS)
    arguments = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(normalise(arguments, parser.names))
    if options.help:
        parser.print_help(streams.stdout)
        return EXIT_OK
    if options.model is None or options.space is None:
        parser.error("no model given" if options.model is None else "no --space given")
    registry = default_registry().with_plugins(options.load_plugin)
    model = api.load_from(options.model, streams.stdin, None, registry)
    shapes = pairs("shape", options.shape)
    settings = CompileOptions(options.function, shapes=shapes, registry=registry)
    model = api.specialised(model, settings)
    request = load_attribute(EXPLORER)(
        model=Path(options.model).name,
        space=options.space,
        folder=options.o,
        function=options.function,
        whole=options.whole,
        jobs=options.jobs,
        dask=options.dask,
    )
    with shown_on(streams.stderr) as progress:
        text = request.run(model.module, progress)
    print(text, file=streams.stdout)
    return EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
