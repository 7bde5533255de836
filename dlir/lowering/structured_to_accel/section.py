"""The ops that become one program, before anything is written of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from dlir.lowering.structured_to_accel.partition import Partition, host_needs, partition
from dlir.lowering.structured_to_accel.plan import Plan
from dlir.targets.accel.description import Machine


@dataclass(frozen=True)
class Section:
    """One program of a function: the machine's ops between two runs of the host."""

    machine: Machine
    found: Partition
    name: str
    level: int
    ops: Sequence[Operation]
    """What is computed, and views of it, in order."""
    outputs: Sequence[SSAValue]
    """Results that leave the program."""
    plans: Mapping[Operation, Plan]

    @property
    def cols(self) -> int:
        return self.machine.array.cols


def divided(function: FuncOp, machine: Machine) -> Partition:
    """Which ops of a function run on the machine, as its text says or as they can."""
    array = machine.array
    return partition(function.body.block, array.cols, array.types, fast_vector=machine.fast_vector)


def sections(function: FuncOp, machine: Machine, found: Partition) -> Iterator[Section]:
    """The programs of a function, in order."""
    if not found.plans:
        return
    block = function.body.block
    needed = host_needs(block, found)
    ops = [op for op in block.ops if op in found.plans or op in found.views]
    for level in range(max(found.level.values()) + 1):
        mine = [op for op in ops if found.level[op] == level]
        planned = [op for op in mine if op in found.plans]
        if planned:
            outputs = [op.results[0] for op in planned if op.results[0] in needed]
            plans = {op: p for op in planned if isinstance(p := found.plans[op], Plan)}
            name = f"{function.sym_name.data}_{level}"
            yield Section(machine, found, name, level, mine, outputs, plans)


def functions_of(module: ModuleOp) -> list[FuncOp]:
    """Those with a body."""
    return [op for op in module.ops if isinstance(op, FuncOp) and not op.is_declaration]


def sections_of(module: ModuleOp, machine: Machine) -> Iterator[Section]:
    """The programs of all functions."""
    for function in functions_of(module):
        yield from sections(function, machine, divided(function, machine))
