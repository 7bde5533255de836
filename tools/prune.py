"""`dlir-prune`: set the least weights of a model to zero, and report what that costs and saves.

dlir-prune model.onnx --sparsity=0.8 --granularity=element --data=samples.npz -o small.mlir
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlir.commandline import FUNCTION, MODEL, PLUGIN, Command, Flag, Streams, keep_inputs
from dlir.diagnostics import EXIT_OK
from dlir.registry import PRUNER, Registry, load_attribute, misuse


def file_of(flag: str, *suffixes: str) -> Callable[[str], str]:
    """A file name that ends in one of these."""

    def check(text: str) -> str:
        if not text.endswith(suffixes):
            raise misuse(f"{flag} {text}: expected a name that ends in {' or '.join(suffixes)}")
        return text

    return check


FLAGS: list[Flag] = [
    MODEL,
    ("--sparsity", {"type": float, "metavar": "SHARE", "help": "of the weights that goes, 0 to 1"}),
    ("--granularity", {"default": "element", "metavar": "WHAT", "help": "element, row, blocks such "
                       "as 4x1, or N:M such as 2:4; default: element"}),
    ("--scope", {"choices": ["layer", "global"], "default": "layer", "help": "take the share of "
                 "each layer, or of all together"}),
    ("--keep", {"default": "", "metavar": "PATTERN", "help": "weights of such names stay"}),
    ("--remove-channels", {"action": "store_true", "help": "take channels out of tensors: "
                           "dl-remove-channels"}),
    ("--encode", {"action": "store_true", "help": "encode what is faster so: dl-sparsify"}),
    ("--data", {"metavar": "FILE.npz", "help": "samples to measure errors on: one array per input, "
                "the first axis counts them"}),
    ("-o", {"type": file_of("-o", ".mlir"), "metavar": "OUT.mlir", "help": "the pruned model, its "
            "weights in OUT.safetensors"}),
    ("--report", {"type": file_of("--report", ".json", ".txt"), "metavar": "FILE",
                  "help": "write R.json or R.txt"}),
    ("--params", {"metavar": "FILE", "help": "weights; default: MODEL's .safetensors beside it"}),
    FUNCTION,
    PLUGIN,
]  # fmt: skip


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    from dlir import api

    beside = None if options.o is None else str(Path(options.o).with_suffix(".safetensors"))
    own = str(Path(options.model).with_suffix(".safetensors"))
    keep_inputs(
        [options.model, options.params or own, options.data], [options.o, beside, options.report]
    )
    model = api.load_from(options.model, streams.stdin, options.params, registry)
    make: Any = registry.find_pass("dl-prune")
    chosen = {name: getattr(options, name) for name in ("sparsity", "granularity", "scope", "keep")}
    request = load_attribute(PRUNER)(
        name=Path(options.model).name,
        pruning=make(**chosen),
        removes_channels=options.remove_channels,
        encodes=options.encode,
        data=options.data,
        function=options.function,
        output=options.o,
        report=options.report,
    )
    print(request.run(model), end="", file=streams.stdout)
    return EXIT_OK


main = Command("dlir-prune", __doc__ or "", FLAGS, run, needs=("model",))

if __name__ == "__main__":
    raise SystemExit(main())
