"""Parts of tensors: which tensor, whether a loop chooses them, and the same part elsewhere."""

from __future__ import annotations

from typing_extensions import TypeIs
from xdsl.dialects import memref
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import FillOp, GenericOp, ReshapeOp
from dlir.dialects.structured.shapes import Sizes

_VIEWS = (memref.SubviewOp, memref.CastOp, ReshapeOp)
_SILENT = ("arith.", "scf.", "memref.alloca", "memref.load", "memref.dim")


def base_of(value: SSAValue) -> SSAValue:
    """The tensor that a part is a part of."""
    while isinstance(op := value.owner, _VIEWS):
        value = op.operands[0]
    return value


def is_the_same(loop: Operation, value: SSAValue) -> bool:
    """Whether a part is the same one in all rounds of a loop, and holds the same."""
    return _is_chosen_outside(loop, value) and not _may_write(loop, base_of(value))


def _is_chosen_outside(loop: Operation, value: SSAValue) -> bool:
    if not loop.is_ancestor(value.owner):
        return True
    op = value.owner
    return _is_choice(op) and all(_is_chosen_outside(loop, o) for o in op.operands)


def _is_choice(op: Operation | Block) -> TypeIs[Operation]:
    """Whether an op takes a part, or computes which one."""
    return isinstance(op, Operation) and (isinstance(op, _VIEWS) or op.name.startswith("arith."))


def _may_write(loop: Operation, tensor: SSAValue) -> bool:
    """Whether something in a loop writes a tensor, as far as can be seen."""
    for op in loop.walk():
        if isinstance(op, GenericOp | FillOp):
            if base_of(op.outs) is tensor:
                return True
        elif not _is_in_body(op) and not isinstance(op, _VIEWS) and not op.name.startswith(_SILENT):
            return True
    return False


def _is_in_body(op: Operation) -> bool:
    return isinstance(op.parent_op(), GenericOp)


def known_by(loop: Operation, value: SSAValue) -> tuple[object, ...]:
    """Equal for parts that are the same, but are taken in two loops."""
    op = value.owner
    if not isinstance(op, Operation) or not loop.is_ancestor(op):
        return (value,)
    operands = [known_by(loop, o) for o in op.operands]
    return (op.name, *op.properties.items(), *op.attributes.items(), *operands)


def made_again(sizes: Sizes, value: SSAValue, block: Block) -> SSAValue:
    """The same part, taken where `sizes` writes, which is not behind what `block` takes it from."""
    op = value.owner
    if not _is_choice(op) or op.parent is not block:
        return value
    new = op.clone({o: made_again(sizes, o, block) for o in op.operands})
    return sizes.insert(new).results[0]
