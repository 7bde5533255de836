"""python -m bench.graph_work [MODEL...]: what the passes on tensors leave of a model's work.

For every model, the ops, operations and bytes of one call before the passes and after each one.
Counted is as in docs/roofline.md: every tensor that an op reads or writes moves once, and what is
made of weights alone is left out, for it is computed when the model is loaded. The models are the
light ones of the package onnx, and MiniLM as exporters write it, at 8 sentences of 128 words.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from xdsl.dialects.builtin import ModuleOp

import dlir
from bench.graph_passes import PASSES, run
from dlir.api import Model
from dlir.dialects.dl.attrs import WIDTHS
from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.base import DlOp, element_of
from dlir.dialects.dl.ops.source import DimOp, SourceOp
from dlir.targets.roofline.work import work_of

LIGHT = (
    "bvlc_alexnet",
    "densenet121",
    "inception_v1",
    "inception_v2",
    "resnet50",
    "shufflenet",
    "squeezenet",
    "vgg19",
    "zfnet512",
)


class Totals(NamedTuple):
    """The work of a call."""

    ops: int
    flops: int
    bytes: int
    unknown: int
    """Ops of which the work is not known, such as those of sizes that are not."""


def totals(module: ModuleOp) -> Totals:
    """The work of all ops of a module that wait for its arguments."""
    ops = flops = moved = unknown = 0
    for op in module.walk():
        if not isinstance(op, DlOp) or isinstance(op, SourceOp | DimOp):
            continue
        if all(follows_from_weights(result) for result in op.results):
            continue
        ops += 1
        types = [value.type for value in (*op.operands, *op.results)]
        sized = all(getattr(type, "has_static_shape", lambda: True)() for type in types)
        work = work_of(op) if sized else None
        if work is None:
            unknown += 1
            continue
        flops += work.flops
        moved += sum(n * WIDTHS[element_of(v)] // 8 for v, n in work.moved.items())
    return Totals(ops, flops, moved, unknown)


def steps(model: Model, decompose: bool = False) -> Iterator[tuple[str, Totals]]:
    """The work before the passes and after each; the model is changed."""
    yield "imported", totals(model.module)
    for name in (*(("dl-decompose",) if decompose else ()), *PASSES):
        run(model.module, name)
        yield name, totals(model.module)


def light(name: str) -> Model:
    import onnx

    folder = Path(onnx.__file__).parent / "backend/test/data/light"
    return dlir.load(folder / f"light_{name}.onnx")


def minilm() -> Model:
    from bench.cases.minilm import weights_file
    from bench.models.minilm import build_from_package

    model = dlir.load(build_from_package(weights_file()))
    run(model.module, "dl-specialize{shapes=ids:8x128,mask:8x128}")
    return model


MODELS: dict[str, Callable[[], Model]] = {
    **{name: partial(light, name) for name in LIGHT},
    "minilm": minilm,
}


def table(name: str, decompose: bool) -> Table:
    """The steps of one model."""
    found = Table(title=name, title_justify="left")
    for column in ("after", "ops", "GFLOP", "MB moved", "GFLOP %", "MB %"):
        found.add_column(column, justify="left" if column == "after" else "right")
    first: Totals | None = None
    for step, now in steps(MODELS[name](), decompose):
        first = first or now
        shares = f"{100 * now.flops / first.flops:.1f}", f"{100 * now.bytes / first.bytes:.1f}"
        ops = f"{now.ops}" + (f" ({now.unknown} unknown)" if now.unknown else "")
        found.add_row(step, ops, f"{now.flops / 1e9:.3f}", f"{now.bytes / 1e6:.2f}", *shares)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.graph_work", description=__doc__)
    parser.add_argument("models", nargs="*", help=f"{', '.join(MODELS)}; all")
    parser.add_argument(
        "--decompose", action="store_true", help="begin with every composite op taken apart"
    )
    options = parser.parse_args()
    wanted = options.models or list(MODELS)
    for name in wanted:
        if name not in MODELS:
            sys.exit(f"no model is called '{name}'; there are {', '.join(MODELS)}")
    console = Console(width=100)
    for name in wanted:
        console.print(table(name, options.decompose))
    return 0


if __name__ == "__main__":
    sys.exit(main())
