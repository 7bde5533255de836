"""What one layer costs on one machine: compiled, then executed by the timing simulator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp, TensorType

import dlir
from dlir.diagnostics import fail
from dlir.numpy_types import Array, dtype_of
from dlir.params import param_ops
from dlir.parser import parse_module
from dlir.registry import default_registry, load_attribute
from dlir.targets.accel.description import Machine
from dlir.targets.accel.program import Program
from dlir.targets.accel.simulator.bounds import macs_of
from dlir.targets.accel.simulator.energy import energy_of
from dlir.targets.accel.simulator.simulation import time_program

COMPILER = "dlir.targets.accel.target:compile_programs"
"""`(module, params, machine) -> [Program]`: the programs of one run, executed in turn."""


@dataclass(frozen=True)
class Measures:
    """What executing something once took; measures of different layers may be added."""

    cycles: int
    seconds: float
    energy_pj: float
    macs: int


Evaluator: TypeAlias = Callable[[Machine, str], Measures]
"""From a machine and the text of a layer; a function of a module, as other processes import it.

Raises CompileError for what the machine cannot do.
"""


def evaluate(machine: Machine, layer: str) -> Measures:
    """Compile and execute; the evaluator of every exploration that does not bring its own."""
    module, params = _loaded(layer)
    return measure(compiler()(module.clone(), params, machine))


def compiler() -> Callable[[ModuleOp, Mapping[str, Array], Machine], Iterable[Program]]:
    """The compiler of models for the accelerator. Raises CompileError when dlir has none."""
    try:
        return load_attribute(COMPILER)
    except (ImportError, AttributeError):
        fail(None, "this version of dlir does not compile models for the accelerator",
             help="give dlir.targets.accel.explore.exploration.explore an evaluator")  # fmt: skip


def measure(programs: Iterable[Program]) -> Measures:
    """Execute programs one after the other."""
    cycles, seconds, energy, macs = 0, 0.0, 0.0, 0
    for program in programs:
        simulation = time_program(program)
        cycles += simulation.cycles
        seconds += simulation.seconds
        energy += energy_of(simulation)["total_pj"]
        macs += sum(macs_of(simulation).values())
    return Measures(cycles, seconds, energy, macs)


@lru_cache(maxsize=64)
def _loaded(layer: str) -> tuple[ModuleOp, Mapping[str, Array]]:
    module = parse_module(layer, default_registry().context())
    return module, stand_in_weights(module)


def stand_in_weights(module: ModuleOp) -> dict[str, Array]:
    """Small positive numbers for every weight, always the same.

    What a program costs does not depend on them: it has no branch that depends on data.
    """
    weights: dict[str, Array] = {}
    for op, name in param_ops(module):
        type = cast(TensorType[Any], op.results[0].type)
        values = np.random.default_rng(0).uniform(0.5, 1.5, type.get_shape())
        weights[name] = values.astype(dtype_of(type))
    return weights


@cache
def code_version() -> str:
    """A hash of dlir's own source: what was measured by other code is measured again."""
    digest = hashlib.sha256(dlir.__name__.encode())
    root = Path(dlir.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
