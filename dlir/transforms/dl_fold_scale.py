"""`dl-fold-scale`: factors and shifts of channels become part of weights and biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32, f64
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from dlir.dialects.dl.attrs import Layout
from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.composite import BatchNormOp
from dlir.dialects.dl.ops.contraction import ContractionOp, Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.math import RsqrtOp
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.dl.terms import Formula, Term
from dlir.rewrite import no_match, rewrite

EXACT_ENOUGH = (f32, f64)
"""A product of weights and factors is rounded once more; f16 and bf16 have no digits to spare."""

Factor = b.MulOp | b.DivOp
Shift = b.AddOp | b.SubOp


class Weights(NamedTuple):
    """The constant operand of a contraction, and how channels lie in it, in x and in y."""

    number: int
    """Which operand it is; the other one is x."""
    in_axis: int
    out_axis: int
    in_shape: Sequence[int]
    out_shape: Sequence[int]
    """The shapes of vectors of input and output channels that are multiplied with the weights."""
    summed: Sequence[int]
    """The axes of the weights that are summed over."""
    groups: int = 1
    padded: bool = False
    """Whether zeros join x at its borders."""


def weights_of(op: Operation | None) -> Weights | None:
    """How the weights of a contraction lie; None if it has none, or not such that they fold."""
    if not isinstance(op, MatmulOp | Conv2dOp):
        return None
    elements = {op.acc, element_of(op.result), *map(element_of, op.operands)}
    if len(elements) > 1 or element_of(op.result) not in EXACT_ENOUGH:
        return None
    if not follows_from_weights(op.operands[1]):
        return None
    return _of_matmul(op) if isinstance(op, MatmulOp) else _of_conv2d(op)


def _of_matmul(op: MatmulOp) -> Weights | None:
    if rank_of(op.rhs) != 2 or op.transpose_lhs is not None:
        return None
    columns, rows = [-1], [-1, 1]
    turned = op.transpose_rhs is not None
    shapes = (columns, rows) if turned else (rows, columns)
    return Weights(1, rank_of(op.lhs) - 1, rank_of(op.result) - 1, *shapes, [int(turned)])


def _of_conv2d(op: Conv2dOp) -> Weights:
    axis = 3 if op.layout.data is Layout.NHWC else 1
    groups, padded = op.groups.value.data, any(op.padding.get_values())
    return Weights(1, axis, axis, [1, -1, 1, 1], [-1, 1, 1, 1], [1, 2, 3], groups, padded)


class Applied(NamedTuple):
    """`x op c` for an elementwise op and a constant c with one number per channel of x."""

    x: SSAValue
    constant: SSAValue


def applied(op: Operation | None, axis: int) -> Applied | None:
    """The op as a factor or shift of the channels along an axis; None if it is something else."""
    if not isinstance(op, Factor | Shift):
        return None
    orders = [(op.lhs, op.rhs)]
    if isinstance(op, b.AddOp | b.MulOp):
        orders.append((op.rhs, op.lhs))
    for x, constant in orders:
        if x.type == op.result.type and _is_per_channel(constant, rank_of(x), axis):
            return Applied(x, constant)
    return None


def _is_per_channel(value: SSAValue, rank: int, axis: int) -> bool:
    shape = shape_of(value)
    places = range(rank - len(shape), rank)
    wide = [at for at, n in zip(places, shape, strict=True) if n != 1]
    return wide in ([], [axis]) and follows_from_weights(value)


def only_use(value: SSAValue) -> bool:
    return value.has_one_use()


def owner(value: SSAValue) -> Operation | None:
    return value.op if isinstance(value, OpResult) else None


def vector(make: Formula, value: SSAValue) -> Term:
    """The numbers of channels, or the one number, as a vector."""
    term = make.term(value)
    return term if rank_of(value) == 1 else term.then(ReshapeOp, [-1])


def along(channels: Term, rank: int, axis: int) -> Term:
    """A vector of channels as it broadcasts along the axis."""
    trailing = [1] * (rank - axis - 1)
    return channels.then(ReshapeOp, [-1, *trailing]) if trailing else channels


def times(weights: Weights, value: Term, channels: Term, shape: Sequence[int]) -> Term:
    """The weights times a vector of channels; input channels count within their group."""
    fits = shape_of(channels.value) == (1,) or len(shape) == 1
    if fits or weights.groups == 1 or shape is weights.out_shape:
        return value * (channels if fits else channels.then(ReshapeOp, shape))
    whole = shape_of(value.value)
    grouped = value.then(ReshapeOp, [weights.groups, -1, *whole[1:]])
    factors = channels.then(ReshapeOp, [weights.groups, 1, -1, 1, 1])
    return (grouped * factors).then(ReshapeOp, whole)


def remade(op: ContractionOp, x: SSAValue, weights: SSAValue) -> ContractionOp:
    """The contraction with other operands of the same types."""
    return type(op).create(
        operands=[x, weights], properties=op.properties, result_types=op.result_types
    )


class FactorAfter(RewritePattern):
    """(x W) * c = x (W * c), and so for /"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: b.MulOp | b.DivOp, rewriter: PatternRewriter) -> None:
        for value in op.operands:
            weights = weights_of(y := owner(value))
            if weights is None or not only_use(value):
                continue
            found = applied(op, weights.out_axis)
            if found is None or found.x is not value:
                continue
            assert isinstance(y, ContractionOp)
            make = Formula(rewriter.insert, element_of(value))
            factors = vector(make, found.constant)
            factors = factors if isinstance(op, b.MulOp) else 1.0 / factors
            w = times(weights, make.term(y.operands[1]), factors, weights.out_shape)
            rewriter.replace(op, remade(y, y.operands[0], w.value))
            return None
        return no_match(op, "no contraction with weights is scaled by channels")


