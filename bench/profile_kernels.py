"""Which kernels of a model its run time goes to, on one thread.

    python -m bench.profile_kernels model.onnx --inputs inputs.npz
    python -m bench.profile_kernels light/resnet50
    python -m bench.profile_kernels minilm/8x128

The function as it is before its kernels become loops is interpreted, all but its kernels: those run
as machine code, and each call is timed with the arrays that it really gets. Times are CPU times of
this thread, so that other processes count as little as they can.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

import dlir
from bench.harness import default_cores, pinned
from dlir.api import load, lower
from dlir.dialects.structured.ops import GenericOp
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value
from dlir.targets.cpu.bundle import Bundle
from dlir.targets.cpu.constants import weight_of
from dlir.targets.cpu.execute import NativeModule, dtype_of

ENTRY = "main"


@dataclass
class Kernel:
    """The calls of one kernel in one run of the function."""

    seconds: list[float] = field(default_factory=list)
    """By call; the least of all runs."""
    flop: float = 0
    moved: float = 0
    shapes: str = ""
    """Of the first call's arguments."""


class KernelTimer(Interpreter):
    """Interprets functions that call kernels; runs the kernels natively and takes their times."""

    def __init__(self, module: ModuleOp, native: NativeModule) -> None:
        super().__init__(module)
        self.native = native
        self.kernels: defaultdict[str, Kernel] = defaultdict(Kernel)

    def run_function(self, op: FuncOp, *args: Value) -> tuple[Value, ...]:
        name = op.sym_name.data
        if not _is_kernel(op):
            return super().run_function(op, *args)
        function = self.native.functions[name]
        start = time.thread_time()
        results = function(*args)
        seconds = time.thread_time() - start
        kernel = self.kernels[name]
        kernel.seconds.append(seconds)
        kernel.flop += _flop(op, args)
        kernel.moved += sum(a.nbytes for a in args if isinstance(a, np.ndarray))
        kernel.shapes = kernel.shapes or _shapes(args)
        return results


def _is_kernel(op: FuncOp) -> bool:
    return op.sym_visibility is not None and op.sym_visibility.data == "private"


def _flop(kernel: FuncOp, args: Sequence[Value]) -> float:
    """Points of the iteration spaces, padding included, times float operations per point."""
    values = dict(zip(kernel.body.block.args, args, strict=True))
    total = 0.0
    for op in kernel.body.block.ops:
        if not isinstance(op, GenericOp):
            continue
        extents: list[int] = []
        for dim in range(len(op.kinds)):
            source = op.extent_source(dim)
            if isinstance(source, tuple):
                array = values.get(source[0])
                source = array.shape[source[1]] if isinstance(array, np.ndarray) else 1
            extents.append(source)
        each = sum(o.name.startswith("arith.") and o.name.endswith("f") for o in op.body.block.ops)
        total += each * math.prod(extents)
    return total


def _shapes(args: Sequence[Value]) -> str:
    return " ".join("x".join(map(str, a.shape)) for a in args if isinstance(a, np.ndarray))


def profile(model: dlir.Model, inputs: Sequence[Array], runs: int = 5) -> dict[str, Kernel]:
    """The kernels of `@main` by name. Raises CompileError."""
    module = lower(model, "cpu", "buffers")
    assert isinstance(module, ModuleOp)
    public = module.clone()
    for op in public.ops:
        if isinstance(op, FuncOp):
            op.properties.pop("sym_visibility", None)
    lowered = lower(public, "cpu", "llvm", start="buffers")
    assert isinstance(lowered, ModuleOp)
    timer = KernelTimer(module, NativeModule(lowered))
    constants = _constants(timer, Bundle.describe(lowered, ENTRY), model.params)
    calls: dict[str, Kernel] = {}
    for _ in range(runs):
        timer.kernels.clear()
        _call_planned(timer, ENTRY, [*inputs, *constants])
        for name, kernel in timer.kernels.items():
            best = calls.setdefault(name, kernel)
            best.seconds = list(map(min, best.seconds, kernel.seconds))
    return calls


def _constants(timer: KernelTimer, bundle: Bundle, params: Mapping[str, Array]) -> list[Array]:
    """What stands behind the inputs of `@main`: weights, packed or as they are."""

    made: list[Array] = []
    for number, params_of in enumerate(bundle.inits):
        init = f"{ENTRY}.init.{number}" if number else f"{ENTRY}.init"
        made += _call_planned(timer, init, [weight_of(w, bundle, params) for w in params_of])
    return [
        made[source] if isinstance(source, int) else weight_of(source, bundle, params)
        for source in bundle.constants
    ]


def _call_planned(timer: KernelTimer, name: str, inputs: Sequence[Array]) -> list[Array]:
    """Ask `@name.plan` for sizes, allocate arena and results, call `@name`; its results."""
    arena, *sizes = timer.call(f"{name}.plan", *inputs)
    dynamic = iter(int(size) for size in sizes)  # type: ignore[arg-type]
    types = timer.function(name).function_type.inputs.data[len(inputs) : -1]
    results = [
        np.empty(
            [next(dynamic) if n < 0 else n for n in t.get_shape()],  # type: ignore[attr-defined]
            dtype_of(t.element_type),  # type: ignore[attr-defined]
        )
        for t in types
    ]
    timer.call(name, *inputs, *results, np.zeros(max(int(arena), 1), np.int8))  # type: ignore
    return results


def table(kernels: Mapping[str, Kernel]) -> str:
    """The kernels, slowest first."""
    whole = sum(sum(k.seconds) for k in kernels.values())
    lines = [f"{'kernel':24}{'calls':>6}{'ms':>9}{'share':>8}{'us/call':>10}{'GF/s':>7}{'GB/s':>7}"]
    for name, kernel in sorted(kernels.items(), key=lambda item: -sum(item[1].seconds)):
        seconds, calls = sum(kernel.seconds), len(kernel.seconds)
        lines.append(
            f"{name:24}{calls:6}{1e3 * seconds:9.3f}{seconds / whole:8.1%}"
            f"{1e6 * seconds / calls:10.1f}{kernel.flop / seconds / 1e9:7.1f}"
            f"{kernel.moved / seconds / 1e9:7.1f}  {kernel.shapes}"
        )
    return "\n".join([*lines, f"{'all':24}{'':6}{1e3 * whole:9.3f}"])


def _model(name: str) -> tuple[dlir.Model, list[Array]]:
    """The model and inputs of `light/NAME` or `minilm/BATCHxLENGTH`."""
    topic, _, rest = name.partition("/")
    if topic == "light":
        from bench.cases.light import MODELS

        model = MODELS["random_model"](rest)
        return load(model), list(MODELS["example_inputs"](model).values())
    from bench.cases.minilm import EXAMPLE, example_inputs, weights_file

    inputs = example_inputs(*map(int, rest.split("x")))
    return load(EXAMPLE["ENCODER"], weights_file()), list(inputs.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", help="a file, light/NAME, or minilm/BATCHxLENGTH")
    parser.add_argument("--params", help="a safetensors file")
    parser.add_argument("--inputs", help="an .npz with the inputs, in order")
    parser.add_argument("--core", type=int, nargs=1, default=default_cores())
    options = parser.parse_args()
    if Path(options.model).is_file():
        model = load(Path(options.model), options.params)
        inputs = list(np.load(options.inputs).values()) if options.inputs else []
    else:
        model, inputs = _model(options.model)
    with pinned(options.core):
        print(table(profile(model, inputs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
