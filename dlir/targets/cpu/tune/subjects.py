"""The kernels of a model, each as a module of its own: one op, its operands as arguments.

With a contraction that makes scores for another one, as in attention, are all ops that walk the
rows of its scores: only then the number of rows that it makes at a time matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, ModuleOp
from xdsl.ir import Block, Region, SSAValue

from dlir.dialects.dl.ops.source import ParamOp
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import TYPICAL, is_weight
from dlir.printer import print_module
from dlir.targets.cpu.description import host
from dlir.transforms.row_groups.products import between_products
from dlir.transforms.structured_schedule import StructuredSchedule
from dlir.types import is_tensor

MOST_POINTS = 1 << 27
"""Points of a kernel whose sizes may be chosen: some milliseconds."""


@dataclass(frozen=True)
class Subject:
    """A kernel to be tuned."""

    kernel: str
    text: str
    """A module at level `structured` with one function, whose first op that computes is the kernel.
    Weights are parameters of it, so that they are packed before it is called."""
    count: int
    """How often the model has it."""


def subjects_of(module: ModuleOp) -> list[Subject]:
    """The distinct kernels of a module at level `structured`, in order of first occurrence."""
    first: dict[str, GenericOp] = {}
    counts: dict[str, int] = {}
    for name, op in kernels_of(module):
        first.setdefault(name, op)
        counts[name] = counts.get(name, 0) + 1
    ops: dict[str, Sequence[GenericOp]] = {name: [op] for name, op in first.items()} | _groups(
        module
    )
    return [Subject(name, print_module(_alone(ops[name])), counts[name]) for name in first]


def _groups(module: ModuleOp) -> dict[str, Sequence[GenericOp]]:
    """Kernels that make scores for another contraction, with all up to it; in a copy, and of known
    sizes alone, for which memory can be had without arguments that say how much."""
    copy = module.clone()
    StructuredSchedule(host().vector_bits, host().vector_registers, host().dots).apply(
        Context(), copy
    )
    functions = [f for f in copy.body.block.ops if isinstance(f, func.FuncOp) and f.body.blocks]
    groups = [g for f in functions for g in between_products(f.body.block)]
    found = {group.members[0][0]: [op for op, _ in group.members] for group in groups}
    return {
        name: found[op]
        for name, op in kernels_of(copy)
        if op in found and all(DYNAMIC_INDEX not in shape_of(op.outs) for op in found[op])
    }


def kernel_in(module: ModuleOp) -> GenericOp:
    """The op of a subject's module whose schedule is looked for."""
    return next(op for _, op in kernels_of(module))


def _alone(ops: Sequence[GenericOp]) -> ModuleOp:
    """A module with a copy of the ops in `@main`, which returns what others read of them."""
    block = Block()
    known: dict[SSAValue, SSAValue] = {}
    results: list[SSAValue] = []
    for op in ops:
        assert op.result is not None, "schedules are chosen on tensors"
        for value in op.operands:
            if value not in known:
                known[value] = _source(block, value, len(known), value is op.outs)
        copy = op.clone(known)
        copy.schedule = None
        block.add_op(copy)
        assert copy.result is not None
        known[op.result] = copy.result
        if op is ops[-1] or any(use.operation not in ops for use in op.result.uses):
            results.append(copy.result)
    block.add_op(func.ReturnOp(*results))
    types = FunctionType.from_lists([a.type for a in block.args], [r.type for r in results])
    return ModuleOp([func.FuncOp("main", types, Region(block))])


def _source(block: Block, value: SSAValue, number: int, is_outs: bool) -> SSAValue:
    """Where the copy has an operand from: a parameter, fresh memory, or an argument."""
    kind = value.type
    if is_tensor(kind) and is_weight(value) and not is_outs:
        op = ParamOp(f"w{number}", kind)
        block.add_op(op)
        return op.result
    if is_outs and is_tensor(kind) and DYNAMIC_INDEX not in kind.get_shape():
        empty = tensor.EmptyOp([], kind)
        if isinstance(value.owner, tensor.EmptyOp):
            block.add_op(empty)
            return empty.tensor
    return block.insert_arg(kind, len(block.args))


def work_of(subject: Subject) -> int:
    """How many points a model computes of a kernel, to begin with what matters most."""
    sizes = subject.kernel.partition("[")[2].partition("]")[0].replace("sum ", "").split(", ")
    known = [DYNAMIC_INDEX if n == "?" else int(n) for n in sizes if n]
    return subject.count * prod(planned_extents(known))


def planned_extents(extents: Sequence[int]) -> list[int]:
    """A number for every `?`: a typical one, or less where that would be much to compute."""
    size = TYPICAL
    while True:
        planned = [size if e == DYNAMIC_INDEX else e for e in extents]
        if size == 1 or prod(planned) <= MOST_POINTS:
            return planned
        size //= 2
