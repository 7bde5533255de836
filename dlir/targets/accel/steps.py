"""The host's function as steps: pieces of host code, and launches of programs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Operation, SSAValue

from dlir.dialects.accel.attrs import HOST
from dlir.dialects.accel.ops import LaunchOp
from dlir.executable import CompileOptions, Executable
from dlir.numpy_types import Array
from dlir.params import param_ops
from dlir.slices import captured
from dlir.targets.accel.host import SOURCES, compile_host, function_of, launches_of

FORMATTING = "prepares tensors for the machine, or brings them back"
"""Why ops without that attribute are there."""


@dataclass
class HostStep:
    """Ops between two launches, compiled for the host."""

    executable: Executable
    by: str
    """`cpu`, or `ref` and why."""
    inputs: list[SSAValue]
    outputs: list[SSAValue]
    ops: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    """What is in it, for the report."""


@dataclass
class LaunchStep:
    """One run of a program."""

    program: str
    inputs: list[SSAValue]
    outputs: list[SSAValue]


Step: TypeAlias = HostStep | LaunchStep


def steps_of(
    module: ModuleOp, entry: FuncOp, params: Mapping[str, Array], options: CompileOptions
) -> list[Step]:
    """Compile the host's pieces. Raises CompileError."""
    launches_of(module, entry)
    steps: list[Step] = []
    pending: list[Operation] = []
    for op in entry.body.block.ops:
        if isinstance(op, LaunchOp | ReturnOp):
            steps += _host_steps(module, entry, pending, params, options)
            pending = []
        if isinstance(op, LaunchOp):
            program = op.program.root_reference.data
            steps.append(LaunchStep(program, list(op.arguments), list(op.outputs)))
        elif not isinstance(op, ReturnOp):
            pending.append(op)
    return steps


def returned(entry: FuncOp) -> Sequence[SSAValue]:
    """The values that the function gives back."""
    last = entry.body.block.last_op
    assert isinstance(last, ReturnOp), "checked by the verifier"
    return last.operands


def _is_source(op: Operation) -> bool:
    """Whether every piece of host code may have this op for itself."""
    return isinstance(op, SOURCES)


def _host_steps(
    module: ModuleOp,
    entry: FuncOp,
    ops: Sequence[Operation],
    params: Mapping[str, Array],
    options: CompileOptions,
) -> Iterator[HostStep]:
    """None when nothing outside needs the ops."""
    inside = set(ops)
    outputs: list[SSAValue] = [r for op in ops for r in op.results if _is_needed(op, r, inside)]
    if not outputs:
        return
    inputs: dict[SSAValue, None] = {}
    sources: dict[Operation, None] = {}
    for op in ops:
        for value in captured(op):
            owner = value.owner
            if isinstance(owner, Operation) and owner not in inside and _is_source(owner):
                sources[owner] = None
            elif owner not in inside:
                inputs[value] = None
    piece = function_of([*sources, *ops], list(inputs), outputs)
    _add_callees(module, piece, entry)
    used = {name: params[name] for _, name in param_ops(piece)}
    executable, by = compile_host(piece, used, options)
    yield HostStep(executable, by, list(inputs), outputs, _rows(ops, by))


def _is_needed(op: Operation, result: SSAValue, inside: set[Operation]) -> bool:
    """Whether a result is used outside by something that cannot make it for itself."""
    users = {use.operation for use in result.uses}
    block = op.parent
    for user in users:
        while user.parent is not block:
            above = user.parent_op()
            assert above is not None, "a user is in the block of the op, or deeper"
            user = above
        own = _is_source(op) and not isinstance(user, LaunchOp | ReturnOp)
        if user not in inside and not own:
            return True
    return False


def _add_callees(module: ModuleOp, piece: ModuleOp, entry: FuncOp) -> None:
    """Functions that the piece may call."""
    for op in module.ops:
        if isinstance(op, FuncOp) and op is not entry:
            piece.body.block.add_op(op.clone())


def _rows(ops: Sequence[Operation], by: str) -> list[dict[str, object]]:
    """Op name, how many, run by what, and why on the host."""
    counts = Counter((op.name, why_on_host(op)) for op in ops if not _is_source(op))
    return [
        {"op": name, "count": count, "by": by, "why": why} for (name, why), count in counts.items()
    ]


def why_on_host(op: Operation) -> str:
    """The reason that the conversion gave for an op, or that it is formatting."""
    reason = op.attributes.get(HOST)
    return reason.data if isinstance(reason, StringAttr) else FORMATTING
