"""`dlir-tune`: measure other schedules for the kernels of a model, and keep the fastest.

dlir-tune model.onnx -o schedule.txt --budget=600
dlir-tune --merge=mine.txt --merge=yours.txt -o ours.txt
"""

from __future__ import annotations

import argparse

from dlir.commandline import (
    FUNCTION,
    MODEL,
    PLUGIN,
    SHAPE,
    Command,
    Flag,
    Streams,
    keep_inputs,
    pairs,
    positive,
)
from dlir.diagnostics import EXIT_OK
from dlir.registry import MERGER, TUNER, Registry, load_attribute, misuse

FLAGS: list[Flag] = [
    MODEL,
    ("-o", {"metavar": "FILE", "help": "the schedule of the whole model, for --schedule=FILE"}),
    ("--database", {"metavar": "FILE", "help": "keeps results; default: where compiling looks"}),
    ("--kernels", {"metavar": "PATTERN", "help": "tune only kernels with such names"}),
    ("--budget", {"type": positive, "metavar": "SECONDS", "help": "stop after this time"}),
    ("--timeout", {"type": positive, "default": 30, "metavar": "SECONDS",
                   "help": "for one candidate; default: 30"}),
    ("--again", {"action": "store_true", "help": "tune what is in the database, too"}),
    ("--threads", {"type": positive, "metavar": "N", "help": "default: DLIR_NUM_THREADS"}),
    SHAPE,
    FUNCTION,
    ("--jobs", {"type": positive, "metavar": "N", "help": "processes that measure at a time"}),
    ("--dask", {"metavar": "ADDRESS", "help": "run on a Dask scheduler, or `local`: start one"}),
    ("--merge", {"action": "append", "default": [], "metavar": "FILE",
                 "help": "write the entries of all these files to -o, and do no more"}),
    PLUGIN,
]  # fmt: skip


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    text = (_merge if options.merge else _tune)(options, registry, streams)
    print(text, file=streams.stdout)
    return EXIT_OK


def _merge(options: argparse.Namespace, registry: Registry, streams: Streams) -> str:
    if options.model is not None or options.o is None:
        raise misuse("--merge takes files and -o, and no model")
    return load_attribute(MERGER)(options.merge, options.o).run()


def _tune(options: argparse.Namespace, registry: Registry, streams: Streams) -> str:
    from dlir import api
    from dlir.executable import CompileOptions
    from dlir.progress import shown_on

    if options.model is None:
        raise misuse("no model given", help="dlir-tune --help lists the options")
    keep_inputs([options.model], [options.o, options.database])
    model = api.load_from(options.model, streams.stdin, None, registry)
    settings = CompileOptions(
        function=options.function,
        threads=options.threads,
        shapes=pairs("shape", options.shape),
        registry=registry,
    )
    request = load_attribute(TUNER)(
        settings,
        output=options.o,
        database=options.database,
        kernels=options.kernels,
        budget=options.budget,
        timeout=options.timeout,
        again=options.again,
        jobs=options.jobs,
        dask=options.dask,
    )
    with shown_on(streams.stderr) as progress:
        return request.run(api.specialised(model, settings).module, progress)


main = Command("dlir-tune", __doc__ or "", FLAGS, run)

if __name__ == "__main__":
    raise SystemExit(main())
