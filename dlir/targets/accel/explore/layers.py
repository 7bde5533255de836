"""A model as distinct layers with counts, each a model of its own.

A layer is an op with what can be done to its results in place: a contraction and the elementwise
ops behind it. Its text is canonical (no names, no locations), so that layers that
differ in nothing but names and weights are one layer, which is evaluated once per machine.

Compiled alone, a layer reads its inputs from memory and writes its results there: what a compiler
gains by fusing further or by keeping values on the chip between layers is not in the sum.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xdsl.dialects import arith
from xdsl.dialects.builtin import DYNAMIC_INDEX, FunctionType, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dlir.diagnostics import name_of
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.source import ParamOp
from dlir.printer import print_module
from dlir.signature import entry_function


@dataclass(frozen=True)
class Layer:
    """A model that is compiled alone, and how often it occurs in the whole."""

    name: str
    """For people: where it occurs first."""
    text: str
    count: int = 1

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the text: the same for the same work."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass
class _Group:
    """Ops that become one layer, in their order; groups are numbered by their first op."""

    number: int
    ops: list[Operation] = field(default_factory=list[Operation])

    @property
    def last(self) -> Operation:
        return self.ops[-1]


def layers_of(module: ModuleOp, function: str | None = None, *, whole: bool = False) -> list[Layer]:
    """The distinct layers in order of first occurrence; one layer when the model cannot be split.

    It cannot when it is not straight-line `dl` with static sizes. Raises CompileError when there is
    no such function.
    """
    entry = entry_function(module, function)
    if whole or not _can_be_split(entry):
        return [Layer(f"@{entry.sym_name.data}", print_module(module))]
    known = _known_before(entry)
    found = [(_name_of(group), _text_of(group, known)) for group in _groups(entry, known)]
    counts = Counter(text for _, text in found)
    names = {text: name for name, text in reversed(found)}
    return [Layer(names[text], text, count) for text, count in counts.items()]


def _can_be_split(entry: FuncOp) -> bool:
    block = entry.body.blocks.first
    if block is None or block.next_block is not None:
        return False
    *ops, last = block.ops
    ops = [op for op in ops if not isinstance(op, arith.ConstantOp)]  # of sizes
    plain = all(isinstance(op, DlOp) and not op.regions for op in ops)
    values = [*block.args, *(result for op in ops for result in op.results)]
    return plain and isinstance(last, ReturnOp) and all(_is_static(v.type) for v in values)


def _is_static(type: Attribute) -> bool:
    return isinstance(type, TensorType) and DYNAMIC_INDEX not in type.get_shape()


# --- groups ---------------------------------------------------------------------------------------


def _groups(entry: FuncOp, known: frozenset[Operation]) -> list[_Group]:
    """Every op that is not known before the run in one group; groups in order of their last op."""
    groups: dict[Operation, _Group] = {}
    for op in entry.body.block.ops:
        if op not in known and not isinstance(op, ReturnOp):
            group = _joined(op, groups) or _Group(len(groups))
            group.ops.append(op)
            groups[op] = group
    return [group for op, group in groups.items() if group.last is op]


def _known_before(entry: FuncOp) -> frozenset[Operation]:
    """Weights, constants, and what is computed of nothing else."""
    known: set[SSAValue] = set()
    ops: list[Operation] = []
    for op in entry.body.block.ops:
        if not isinstance(op, ReturnOp) and known.issuperset(op.operands):
            known.update(op.results)
            ops.append(op)
    return frozenset(ops)


def _joined(op: Operation, groups: Mapping[Operation, _Group]) -> _Group | None:
    """The group that an op goes on with: the last of those that give a value to this op alone.

    That value is then all that leaves the group, so nothing that the op waits for waits for it.
    """
    found: _Group | None = None
    if _follows(op):
        for value in op.operands:
            group = groups.get(value.owner) if isinstance(value.owner, Operation) else None
            if group and value.has_one_use() and len(group.last.results) == 1:
                found = group if found is None or found.number < group.number else found
    return found


def _follows(op: Operation) -> bool:
    """Whether an op can be done to a result in place."""
    elementwise = isinstance(op, DlOp) and op.op_class is OpClass.ELEMENTWISE
    return elementwise or isinstance(op, ReshapeOp)


def _name_of(group: _Group) -> str:
    """The first op, with its name in the model or its place in the text."""
    first = group.ops[0]
    name = name_of(first)
    return first.name if name == first.name else f"{first.name} {name}"


# --- text -----------------------------------------------------------------------------------------


def _text_of(group: _Group, known: frozenset[Operation]) -> str:
    """A module with one function `@main` that does what the group does."""
    block, values = Block(), dict[SSAValue, SSAValue]()
    ops = [*_needed(group.ops, known), *group.ops]
    inside = set(ops)
    for value in (v for op in ops for v in op.operands if v.owner not in inside):
        if value not in values:
            values[value] = block.insert_arg(value.type, len(block.args))
    weights = 0
    for op in ops:
        copy = op.clone(values, clone_name_hints=False)
        copy.attributes.clear()
        if isinstance(copy, ParamOp):
            copy.properties["name"] = StringAttr(f"w{weights}")
            weights += 1
        block.add_op(copy)
    results = [values[v] for v in group.last.results]
    block.add_op(ReturnOp(*results))
    types = FunctionType.from_lists([a.type for a in block.args], [v.type for v in results])
    return print_module(ModuleOp([FuncOp("main", types, Region(block))]))


def _needed(ops: Iterable[Operation], known: frozenset[Operation]) -> list[Operation]:
    """What is known before the run and these ops use, each after what it uses itself."""
    found: dict[Operation, None] = {}
    stack = [(op, False) for op in reversed(list(ops))]
    while stack:
        op, ready = stack.pop()
        if ready:
            found[op] = None
        elif op not in found:
            if op in known:
                stack.append((op, True))
            owners = [v.owner for v in reversed(op.operands)]
            stack += [(o, False) for o in owners if isinstance(o, Operation) and o in known]
    return list(found)
