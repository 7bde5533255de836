"""Convolutions whose images can be packed, several pixels to a row of lanes."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.ops import GenericOp, IndexOp

X, LANE = 2, 3
"""The dimensions of an image along which pixels are packed, and of the channels."""


@dataclass(frozen=True)
class Conv:
    """A convolution that can be packed: which iterators walk what."""

    op: GenericOp
    a: int
    x: int
    o: int
    c: int
    """The channels that are summed over; `o` itself for a depthwise convolution."""
    kw: int | None
    stride: int
    pad: int

    @property
    def depthwise(self) -> bool:
        return self.c == self.o

    @property
    def is_pointwise(self) -> bool:
        return self.window == 1 and self.pad == 0 and not self.depthwise

    @property
    def window(self) -> int:
        return 1 if self.kw is None else self.op.static_extents()[self.kw]


def conv_of(op: GenericOp, constant: set[SSAValue]) -> Conv | None:
    """The roles, for a sum of products of an image and constant weights."""
    if len(op.inputs) != 2 or len(op.body.block.args) != 3 or len(op.out_forms) != 4:
        return None
    a = next((i for i in (0, 1) if op.inputs[1 - i] in constant), None)
    if a is None or op.inputs[a] in constant or len(op.input_forms[a]) != 4:
        return None
    x, o, c = (f.plain_dim for f in (op.out_forms[X], op.out_forms[LANE], op.input_forms[a][LANE]))
    if x is None or o is None or c is None or any(isinstance(i, IndexOp) for i in ops_of(op)):
        return None
    walk, kw = op.input_forms[a][X], [d for d in op.input_forms[a][X].dims if d != x]
    if len(kw) > 1 or not walk.coefficients[x] or any(walk.coefficients[d] != 1 for d in kw):
        return None
    mine = {x, o, c, *kw}
    others = [*op.input_forms[a][:X], *op.out_forms[:X]]
    if any(d in mine for f in others for d in f.dims) or (c != o and c not in op.reduction_dims):
        return None
    weights = op.input_forms[1 - a]
    if any(f.plain_dim is None and f.dims for f in weights) or any(x in f.dims for f in weights):
        return None
    return Conv(op, a, x, o, c, kw[0] if kw else None, walk.coefficients[x], -walk.constant)


def ops_of(op: GenericOp) -> list[Operation]:
    return [*op.body.block.ops, *(op.epilogue.block.ops if op.epilogue is not None else ())]


def group_of(mine: int, theirs: int, stride: int) -> int:
    """Result pixels after which input rows repeat; all are powers of two but the stride."""
    group = theirs
    while stride * group % mine:
        group *= 2
    return group
