"""The texts of test/data/linalg with inputs for them, and upstream's mlir-opt if there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import DYNAMIC_INDEX, ModuleOp
from xdsl.dialects.func import FuncOp

from dlir.numpy_types import dtype_of
from dlir.parser import parse_module
from dlir.registry import default_registry
from dlir.types import is_tensor, shape_of
from dlir.verifier import verify

TEXTS = sorted((Path(__file__).parents[1] / "data" / "linalg").glob("*.mlir"))
DYNAMIC = 5
"""What a size that is not known is."""

MLIR_OPT = next(filter(None, map(shutil.which, ("mlir-opt-19", "mlir-opt"))), None)


def read(text: str) -> ModuleOp:
    module = parse_module(text, default_registry().context())
    verify(module)
    return module


def entry(module: ModuleOp, name: str | None = None) -> FuncOp:
    """The function of that name, or the first one."""
    functions = [op for op in module.walk() if isinstance(op, FuncOp)]
    return next(f for f in functions if name in (None, f.sym_name.data))


def inputs(text: str, name: str | None = None, limits: tuple[int, int] = (-100, 100)) -> list[Any]:
    """The same arrays every time, integers within `limits`.

    `// INPUT 1: 0 11` says where argument 1 may lie.
    """
    rng = np.random.default_rng(7)
    ranges = {int(n): (int(a), int(b)) for n, a, b in re.findall(r"INPUT (\d+): (\d+) (\d+)", text)}
    return [
        _values(rng, argument.type, ranges.get(number, limits))
        for number, argument in enumerate(entry(read(text), name).body.block.args)
    ]


def _values(rng: np.random.Generator, type: Any, limits: tuple[int, int]) -> Any:
    shape = tuple(DYNAMIC if n == DYNAMIC_INDEX else n for n in shape_of(type))
    dtype = dtype_of(type)
    if dtype == np.bool_:
        values = rng.integers(0, 2, shape)
    elif np.issubdtype(dtype, np.integer):
        values = rng.integers(*limits, shape)
    else:
        values = rng.standard_normal(shape)
    array = np.asarray(values).astype(dtype)
    return array if is_tensor(type) else array[()]


def mlir_opt(text: str, *options: str) -> str:
    """What upstream's mlir-opt makes of a text; it must take it."""
    assert MLIR_OPT is not None
    done = subprocess.run(
        [MLIR_OPT, *options], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
