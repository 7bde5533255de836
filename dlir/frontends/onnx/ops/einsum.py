"""Einsum of one or two operands: a sum and a transpose, or a matrix product between transposes."""

from __future__ import annotations

from collections.abc import Sequence

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensors
from .reduction import reduce


def _einsum(context: Context, node: Node) -> Tensor:
    equation = node.string("equation", "").replace(" ", "")
    operands = tensors(context, node)
    terms, result = _terms(equation)
    if len(terms) != len(operands) or len(operands) not in (1, 2):
        raise Unsupported(f"equation '{equation}' of {len(operands)} operands")
    for term, operand in zip(terms, operands, strict=True):
        if len({*term}) != len(term) or not term.isalpha() or len(term) != operand.rank:
            raise Unsupported(f"term '{term}' of equation '{equation}'")
    if not {*result} <= {*"".join(terms)} or len({*result}) != len(result):
        raise Unsupported(f"result '{result}' of equation '{equation}'")
    if len(operands) == 1:
        return _arranged(context, operands[0], terms[0], result)
    return _product(context, operands, terms, result)


def _terms(equation: str) -> tuple[list[str], str]:
    """The letters of operands and result; without `->` those that stand once, in order."""
    left, arrow, result = equation.partition("->")
    once = sorted(c for c in {*left} if c.isalpha() and left.count(c) == 1)
    return left.split(","), result if arrow else "".join(once)


def _arranged(context: Context, x: Tensor, have: str, want: str) -> Tensor:
    """The dimensions in the wanted order; sums over those that are not wanted."""
    gone = [axis for axis, letter in enumerate(have) if letter not in want]
    x = reduce(context, dl.ReduceSumOp, x, gone, keep=False)
    left = [letter for letter in have if letter in want]
    order = [left.index(letter) for letter in want]
    return x if order == sorted(order) else context.transpose(x, order)


def _product(
    context: Context, operands: Sequence[Tensor], terms: Sequence[str], result: str
) -> Tensor:
    """[batch.., rows, inner] times [batch.., columns, inner], as a stack of matrices."""
    first, second = terms
    batch = "".join(c for c in first if c in second and c in result)
    inner = "".join(c for c in first if c in second and c not in result)
    rows = "".join(c for c in first if c not in second and c in result)
    columns = "".join(c for c in second if c not in first and c in result)
    sizes = [dict(zip(term, x.dims, strict=True)) for term, x in zip(terms, operands, strict=True)]
    for letter in batch + inner:
        a, b = (size[letter] for size in sizes)
        if isinstance(a, int) and isinstance(b, int) and a != b:
            raise Unsupported(f"sizes {a} and {b} of '{letter}'")
    size = {**sizes[1], **sizes[0]}

    def matrices(x: Tensor, have: str, own: str) -> Tensor:
        arranged = _arranged(context, x, have, batch + own + inner)
        joined = (d.product([size[c] for c in part]) for part in (own, inner))
        return context.reshape(arranged, (*(size[c] for c in batch), *joined))

    lhs, rhs = matrices(operands[0], first, rows), matrices(operands[1], second, columns)
    op = dl.MatmulOp(lhs.ssa, rhs.ssa, transpose_rhs=True)
    y = context.emit(op, (*lhs.dims[:-1], rhs.dims[-2]))
    made = batch + rows + columns
    return _arranged(context, context.reshape(y, [size[c] for c in made]), made, result)


OPERATORS: dict[str, Build] = {"Einsum": _einsum}