class ShiftAfter(RewritePattern):
    """(x W + d) * c = (x W) * c + d * c, and so for - and /; (x W + d) + e = x W + (d + e)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: b.MulOp | b.DivOp | b.AddOp, rewriter: PatternRewriter) -> None:
        for value in op.operands:
            shifted = owner(value)
            if not isinstance(shifted, Shift):
                continue
            for y in shifted.operands:
                weights = weights_of(owner(y))
                if weights is None or not only_use(value) or not only_use(y):
                    continue
                inner = applied(shifted, weights.out_axis)
                outer = applied(op, weights.out_axis)
                if inner is None or outer is None or inner.x is not y or outer.x is not value:
                    continue
                return self._exchange(op, shifted, inner, outer, rewriter)
        return no_match(op, "no contraction with weights is shifted before")

    def _exchange(
        self,
        op: Factor | b.AddOp,
        shift: Shift,
        inner: Applied,
        outer: Applied,
        rewriter: PatternRewriter,
    ) -> None:
        make = Formula(rewriter.insert, element_of(inner.x))
        y, d, c = make.term(inner.x), make.term(inner.constant), outer.constant
        if isinstance(op, b.AddOp):
            total = make.term(c) - d if isinstance(shift, b.SubOp) else make.term(c) + d
            result = y + total
        else:
            result = y.then(type(op), c).then(type(shift), d.then(type(op), c).value)
        rewriter.replace(op, [], [result.value])


class NormAfter(RewritePattern):
    """batch_norm(x W, or x W + d) = (x W + d) * s + (bias - mean * s)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: BatchNormOp, rewriter: PatternRewriter) -> None:
        shifted = definer(op.x, b.AddOp, b.SubOp)
        values = [op.x] if shifted is None else [*shifted.operands]
        known = [w for value in values if (w := weights_of(owner(value))) is not None]
        axis = op.axis.value.data
        if not known or known[0].out_axis != axis or not only_use(op.x):
            return no_match(op, "does not follow a contraction with weights")
        if not all(map(follows_from_weights, op.operands[1:])):
            return no_match(op, "has statistics that are not known before a call")
        make, rank = Formula(rewriter.insert, element_of(op.x)), rank_of(op.x)
        scale, bias, mean, variance = map(make.term, op.operands[1:])
        s = scale * (variance + op.epsilon.value.data).then(RsqrtOp)
        y = make.term(op.x) * along(s, rank, axis) + along(bias - mean * s, rank, axis)
        rewriter.replace(op, [], [y.value])
        return None


class FactorBefore(RewritePattern):
    """(x * c) W = x (c * W)"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MatmulOp | Conv2dOp, rewriter: PatternRewriter) -> None:
        if (weights := weights_of(op)) is None:
            return no_match(op, "has no weights that can be scaled")
        x, w = op.operands
        factor = definer(x, b.MulOp, b.DivOp)
        found = applied(factor, weights.in_axis)
        if found is None or not only_use(x):
            return no_match(op, "no channels are scaled before")
        make = Formula(rewriter.insert, element_of(x))
        factors = vector(make, found.constant)
        factors = factors if isinstance(factor, b.MulOp) else 1.0 / factors
        scaled = times(weights, make.term(w), factors, weights.in_shape)
        rewriter.replace(op, remade(op, found.x, scaled.value))
        return None


class ShiftBefore(RewritePattern):
    """(x + c) W = x W + c W, where no zeros join x at its borders"""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MatmulOp | Conv2dOp, rewriter: PatternRewriter) -> None:
        weights = weights_of(op)
        if weights is None or weights.padded:
            return no_match(op, "has no weights, or zeros around its operand")
        x, w = op.operands
        shift = definer(x, b.AddOp, b.SubOp)
        found = applied(shift, weights.in_axis)
        if found is None or not only_use(x):
            return no_match(op, "no channels are shifted before")
        y = remade(op, found.x, w)
        rewriter.insert(y)
        make = Formula(rewriter.insert, element_of(x))
        terms = times(weights, make.term(w), vector(make, found.constant), weights.in_shape)
        sums = terms.then(ReduceSumOp, weights.summed)
        constant = along(sums, rank_of(y.result), weights.out_axis)
        rewriter.replace(op, type(shift)(y.result, constant.value))
        return None


@dataclass(frozen=True)
class DlFoldScale(ModulePass):
    """Fold factors, shifts and batch norms of channels into the weights around them.

    Weights are what follows from parameters and constants alone, so that the new ones are computed
    once, before any call. A factor after a matmul or convolution scales its output channels, one
    before it its input channels, group by group; a shift before it becomes a shift after it; a
    shift between a contraction and a factor is scaled as well. Results differ by rounding only,
    as long as factors are finite. f16 and bf16 weights are left alone.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
      %w = dl.param "w" : tensor<4x8xf32>
      %c = dl.param "c" : tensor<8xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x8xf32>
      %y = dl.mul %0, %c : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
      func.return %y : tensor<?x8xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
      %w = dl.param "w" : tensor<4x8xf32>
      %c = dl.param "c" : tensor<8xf32>
      %0 = dl.mul %w, %c : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
      %y = dl.matmul %x, %0 acc f32 : (tensor<?x4xf32>, tensor<4x8xf32>) -> tensor<?x8xf32>
      func.return %y : tensor<?x8xf32>
    }
    ```
    """

    name = "dl-fold-scale"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [NormAfter(), FactorAfter(), ShiftAfter(), FactorBefore(), ShiftBefore()])
