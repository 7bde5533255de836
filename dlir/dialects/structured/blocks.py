"""Dimensions in blocks that are not full: where numbers go, and the copies there and back."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.attrs import Iterator
from dlir.dialects.structured.maps import map_of
from dlir.dialects.structured.ops import (
    FillOp,
    GenericOp,
    YieldOp,
    body_region,
    element_type_of,
    shape_of,
)
from dlir.dialects.structured.rearrange import form
from dlir.types import number


@dataclass(frozen=True)
class Blocks:
    """Where index n goes: to `stride * (n / unit) + n % unit`."""

    unit: int
    """Numbers of the heads that share a block, or blocks."""
    stride: int

    def moved(self, index: int) -> int:
        return index // self.unit * self.stride + index % self.unit

    def keeps(self, value: SSAValue) -> bool:
        """Whether the numbers of a tensor lie right as they do."""
        return self.unit in (self.stride, shape_of(value)[-1])


def blank(like: SSAValue, dim: int, blocks: Blocks, *, zeros: bool) -> list[Operation]:
    """What has a dimension in blocks before it is written: with zeros where nobody writes."""
    element, shape = element_type_of(like), shape_of(like)
    size = blocks.moved(shape[dim])
    empty = tensor.EmptyOp([], TensorType(element, [*shape[:dim], size, *shape[dim + 1 :]]))
    zero = arith.ConstantOp(number(0, element))
    return [empty, zero, FillOp(zero.result, empty.tensor)] if zeros else [empty]


def with_gaps(value: SSAValue, dim: int, blocks: Blocks) -> list[Operation]:
    """A dimension in blocks of `stride`, each of which begins with `unit` numbers, then zeros."""
    made = blank(value, dim, blocks, zeros=True)
    groups = shape_of(value)[dim] // blocks.unit
    copy = _copied(value, made[-1].results[0], dim, groups, blocks.unit, blocks.stride)
    return [*made, copy]


def without_gaps(value: SSAValue, blocks: Blocks) -> list[Operation]:
    """The last dimension without the lanes between."""
    shape = shape_of(value)
    groups = shape[-1] // blocks.stride
    empty = tensor.EmptyOp(
        [], TensorType(element_type_of(value), [*shape[:-1], groups * blocks.unit])
    )
    cut = len(shape) - 1
    return [
        empty,
        _copied(value, empty.tensor, cut, groups, blocks.stride, blocks.unit, blocks.unit),
    ]


def _copied(
    value: SSAValue, outs: SSAValue, dim: int, groups: int, old: int, new: int, size: int = 0
) -> GenericOp:
    """`out[.., new * b + c, ..] = x[.., old * b + c, ..]` for `size` (or `old`) numbers c."""
    shape = shape_of(value)
    count = len(shape) + 1
    plain = [form(count, {d: 1}) for d in range(count)]
    source, target = (
        [*plain[:dim], form(count, {dim: step, dim + 1: 1}), *plain[dim + 2 :]]
        for step in (old, new)
    )
    region, block = body_region([element_type_of(value)])
    block.add_op(YieldOp(block.args[0]))
    return GenericOp(
        [value],
        outs,
        [map_of(source, count), map_of(target, count)],
        [Iterator.PARALLEL] * count,
        region,
        domain=[*shape[:dim], groups, size or old, *shape[dim + 1 :]],
    )
