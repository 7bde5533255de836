"""`structured-outline`: every distinct structured op becomes one kernel function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import DestinationOp, GenericOp
from dlir.dialects.structured.roles import is_copy


@dataclass(frozen=True)
class StructuredOutline(ModulePass):
    """Move structured ops on memrefs into private kernel functions, one per distinct signature.

    A loop around structured ops becomes one kernel with all of them, and so do neighbours with the
    same `siblings` in their schedules: `dlir.siblings` says of their kernel that what one of its
    arguments is written to is no other argument's memory. Two ops share a kernel when
    they are equal but for their operands' values: the same maps, body, schedule, types. Layers that
    repeat are therefore compiled once.

    Before:
    ```mlir
    structured.generic {...} ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {...}
    structured.generic {...} ins(%y : memref<8xf32>) outs(%z : memref<8xf32>) {...}
    ```
    After:
    ```mlir
    func.call @map_0(%x, %y) : (memref<8xf32>, memref<8xf32>) -> ()
    func.call @map_0(%y, %z) : (memref<8xf32>, memref<8xf32>) -> ()
    func.func private @map_0(%x: memref<8xf32>, %y: memref<8xf32>) {
      structured.generic {...} ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {...}
      func.return
    }
    ```
    """

    name = "structured-outline"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        kernels: dict[Hashable, str] = {}
        counts: Counter[str] = Counter()
        for function in [o for o in op.body.block.ops if isinstance(o, func.FuncOp)]:
            for ops in _kernels(function.body.block) if function.body.blocks else []:
                _outline(op, ops, kernels, counts)


def _kernels(block: Block) -> list[list[Operation]]:
    """What becomes one function each: single ops, loops, and siblings."""
    found: list[list[Operation]] = []
    last: int | None = None
    for op in block.ops:
        if not isinstance(op, KERNELS) or op.results:
            continue  # a view, or on tensors
        number = _siblings(op)
        if number is not None and number == last:
            found[-1].append(op)
        else:
            found.append([op])
        last = number
    return found


def _siblings(op: Operation) -> int | None:
    schedule = op.schedule if isinstance(op, GenericOp) else None
    numbers = schedule.integers("siblings") if schedule is not None else None
    return numbers[0] if numbers else None


KERNELS = DestinationOp | scf.ForOp | scf.ParallelOp


def _outline(
    module: ModuleOp, ops: Sequence[Operation], kernels: dict[Hashable, str], counts: Counter[str]
) -> None:
    for op in ops:
        if isinstance(op, GenericOp) and op.schedule is not None:
            op.schedule = op.schedule.without("siblings")
    arguments, constants = _captured(ops)
    numbers = {value: number for number, value in enumerate([*arguments, *constants])}
    values = tuple(c.owner.value for c in constants if isinstance(c.owner, arith.ConstantOp))
    structure = tuple(_structure(op, numbers) for op in ops)
    key = (tuple(o.type for o in arguments), values, structure)
    name = kernels.get(key)
    if name is None:
        kind = _kind(ops)
        name = kernels[key] = f"{kind}_{counts[kind]}"
        counts[kind] += 1
        module.body.block.add_op(_kernel(ops, name, arguments, constants))
    call = func.CallOp(name, arguments, [])
    call.location = ops[0].location
    block = ops[-1].parent
    assert block is not None
    block.insert_op_before(call, ops[-1])
    for op in ops:
        op.detach()
        op.erase()


def _structure(op: Operation, numbers: dict[SSAValue, int]) -> Hashable:
    """What an op computes from its operands, comparable: attributes, types and nested ops.

    `numbers` names the values that the regions around the op define.
    """
    for result in op.results:
        numbers[result] = len(numbers)
    regions: list[Hashable] = []
    for block in (block for region in op.regions for block in region.blocks):
        for argument in block.args:
            numbers[argument] = len(numbers)
        regions.append(tuple(a.type for a in block.args))
        regions += [_structure(inner, numbers) for inner in block.ops]
    return (
        op.name,
        tuple(numbers.get(operand) for operand in op.operands),
        tuple(r.type for r in op.results),
        frozenset(op.properties.items()),
        frozenset(op.attributes.items()),
        len(op.regions),
        tuple(regions),
    )


def _captured(ops: Sequence[Operation]) -> tuple[list[SSAValue], list[SSAValue]]:
    """The operands of an op; of a loop or of siblings all that they use from outside, and of a loop
    constants apart."""
    if not _is_by_value(ops):
        return list(ops[0].operands), []
    inside: set[SSAValue] = set()
    outside: dict[SSAValue, None] = {}
    for inner in (inner for op in ops for inner in op.walk()):
        outside |= dict.fromkeys(v for v in inner.operands if v not in inside)
        inside.update(inner.results)
        inside.update(a for region in inner.regions for b in region.blocks for a in b.args)
    constants = [v for v in outside if isinstance(v.owner, arith.ConstantOp)]
    return [v for v in outside if v not in constants], constants


def _is_by_value(ops: Sequence[Operation]) -> bool:
    """Whether a value that is used at several places is one argument of the kernel."""
    return len(ops) > 1 or isinstance(ops[0], scf.ForOp | scf.ParallelOp)


def _kernel(
    ops: Sequence[Operation],
    name: str,
    arguments: Sequence[SSAValue],
    constants: Sequence[SSAValue],
) -> func.FuncOp:
    """A function around a copy of the ops."""
    block = Block(arg_types=[o.type for o in arguments])
    known: dict[SSAValue, SSAValue] = {}
    if _is_by_value(ops):
        known |= dict(zip(arguments, block.args, strict=True))
    for constant in constants:
        assert isinstance(constant.owner, Operation)
        block.add_op(constant.owner.clone(known))
    copies = [op.clone(known, clone_name_hints=False) for op in ops]
    if not _is_by_value(ops):  # an operand may be there twice, for two arguments
        for number, argument in enumerate(block.args):
            copies[0].operands[number] = argument
    block.add_ops([*copies, func.ReturnOp()])
    types = [a.type for a in block.args]
    kernel = func.FuncOp(name, (types, []), Region(block), visibility="private")
    kernel.location = ops[0].location
    if len(ops) > 1:
        kernel.attributes["dlir.siblings"] = UnitAttr()
    return kernel


def _kind(ops: Sequence[Operation]) -> str:
    """A telling name for the kernel."""
    op = ops[0]
    if len(ops) > 1:
        return "siblings"
    if isinstance(op, scf.ForOp | scf.ParallelOp):
        return "rows"
    if not isinstance(op, GenericOp):
        return op.name.partition(".")[2]
    if op.schedule is not None and (word := op.schedule.word("kernel")) is not None:
        return word
    if op.reduction_dims:
        return "reduce"
    return "copy" if is_copy(op) else "map"
