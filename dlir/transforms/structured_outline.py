"""`structured-outline`: every distinct structured op becomes one kernel function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.structured.ops import FillOp, GatherOp, GenericOp
from dlir.dialects.structured.roles import is_copy


@dataclass(frozen=True)
class StructuredOutline(ModulePass):
    """Move structured ops on memrefs into private kernel functions, one per distinct signature.

    Two ops share a kernel when they are equal but for their operands' values: the same maps, body,
    schedule, types. Layers that repeat are therefore compiled once.

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
            for inner in list(function.body.block.ops) if function.body.blocks else []:
                if isinstance(inner, GenericOp | FillOp | GatherOp) and _on_memrefs(inner):
                    _outline(op, inner, kernels, counts)


def _on_memrefs(op: Operation) -> bool:
    return not op.results


def _outline(
    module: ModuleOp, op: Operation, kernels: dict[Hashable, str], counts: Counter[str]
) -> None:
    key = (tuple(o.type for o in op.operands), _structure(op, {}))
    name = kernels.get(key)
    if name is None:
        kind = _kind(op)
        name = kernels[key] = f"{kind}_{counts[kind]}"
        counts[kind] += 1
        module.body.block.add_op(_kernel(op, name))
    call = func.CallOp(name, list(op.operands), [])
    call.location = op.location
    block = op.parent
    assert block is not None
    block.insert_op_before(call, op)
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


def _kernel(op: Operation, name: str) -> func.FuncOp:
    """A function around a copy of the op."""
    block = Block(arg_types=[o.type for o in op.operands])
    known: dict[SSAValue, SSAValue] = {}
    copy = op.clone(known, clone_name_hints=False)
    for number, argument in enumerate(block.args):
        copy.operands[number] = argument
    block.add_ops([copy, func.ReturnOp()])
    types = [a.type for a in block.args]
    kernel = func.FuncOp(name, (types, []), Region(block), visibility="private")
    kernel.location = op.location
    return kernel


def _kind(op: Operation) -> str:
    """A telling name for the kernel."""
    if isinstance(op, FillOp):
        return "fill"
    if isinstance(op, GatherOp):
        return "gather"
    assert isinstance(op, GenericOp)
    if op.schedule is not None and (word := op.schedule.word("kernel")) is not None:
        return word
    if op.reduction_dims:
        return "reduce"
    return "copy" if is_copy(op) else "map"
