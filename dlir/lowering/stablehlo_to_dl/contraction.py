"""Products: `dot_general` becomes `dl.matmul` on operands brought into its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.attrs import ACCUMULATORS, FLOATS, INTS, WIDTHS
from dlir.dialects.dl.ops.base import element_of, rank_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.reduction import ReduceSumOp
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, Size, unsupported


@dataclass(frozen=True)
class Side:
    """An operand of a product, and what its dimensions are."""

    value: SSAValue
    batch: Sequence[int]
    free: Sequence[int]
    inner: Sequence[int]

    @staticmethod
    def of(value: SSAValue, batch: Sequence[int], inner: Sequence[int]) -> Side:
        free = [axis for axis in range(rank_of(value)) if axis not in (*batch, *inner)]
        return Side(value, batch, free, inner)

    @property
    def inner_is_last(self) -> bool:
        """Whether a row of the matrix is contiguous: its inner dimensions are the last ones."""
        return max(self.inner, default=-1) > max(self.free, default=-1)


def accumulator(x: Attribute, result: Attribute) -> Attribute:
    """The type to sum in: the default, or the result's where that is wider."""
    default = ACCUMULATORS.get(x, x)
    wide = result in (FLOATS if x in FLOATS else INTS) and WIDTHS[result] > WIDTHS[default]
    return result if wide else default


def dot_general(e: Emitter, op: Operation) -> SSAValue:
    dims = cast(Any, op.properties["dot_dimension_numbers"])
    lhs = Side.of(op.operands[0], dims["lhs_batching_dimensions"],
                  dims["lhs_contracting_dimensions"])  # fmt: skip
    rhs = Side.of(op.operands[1], dims["rhs_batching_dimensions"],
                  dims["rhs_contracting_dimensions"])  # fmt: skip
    return product(e, lhs, rhs, element_of(op.results[0]))


def dot(e: Emitter, op: Operation) -> SSAValue:
    x, y = op.operands
    lhs, rhs = Side.of(x, (), (rank_of(x) - 1,)), Side.of(y, (), (0,))
    return product(e, lhs, rhs, element_of(op.results[0]))


def product(e: Emitter, lhs: Side, rhs: Side, element: Attribute) -> SSAValue:
    """[batch.., free of lhs.., free of rhs..]

    A product y x' in the place of x y' saves turning both operands; the result is turned instead.
    """
    lhs, rhs = _of_one_type(e, lhs, rhs, element)
    if rhs.inner_is_last and not lhs.inner_is_last and lhs.inner:
        swapped = _multiply(e, rhs, lhs, element)
        batch, free = len(lhs.batch), len(rhs.free)
        rank = rank_of(swapped)
        perm = [*range(batch), *range(batch + free, rank), *range(batch, batch + free)]
        return e.transpose(swapped, perm)
    return _multiply(e, lhs, rhs, element)


def _of_one_type(e: Emitter, lhs: Side, rhs: Side, element: Attribute) -> tuple[Side, Side]:
    """Operands of different types are converted to the result's, which must hold both."""
    types = element_of(lhs.value), element_of(rhs.value)
    if types[0] == types[1]:
        return lhs, rhs
    if element not in WIDTHS or any(WIDTHS.get(t, 65) > WIDTHS[element] for t in types):
        unsupported(f"operands of types {types[0]} and {types[1]} for a result of {element}")
    sides = (Side(e.cast(s.value, element), s.batch, s.free, s.inner) for s in (lhs, rhs))
    left, right = sides
    return left, right


def _multiply(e: Emitter, lhs: Side, rhs: Side, element: Attribute) -> SSAValue:
    batch = [e.size(lhs.value, axis) for axis in lhs.batch]
    free = [[e.size(side.value, axis) for axis in side.free] for side in (lhs, rhs)]
    x, _ = _matrix(e, lhs, lhs.free, lhs.inner, may_turn=False)
    y, turned = _matrix(e, rhs, rhs.inner, rhs.free, may_turn=True)
    acc = accumulator(element_of(x), element)
    made = e.emit(MatmulOp(x, y, acc=acc, element_type=element, transpose_rhs=turned))
    return e.reshape(made, [*batch, *free[0], *free[1]])


def _matrix(
    e: Emitter, side: Side, rows: Sequence[int], columns: Sequence[int], may_turn: bool
) -> tuple[SSAValue, bool]:
    """The operand as a stack of matrices [batch.., rows, columns], and whether they are still to be
    turned: that needs no transpose where the operand has them so."""
    straight, turned = ([*side.batch, *rows, *columns], [*side.batch, *columns, *rows])
    turn = may_turn and turned == sorted(turned) and straight != sorted(straight)
    x = side.value
    shape: list[Size] = [e.size(x, axis) for axis in side.batch]
    parts = [e.product([e.size(x, axis) for axis in axes]) for axes in (rows, columns)]
    x = e.transpose(x, turned if turn else straight)
    return e.reshape(x, [*shape, *(parts[::-1] if turn else parts)]), turn


def einsum(e: Emitter, op: Operation) -> SSAValue:
    """Letters of both operands and the result are batch, those of both but not the result inner."""
    config = str(cast(Any, op.properties["einsum_config"]).data).replace(" ", "")
    inputs, arrow, result = config.partition("->")
    names = inputs.split(",")
    plain = arrow and all(len({*word}) == len(word) for word in (*names, result))
    if (
        not plain
        or len(names) != 2
        or any(len(word) != rank_of(value) for word, value in zip(names, op.operands, strict=False))
        or not "".join((*names, result)).isalpha()
    ):
        unsupported(f'config "{config}"')
    left, right = names
    both = [c for c in left if c in right]
    batch, inner = [c for c in both if c in result], [c for c in both if c not in result]
    if {*result} != {*left, *right} - {*inner}:
        unsupported(f'config "{config}"')
    x, y = op.operands
    sides = [Side.of(value, [word.index(c) for c in batch], [word.index(c) for c in inner])
             for value, word in zip((x, y), names, strict=True)]  # fmt: skip
    made = product(e, sides[0], sides[1], element_of(op.results[0]))
    order = [*batch, *(c for c in left if c not in both), *(c for c in right if c not in both)]
    return e.transpose(made, [order.index(c) for c in result])


def unary_einsum(e: Emitter, op: Operation) -> SSAValue:
    """Letters that the result lacks are summed over."""
    config = str(cast(Any, op.properties["einsum_config"]).data).replace(" ", "")
    x, (letters, _, result) = op.operands[0], config.partition("->")
    known = {*result} <= {*letters} and len({*letters}) == len(letters) == rank_of(x)
    if not known or len({*result}) != len(result) or not letters.isalpha():
        unsupported(f'config "{config}"')
    axes = [axis for axis, letter in enumerate(letters) if letter not in result]
    total = e.emit(ReduceSumOp(x, axes)) if axes else x
    kept = [letter for letter in letters if letter in result]
    return e.transpose(total, [kept.index(letter) for letter in result])


RULES: dict[str, Rule] = {
    "stablehlo.unary_einsum": unary_einsum,
    "stablehlo.dot": dot,
    "stablehlo.dot_general": dot_general,
    "stablehlo.einsum": einsum,
}
