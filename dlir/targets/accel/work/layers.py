"""How values flow through a function: which ops only move them, and what a layer is."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from xdsl.dialects import func
from xdsl.ir import Block, Operation, SSAValue

from dlir.dialects.structured.ops import GatherOp, GenericOp, ReshapeOp, shape_of
from dlir.dialects.structured.roles import flips_sign, only_casts, only_moves, overwrites_outs
from dlir.targets.accel.work.products import is_sum_of_products

KNOWN = ("tensor.empty", "dl.param", "dl.constant", "arith.constant")
"""Ops whose results are there before the program runs."""


@dataclass
class Layer:
    """A sum of products and the ops that follow it, or those before the first one."""

    ops: list[Operation] = field(default_factory=list[Operation])

    @property
    def name(self) -> str:
        """The shape of what it is about."""
        head = self.ops[0]
        kind = "gather"
        if isinstance(head, GenericOp):
            kind = "product" if is_sum_of_products(head) else "vector"
        return f"{kind} {'x'.join(map(str, shape_of(head.results[0])))}"


def layers_of(block: Block) -> list[Layer]:
    """The layers of a function, in order; moves and what depends on constants alone are no work."""
    layers: list[Layer] = []
    home: dict[SSAValue, Layer] = {}
    constant = constants_of(block)
    for op in block.ops:
        if not op.results or op.results[0] in constant:
            continue
        if is_move(op):
            if op.operands[0] in home:
                home[op.results[0]] = home[op.operands[0]]
            continue
        if not isinstance(op, GenericOp | GatherOp):
            continue
        sources = [home[o] for o in op.operands if o in home]
        if (isinstance(op, GenericOp) and is_sum_of_products(op)) or not sources:
            layers.append(Layer())
            layer = layers[-1]
        else:
            layer = max(sources, key=layers.index)
        layer.ops.append(op)
        home[op.results[0]] = layer
    return layers


def constants_of(block: Block) -> set[SSAValue]:
    """What depends on weights alone: known before the program runs."""
    known: set[SSAValue] = set()
    for op in block.ops:
        if op.name in KNOWN or (op.operands and all(o in known for o in op.operands)):
            known.update(op.results)
    return known


def is_move(op: Operation) -> bool:
    """Whether an op computes nothing: readers may read through it, or writers write through it.

    What the host has is given in the type that its readers want, and it knows unsigned bytes.
    """
    if not isinstance(op, GenericOp):
        return isinstance(op, ReshapeOp)
    if op.epilogue is not None:
        return False
    return only_moves(op) or flips_sign(op) or (only_casts(op) and _is_given(op.inputs[0]))


def _is_given(value: SSAValue) -> bool:
    """Whether a value is an argument, or moved from one."""
    owner = value.owner
    return isinstance(owner, Block) or (is_move(owner) and _is_given(owner.operands[0]))


def source_of(value: SSAValue, constant: set[SSAValue]) -> SSAValue:
    """What is read through moves. A tensor that is written part by part is a source of its own."""
    while isinstance(op := value.owner, Operation) and is_move(op) and value not in constant:
        if isinstance(op, GenericOp) and not overwrites_outs(op):
            break
        value = op.operands[0]
    return value


def parts_of(value: SSAValue, constant: set[SSAValue]) -> dict[SSAValue, int]:
    """The sources that a tensor was written of, part by part, with the elements of each."""
    parts: dict[SSAValue, int] = {}
    while isinstance(op := value.owner, GenericOp):
        extents = op.static_extents()
        source = source_of(op.operands[0], constant) if is_move(op) else value
        parts[source] = parts.get(source, 0) + prod(extents[d] for d in op.parallel_dims)
        if overwrites_outs(op):
            break
        value = op.outs
    return parts


def written(op: Operation) -> int:
    """New elements of an op's result, of which there may be more."""
    if isinstance(op, GenericOp):
        extents = op.static_extents()
        return prod(extents[d] for d in op.parallel_dims)
    return prod(shape_of(op.results[0]))


def readers_of(value: SSAValue) -> list[Operation]:
    """The ops that read a value as it is or through moves; what returns it is one of them."""
    found: list[Operation] = []
    for use in value.uses:
        user = use.operation
        if isinstance(user, GenericOp) and use.index == len(user.inputs):  # written, not read
            passes_on = not user.reduction_dims
            if overwrites_outs(user):
                continue
        else:
            passes_on = is_move(user)
        found += readers_of(user.results[0]) if passes_on else [user]
    return found


def is_of_host(value: SSAValue) -> bool:
    """Whether the host gives or takes a value: an argument, or what the function returns."""
    if isinstance(value.owner, Block):
        return True
    return any(isinstance(reader, func.ReturnOp) for reader in readers_of(value))
