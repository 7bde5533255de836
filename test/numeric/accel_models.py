"""Small models, and what becomes of them on machines: on the reference, and on the simulator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from unittest.mock import patch

import numpy as np
from numeric.cases import Argument
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, FunctionType, ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue

from dlir.dialects.accel.attrs import Role
from dlir.dialects.accel.ops import AllocOp, EngineOp, LaunchOp, ProgramOp
from dlir.dialects.accel.semantics import SEMANTICS
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.interpreter import Interpreter
from dlir.numpy_types import dtype_of
from dlir.options import print_value
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.container import read_container, write_container
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.simulator.functional import run
from dlir.targets.accel.verifier import verify_program
from dlir.types import element_of, shape_of
from dlir.verifier import verify

PLAIN = (
    "dl-simplify,dl-assign-layout{layout=nhwc},dl-simplify,convert-dl-to-structured,cse,"
    "structured-fuse{by-cost=false},cse"
)
"""To the structured level, without what is done there for the machine."""
PLACED = "accel-interleave,accel-prefetch,accel-allocate,accel-place-tokens"

MACHINES: dict[str, str] = {
    "gemmini": "",
    "tiny": "spm.bytes=8192;acc.rows=32",
    "eight": "array.rows=8;array.cols=8;spm.bytes=8192;acc.rows=64",
}
"""Settings of `gemmini`: none, so little memory that all is cut into tiles, and a smaller array."""

BF16 = 2.0**-8
"""How far a rounding to bf16, which has eight bits, is off at most, of the number."""


@dataclass
class Model:
    """`@f` under construction; `whole` draws small integers, which bf16 holds exactly."""

    whole: bool = False
    seed: int = 0
    block: Block = field(default_factory=Block)
    inputs: list[Any] = field(default_factory=list[Any])
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def values(self, type: TensorType[Any], fan: int = 1) -> Any:
        """Random numbers; those of weights are divided by the root of how many are summed."""
        dtype, shape = dtype_of(type), type.get_shape()
        if dtype.kind in "iu":
            limit = 128 if dtype.itemsize == 1 else 9
            return self.rng.integers(-limit, limit, shape).astype(dtype)
        if dtype.kind == "b":
            return self.rng.integers(0, 2, shape).astype(bool)
        if self.whole:
            return self.rng.integers(-3, 4, shape).astype(dtype)
        return (self.rng.normal(size=shape) / np.sqrt(fan)).astype(dtype)

    def arg(self, text: str, values: Any = None) -> SSAValue:
        """An argument of a type such as `4x5xf32`."""
        type = Argument.read(text).type
        self.inputs.append(
            self.values(type) if values is None else np.asarray(values, dtype_of(type))
        )
        return self.block.insert_arg(type, len(self.block.args))

    def param(self, text: str, fan: int = 1, values: Any = None) -> SSAValue:
        """A weight."""
        type, name = Argument.read(text).type, f"w{len(self.params)}"
        self.params[name] = (
            self.values(type, fan) if values is None else np.asarray(values, dtype_of(type))
        )
        return self.add(ParamOp(name, type))

    def constant(self, text: str, values: Sequence[float]) -> SSAValue:
        """Numbers in the text."""
        type = Argument.read(text).type
        return self.add(ConstantOp(DenseIntOrFPElementsAttr.from_list(type, list(values))))

    def add(self, op: Operation) -> Any:
        """Append an op; its result."""
        self.block.add_op(op)
        return op.results[0]

    def add_all(self, op: Operation) -> tuple[Any, ...]:
        """Append an op; all of its results."""
        self.block.add_op(op)
        return op.results

    def module(self, *results: SSAValue) -> ModuleOp:
        """The finished module."""
        self.block.add_op(ReturnOp(*results))
        type = FunctionType.from_lists(self.block.arg_types, [r.type for r in results])
        return ModuleOp([FuncOp("f", type, Region(self.block))])


Build: TypeAlias = Callable[[Model], Any]
"""Adds ops to a model; gives the result, or several."""


@dataclass(frozen=True)
class Case:
    """A model and what is expected of it."""

    name: str
    build: Build
    whole: bool = False
    """Small integers as values: what is not rounded has no error, and all else 2^-8 of itself."""
    depth: int = 1
    """How many roundings follow one another; errors are taken to add up like its root."""
    exact: bool = False
    """Integers: no error."""
    programs: int | None = 1
    """How many programs there are; None for any."""

    def __str__(self) -> str:
        return self.name

    def made(self) -> tuple[ModuleOp, Model]:
        model = Model(self.whole)
        found = self.build(model)
        results = found if isinstance(found, tuple) else (found,)
        module = model.module(*results)
        verify(module)
        return module, model

    def check(self, want: Sequence[Any], got: Sequence[Any]) -> None:
        """Results agree.

        Reals are rounded to bf16 on their way to memory, an error of 2^-8 of themselves at
        most, and sums of many such errors are about as large, against the largest result.
        """
        for a, b in zip(want, got, strict=True):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            if self.exact or a.dtype.kind in "iub":
                np.testing.assert_array_equal(b, a)
                continue
            x, y = a.astype("f8"), b.astype("f8")
            finite = np.isfinite(x)
            np.testing.assert_array_equal(x[~finite], y[~finite])
            size = np.abs(x[finite]) if self.whole else np.abs(x[finite]).max(initial=0.0)
            limit = (1 if self.whole else 2) * BF16 * np.sqrt(self.depth) * size
            error = np.abs(x[finite] - y[finite])
            worst = (error / np.maximum(limit, 1e-30)).max(initial=0.0)
            assert (error <= limit).all(), f"{worst:.3g} of what is allowed"


def lowered(module: ModuleOp, settings: str, plain: bool = False) -> ModuleOp:
    """A copy at the accel level, verified, and the same after printing and parsing.

    `plain` is the conversion without the passes that prepare for it.
    """
    options = f"machine=gemmini set={print_value(settings, str)}"
    way = f"accel-pipeline{{{options} to=accel}}"
    if plain:
        way = f"{PLAIN},convert-structured-to-accel{{{options}}}"
    result = run_passes(module, way)
    text = str(result)
    again = parse_module(text, default_registry().context(), "case.mlir")
    verify(again)
    assert str(again) == text
    return again


def run_passes(module: ModuleOp, passes: str) -> ModuleOp:
    """A copy after some passes, verified."""
    result = module.clone()
    PassManager(passes).run(default_registry().context(), result)
    verify(result)
    return result


def programs_in(module: ModuleOp) -> list[ProgramOp]:
    return [op for op in module.ops if isinstance(op, ProgramOp)]


def engine_ops(module: ModuleOp) -> set[str]:
    """The names of the engine ops that there are."""
    return {op.name for op in module.walk() if isinstance(op, EngineOp)}


def poisoned(interp: Any, op: AllocOp) -> Any:
    """A tile full of what nobody may read: NaN, or a number far from all others."""
    dtype = dtype_of(element_of(op.tile.type))
    filler = np.iinfo(dtype).min + 77 if dtype.kind == "i" else np.nan
    return np.full(shape_of(op.tile.type), filler, dtype)


def interpreted(module: ModuleOp, model: Model) -> tuple[Any, ...]:
    """Results on the reference, with tiles that hold rubbish at first."""
    with np.errstate(all="ignore"), patch.dict(SEMANTICS, {AllocOp: poisoned}):
        return Interpreter(module, params=model.params).call("f", *model.inputs)


def launch_on_the_machine(interp: Any, op: LaunchOp, *values: Any) -> tuple[Any, ...]:
    """A program is emitted, proven, written as text and as bytes, read back and simulated."""
    accel = interp.symbol(op.program.root_reference.data)
    assert isinstance(accel, ProgramOp)
    rows = list(zip(accel.body.block.args, accel.roles.data, accel.names.data, strict=True))
    given = iter(values)
    inputs = {name.data: next(given) for _, role, name in rows if role.data is not Role.OUTPUT}
    weights = {n.data: inputs[n.data] for _, role, n in rows if role.data is Role.WEIGHT}
    program = emit_program(accel, weights)
    verify_program(program)
    again = read_container(write_container(program))
    assert write_container(assemble(disassemble(again))) == write_container(program)
    found = run(again, {n: v for n, v in inputs.items() if n not in weights})
    return tuple(
        found[name.data].view(dtype_of(element_of(v.type))).reshape(shape_of(v.type))
        for v, role, name in rows
        if role.data is Role.OUTPUT
    )


def simulated(module: ModuleOp, model: Model) -> tuple[Any, ...]:
    """Results of a module at the accel level on the machine's simulator, and its programs."""
    placed = run_passes(module, PLACED)
    with np.errstate(all="ignore"), patch.dict(SEMANTICS, {LaunchOp: launch_on_the_machine}):
        return Interpreter(placed, params=model.params).call("f", *model.inputs)
