"""Which ops have weights that can be quantised, and which values between them are worth it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.dialects.builtin import NameLoc, TensorType, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, OpResult, SSAValue

from dlir.diagnostics import name_of
from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.activation import ReluOp
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.movement import ConcatOp, GatherOp, ReshapeOp, TransposeOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp
from dlir.dialects.dl.ops.reduction import ReduceMeanOp
from dlir.dialects.dl.ops.source import ParamOp

KEEP = "dl.keep"
"""The attribute of an op that stays as it is, which a person or a search puts there."""

FORMAT = "dl.format"
"""The attribute that gives the weight of one op a format of its own: `{dl.format = "i8"}`."""

BETWEEN = (ReluOp, MaxPool2dOp, ReshapeOp, TransposeOp, ConcatOp)
"""They do to integers what they do to the numbers that these stand for."""

SUMS = (AddOp, AvgPool2dOp, ReduceMeanOp)
"""Integers in, integers out, by a sum and one rounding."""


@dataclass(frozen=True)
class Layer:
    """A matrix product, a convolution, or a lookup in a table, whose operand is a known weight."""

    op: MatmulOp | Conv2dOp | GatherOp
    weight: SSAValue
    channels: int
    """The axis of the weight along which the output channels lie; of a table its rows."""
    summed: int
    """The axis of the weight that blocks divide."""

    @property
    def x(self) -> SSAValue:
        """What the weight is multiplied with."""
        return self.op.operands[0]

    @property
    def is_table(self) -> bool:
        return isinstance(self.op, GatherOp)

    @property
    def is_kept(self) -> bool:
        return KEEP in self.op.attributes

    @property
    def result(self) -> SSAValue:
        return self.op.results[0]

    @property
    def channel_axis(self) -> int:
        """The axis of the result along which the output channels lie."""
        if isinstance(self.op, Conv2dOp):
            return 3 if self.op.layout.data is Layout.NHWC else 1
        return rank_of(self.result) - 1

    @property
    def name(self) -> str:
        """The model's name of the node, else the weight's, else that of the result, or the line."""
        if isinstance(self.op.location, NameLoc):
            return self.op.location.desc.data
        names = params_of(self.weight)
        if len(names) == 1:
            return names[0]
        hint = self.result.name_hint
        return f"%{hint}" if hint else name_of(self.op)


def params_of(value: SSAValue) -> list[str]:
    """The names of the largest parameters that a value is made of."""
    found: dict[str, int] = {}
    pending, seen = [value], set[SSAValue]()
    while pending:
        one = pending.pop()
        if one in seen or not isinstance(one, OpResult):
            continue
        seen.add(one)
        if isinstance(one.op, ParamOp):
            found[one.op.param_name.data] = rank_of(one)
        pending.extend(one.op.operands)
    highest = max(found.values(), default=0)
    return [name for name, rank in found.items() if rank == highest]


def layers_of(function: FuncOp) -> list[Layer]:
    """The layers of a function's own block, those that are kept as well."""
    return [layer for op in function.body.block.ops if (layer := layer_of(op)) is not None]


def layer_of(op: Operation) -> Layer | None:
    """None for ops without known weights, for stacks of weights, and for other types than f32."""
    if isinstance(op, GatherOp):
        return _table(op)
    if not isinstance(op, MatmulOp | Conv2dOp):
        return None
    x, weight = op.operands
    if {op.acc, *map(element_of, (x, weight, op.results[0]))} != {f32}:
        return None
    if not follows_from_weights(weight) or follows_from_weights(x) or 0 in shape_of(weight):
        return None
    if isinstance(op, Conv2dOp):
        return Layer(op, weight, 0, 1)
    if rank_of(weight) != 2 or op.transpose_lhs is not None:
        return None
    turned = op.transpose_rhs is not None
    return Layer(op, weight, int(not turned), int(turned))


def _table(op: GatherOp) -> Layer | None:
    table = op.operands[0]
    fits = rank_of(table) == 2 and op.axis.value.data == 0 and element_of(table) == f32
    known = fits and follows_from_weights(table) and not follows_from_weights(op.operands[1])
    return Layer(op, table, 0, 1) if known and 0 not in shape_of(table) else None


def why_not(op: Operation) -> str | None:
    """Why a matrix product or convolution is no layer; None for layers and other ops."""
    if not isinstance(op, MatmulOp | Conv2dOp) or layer_of(op) is not None:
        return None
    if not follows_from_weights(op.operands[1]):
        return "both operands depend on the inputs"
    return "weights of another type, or a stack of them"


# Values ---------------------------------------------------------------------------------------


def places(function: FuncOp, *, sums: bool = True) -> list[tuple[Operation, int]]:
    """Where activations are quantised: the operand of an op, as (op, number), in order.

    They are what layers multiply with their weights, and, with `sums`, the operands of sums and
    means that stand between layers only, so that whole regions can become integers.
    """
    block = function.body.block
    layers = {layer.op: layer for layer in layers_of(function)}
    used: set[Operation] = {
        op for op, layer in layers.items() if not layer.is_kept and not layer.is_table
    }
    between = _between(function, used) if sums else set[Operation]()
    found: list[tuple[Operation, int]] = []
    for op in block.ops:
        if op in used:
            found.append((op, 0))
        elif op in between:
            found += [(op, n) for n, operand in enumerate(op.operands) if operand_counts(operand)]
    return found


def operand_counts(value: SSAValue) -> bool:
    """Whether an operand is an f32 tensor that depends on the inputs."""
    is_real = isinstance(value.type, TensorType) and element_of(value) == f32
    return is_real and not follows_from_weights(value)


def _between(function: FuncOp, layers: set[Operation]) -> set[Operation]:
    """The sums that read results of layers only, and that layers read, through simple ops."""
    possible: set[SSAValue] = set()
    for op in function.body.block.ops:
        if op in layers or (_is_simple(op) and all(map(possible.__contains__, _reals(op)))):
            possible.update(op.results)
    wanted: set[SSAValue] = set()
    sums: set[Operation] = set()
    for op in reversed([*function.body.block.ops]):
        if op in layers:
            wanted.add(op.operands[0])
        elif _is_simple(op) and op.results[0] in wanted & possible:
            wanted.update(_reals(op))
            if _is_sum(op):
                sums.add(op)
    return sums


def _reals(op: Operation) -> Iterator[SSAValue]:
    """The operands that depend on the inputs."""
    return (operand for operand in op.operands if not follows_from_weights(operand))


def _is_simple(op: Operation) -> bool:
    return isinstance(op, BETWEEN) or (isinstance(op, SUMS) and _counts_known(op))


def _is_sum(op: Operation) -> bool:
    """A bias is no sum: it becomes part of the layer's accumulator."""
    return isinstance(op, SUMS) and len([*_reals(op)]) == len(op.operands)


def _counts_known(op: DlOp) -> bool:
    """Whether a mean is over a known number of elements, none of them padding."""
    if isinstance(op, AddOp):
        return True
    shape = shape_of(op.operands[0])
    if isinstance(op, ReduceMeanOp):
        return all(shape[axis] > 0 for axis in op.axes.get_values())
    assert isinstance(op, AvgPool2dOp)
    return not any(op.padding.get_values())
