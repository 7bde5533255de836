"""`dlir-quantize`: bring a float model into few bits, and report what that costs.

dlir-quantize model.onnx --calibration=samples.npz --recipe=int8-static -o small.mlir
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dlir.commandline import (
    FUNCTION,
    MACHINE_FLAGS,
    MODEL,
    PLUGIN,
    Command,
    Flag,
    Streams,
    keep_inputs,
    pairs,
    positive,
)
from dlir.diagnostics import EXIT_OK
from dlir.registry import QUANTIZER, Registry, load_attribute, misuse


def report_file(text: str) -> str:
    """The file of `--report`, whose suffix says what is written."""
    if not text.endswith((".json", ".html", ".txt")):
        raise misuse(f"--report={text}: write R.json, R.html or R.txt")
    return text


def mlir_file(text: str) -> str:
    """The file of `-o`, beside which the weights go."""
    if not text.endswith(".mlir"):
        raise misuse(f"-o {text}: write OUT.mlir, beside which OUT.safetensors goes")
    return text


FLAGS: list[Flag] = [
    MODEL,
    ("--recipe", {"metavar": "NAME", "help": "int8-static, int8-dynamic, int8-weight-only, "
                  "int4-weight-only, bf16, or FILE.toml"}),
    ("--calibration", {"metavar": "FILE.npz", "help": "samples: one array per input, the first "
                       "axis counts them"}),
    ("-o", {"type": mlir_file, "metavar": "OUT.mlir", "help": "the quantised model, its weights "
            "in OUT.safetensors"}),
    ("--report", {"type": report_file, "metavar": "FILE", "help": "write R.json, R.html or R.txt"}),
    ("--no-timing", {"action": "store_true", "help": "do not measure both models on the target"}),
    ("--params", {"metavar": "FILE", "help": "weights; default: MODEL's .safetensors beside it"}),
    *MACHINE_FLAGS,
    ("--threads", {"type": positive, "metavar": "N", "help": "default: DLIR_NUM_THREADS"}),
    FUNCTION,
    PLUGIN,
]  # fmt: skip


def run(options: argparse.Namespace, registry: Registry, streams: Streams) -> int:
    """The command itself. Raises CompileError."""
    from dlir import api
    from dlir.executable import CompileOptions
    from dlir.progress import shown_on

    beside = None if options.o is None else str(Path(options.o).with_suffix(".safetensors"))
    own = str(Path(options.model).with_suffix(".safetensors"))
    recipe = options.recipe if options.recipe.endswith(".toml") else None
    keep_inputs(
        [options.model, options.params or own, options.calibration, recipe],
        [options.o, beside, options.report],
    )
    model = api.load_from(options.model, streams.stdin, options.params, registry)
    request = load_attribute(QUANTIZER)(
        CompileOptions(
            function=options.function,
            threads=options.threads,
            machine=options.machine,
            settings=pairs("set", options.set),
            registry=registry,
        ),
        name=Path(options.model).name,
        recipe=options.recipe,
        calibration=options.calibration,
        output=options.o,
        report=options.report,
        target=None if options.no_timing else options.target or "cpu",
    )
    with shown_on(streams.stderr) as progress:
        text = request.run(model, progress)
    print(text, end="", file=streams.stdout)
    return EXIT_OK


main = Command("dlir-quantize", __doc__ or "", FLAGS, run, needs=("model", "--recipe"))

if __name__ == "__main__":
    raise SystemExit(main())
