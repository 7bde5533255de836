"""The weights of a module that are summed over: which there are, and as which matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp, bf16, f16, f32, f64
from xdsl.ir import Operation, OpResult, SSAValue

from dlir.dialects.dl.constants import constant_array, dense
from dlir.dialects.dl.ops.base import element_of, rank_of, type_of
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.convolution import Conv3dOp, ConvTransposeOp
from dlir.dialects.dl.ops.movement import TransposeOp
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.numpy_types import Array
from dlir.verifier import walk

PRUNABLE = (f32, f64, f16, bf16)


@dataclass(frozen=True)
class Layer:
    """A weight and the first op that sums over it."""

    op: Operation
    source: ParamOp | ConstantOp
    order: tuple[int, ...]
    """The weight's dimensions: outputs first, then inputs, the channels last.

    Groups of neighbours then are neighbouring channels, as hardware for N:M wants them."""

    @property
    def name(self) -> str:
        if isinstance(self.source, ParamOp):
            return self.source.param_name.data
        return f"%{self.source.result.name_hint or 'constant'}"

    def is_known(self, weights: Mapping[str, Array]) -> bool:
        """Whether the values are at hand."""
        return isinstance(self.source, ConstantOp) or self.name in weights

    def array(self, weights: Mapping[str, Array]) -> Array:
        """The weight as it is stored."""
        if isinstance(self.source, ConstantOp):
            return constant_array(self.source)
        return weights[self.source.param_name.data]

    def matrix(self, array: Array) -> Array:
        """The weight as a matrix with a row for each output."""
        turned = array.transpose(self.order)
        return turned.reshape(turned.shape[0], int(np.prod(turned.shape[1:])))

    def of_matrix(self, matrix: Array, like: Array) -> Array:
        """The inverse of `matrix`."""
        turned = matrix.reshape([like.shape[axis] for axis in self.order])
        return np.ascontiguousarray(turned.transpose(np.argsort(self.order)))

    def store(self, array: Array, weights: dict[str, Array]) -> None:
        """Put another array of the same type in the weight's place."""
        if isinstance(self.source, ParamOp):
            weights[self.source.param_name.data] = array
        else:
            self.source.properties["value"] = dense(array, type_of(self.source.result))


def layers_of(module: ModuleOp) -> list[Layer]:
    """The weights of matrix products and convolutions, each once, in the order of the text.

    A weight that something else reads as well, such as an embedding's table, is none of them.
    """
    found: dict[str | Operation, Layer] = {}
    for op in walk(module):
        for operand, order in summed_operands(op):
            source, order = source_of(operand, order)
            if source is not None and element_of(source.result) in PRUNABLE:
                layer = Layer(op, source, tuple(order))
                found.setdefault(_identity(source), layer)
    sources = [op for op in walk(module) if isinstance(op, ParamOp | ConstantOp)]
    others = {_identity(op) for op in sources if not _only_summed(op.result)}
    return [layer for identity, layer in found.items() if identity not in others]


def _identity(source: ParamOp | ConstantOp) -> str | Operation:
    """Two `dl.param` of one name are one weight."""
    return source.param_name.data if isinstance(source, ParamOp) else source


def summed_operands(op: Operation) -> list[tuple[SSAValue, Sequence[int]]]:
    """The operands that may be weights, each with its dimensions: outputs, inputs, channels."""
    if isinstance(op, MatmulOp):
        turned = op.transpose_lhs is not None, op.transpose_rhs is not None
        orders = (1, 0) if turned[0] else (0, 1), (0, 1) if turned[1] else (1, 0)
        return [(v, o) for v, o in zip(op.operands, orders, strict=True) if rank_of(v) == 2]
    if isinstance(op, Conv2dOp | Conv3dOp):
        return [(op.weight, (0, *range(2, rank_of(op.weight)), 1))]
    if isinstance(op, ConvTransposeOp) and op.groups.value.data == 1:
        return [(op.weight, (1, *range(2, rank_of(op.weight)), 0))]
    return []


def source_of(value: SSAValue, order: Sequence[int]) -> tuple[Any, Sequence[int]]:
    """The weight that a value is, in other order; None if it is none."""
    op = value.owner if isinstance(value, OpResult) else None
    if isinstance(op, TransposeOp):
        perm = op.perm.get_values()
        return source_of(op.x, [perm[axis] for axis in order])
    return (op if isinstance(op, ParamOp | ConstantOp) else None), order


def _only_summed(value: SSAValue) -> bool:
    for use in value.uses:
        op = use.operation
        if isinstance(op, TransposeOp):
            if not _only_summed(op.result):
                return False
        elif all(operand is not value for operand, _ in summed_operands(op)):
            return False
    return True
