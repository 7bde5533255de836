"""`dlir-explore`: compile and execute a model on many machines, and show which are best.

dlir-explore model.onnx --space=examples/space.toml -o results
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dlir.commandline import FUNCTION, MODEL, PLUGIN, SHAPE, Command, Flag, Streams, pairs, positive
from dlir.diagnostics import EXIT_OK
from dlir.registry import EXPLORER, Registry, load_attribute

FLAGS: list[Flag] = [
    MODEL,
    ("--space", {"metavar": "FILE.toml", "help": "the machines: keys and their values"}),
    ("-o", {"metavar": "FOLDER", "help": "keep results, pareto.json and pareto.html; go on later"}),
    SHAPE,
    FUNCTION,
    ("--whole", {"action": "store_true", "help": "compile the model as one, not by layers"}),
    ("--jobs", {"type": positive, "metavar": "N", "help": "processes; default: all processors"}),
    ("--dask", {"metavar": "ADDRESS", "help": "run on a Dask scheduler, or `local`: start one"}),
    PLUGIN,
]


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    from dlir import api
    from dlir.executable import CompileOptions
    from dlir.progress import shown_on

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


main = Command("dlir-explore", __doc__ or "", FLAGS, run, needs=("model", "--space"))

if __name__ == "__main__":
    raise SystemExit(main())
