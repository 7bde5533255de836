"""The kernels of a model, each as a module of its own: one op, its operands as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects import func, tensor
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, ModuleOp
from xdsl.ir import Block, Region, SSAValue

from dlir.dialects.dl.ops.source import ParamOp
from dlir.dialects.structured.kernels import kernels_of
from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.roles import TYPICAL, is_weight
from dlir.printer import print_module
from dlir.types import is_tensor

MOST_POINTS = 1 << 27
"""Points of a kernel whose sizes may be chosen: some milliseconds."""


@dataclass(frozen=True)
class Subject:
    """A kernel to be tuned."""

    kernel: str
    text: str
    """A module at level `structured` with one function, whose only op that computes is the kernel.
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
    return [Subject(name, print_module(_alone(op)), counts[name]) for name, op in first.items()]


def kernel_in(module: ModuleOp) -> GenericOp:
    """The op of a subject's module."""
    return next(op for _, op in kernels_of(module))


def _alone(op: GenericOp) -> ModuleOp:
    """A module with a copy of the op in `@main`."""
    assert op.result is not None, "schedules are chosen on tensors"
    block = Block()
    known: dict[SSAValue, SSAValue] = {}
    for number, value in enumerate(dict.fromkeys(op.operands)):
        known[value] = _source(block, value, number, value is op.outs)
    copy = op.clone(known)
    copy.schedule = None
    block.add_op(copy)
    assert copy.result is not None
    block.add_op(func.ReturnOp(copy.result))
    types = FunctionType.from_lists([a.type for a in block.args], [copy.result.type])
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
