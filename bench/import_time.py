"""python -m bench.import_time: what importing and optimising a model costs, in time and memory.

Each model is read from an .onnx file and taken through the passes of graph_passes.py in a process
of its own, some times over; the least is shown. Measured are wall-clock and processor time from
before dlir is imported, and the most memory that the process held, less what Python and the
libraries hold by themselves. Then graphs of up to 10,000 nodes show how time grows with size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.table import Table

NODES = 2500, 5000, 10000
GOALS = {"resnet50": 1.0, "bert-base": 1.5}
"""Seconds that a model may take."""
MEMORY = 2.0
"""How often its weights a model may take of memory."""


class Measured(NamedTuple):
    """One process."""

    seconds: float
    cpu: float
    load: float
    """Seconds of `seconds` until the model was loaded."""
    peak: int
    """Bytes of memory at most, less `base`."""
    ops: int


def measure(file: Path, rounds: int) -> Measured:
    """The quickest of some processes."""
    command = [sys.executable, "-m", "bench.import_time", "--worker", str(file)]
    runs = [
        Measured(**json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
        for _ in range(rounds)
    ]
    return min(runs, key=lambda run: run.seconds)


def work(file: Path) -> Measured:
    """In the process that is measured."""
    import time

    start, cpu = time.perf_counter(), time.process_time()
    import onnx.checker  # noqa: F401 - part of the time, but not of the memory

    import dlir
    from bench.graph_passes import PASSES, run

    base = _peak()
    model = dlir.load(file)
    loaded = time.perf_counter()
    run(model.module, ",".join(PASSES))
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    ops = sum(1 for _ in model.module.walk())
    return Measured(seconds, used, loaded - start, _peak() - base, ops)


def _peak() -> int:
    """The most bytes that this process held; `ru_maxrss` would count those of its parent, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status tells no VmHWM")


def resnet50() -> bytes:
    from bench.models.resnet import resnet

    return resnet(50).model().SerializeToString()


def bert_base() -> bytes:
    from bench.models.transformer import bert

    return bert(layers=12).model().SerializeToString()


def chain(nodes: int) -> bytes:
    """Products, sums and functions one after the other, of a few weights."""
    from bench.models.graph import GraphWriter

    g = GraphWriter("chain")
    x = first = g.normal_input("x", 8, 16)
    weight, bias = g.random(16, 16, scale=0.25), g.random(16)
    while len(g.nodes) < nodes:
        x = g.node("Tanh", g.node("Add", g.node("MatMul", x, weight), bias))
        x = g.node("Add", g.node("Mul", x, first), g.node("Transpose", first, perm=[0, 1]))
    return g.model(x).SerializeToString()


MODELS: dict[str, Callable[[], bytes]] = {
    "resnet50": resnet50,
    "bert-base": bert_base,
    **{f"{nodes} nodes": partial(chain, nodes) for nodes in NODES},
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.import_time", description=__doc__)
    parser.add_argument("models", nargs="*", help=f"{', '.join(MODELS)}; all")
    parser.add_argument("--rounds", type=int, default=3, help="processes for each model")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(work(options.worker)._asdict()))
        return 0
    wanted = options.models or list(MODELS)
    for name in wanted:
        if name not in MODELS:
            sys.exit(f"no model is called '{name}'; there are {', '.join(MODELS)}")
    from rich.console import Console

    Console(width=110).print(table(wanted, options.rounds))
    return 0


def table(names: list[str], rounds: int) -> Table:
    """A row for each model."""
    from rich.table import Table

    found = Table()
    columns = "model", "weights MB", "ops", "s", "goal", "loading s", "CPU s", "us/op", "memory MB"
    for column in (*columns, "x weights"):
        found.add_column(column, justify="left" if column == "model" else "right")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.onnx"
            size = file.write_bytes(MODELS[name]())
            run = measure(file, rounds)
        goal = f"{GOALS[name]:g}" if name in GOALS else ""
        times = f"{run.seconds:.2f}", goal, f"{run.load:.2f}", f"{run.cpu:.2f}"
        per_op = f"{run.cpu / run.ops * 1e6:.0f}"
        share = f"{run.peak / size:.2f}" if name in GOALS else ""
        memory = f"{run.peak / 1e6:.0f}", share
        found.add_row(name, f"{size / 1e6:.1f}", str(run.ops), *times, per_op, *memory)
    return found


if __name__ == "__main__":
    sys.exit(main())
