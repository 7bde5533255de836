"""Einsum of one or two operands: a sum and a transpose, or a matrix product between transposes.

Dimensions of an ellipsis get letters of their own; of a letter that stands twice in a term the
diagonal is taken first.
"""

from __future__ import annotations

from collections.abc import Sequence

from dlir.frontends.builder import dims as d
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensors
from .reduction import reduce

ELLIPSIS = "αβγδεζηθ"
"""Letters for the dimensions of an ellipsis, which are counted from the last one."""


def _einsum(context: Context, node: Node) -> Tensor:
    equation = node.string("equation", "").replace(" ", "")
    operands = tensors(context, node)
    terms, result = _terms(equation, [x.rank for x in operands])
    if len(operands) not in (1, 2):
        raise Unsupported(f"equation '{equation}' of {len(operands)} operands")
    if not {*result} <= {*"".join(terms)} or len({*result}) != len(result):
        raise Unsupported(f"result '{result}' of equation '{equation}'")
    for number, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        operands[number], terms[number] = _diagonal(context, operand, term)
    if len(operands) == 1:
        return _arranged(context, operands[0], terms[0], result)
    return _product(context, operands, terms, result)


def _terms(equation: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of operands and result; without `->` those that stand once, in order."""
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise Unsupported(f"equation '{equation}' of {len(ranks)} operands")
    counts = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    for term, count in zip(terms, counts, strict=True):
        letters = term.replace("...", "", 1)
        plain = not letters or (letters.isascii() and letters.isalpha())
        if not 0 <= count <= (len(ELLIPSIS) if "..." in term else 0) or not plain:
            raise Unsupported(f"term '{term}' of equation '{equation}'")
    spread = [
        term.replace("...", ELLIPSIS[len(ELLIPSIS) - count :])
        for term, count in zip(terms, counts, strict=True)
    ]
    hidden = ELLIPSIS[len(ELLIPSIS) - max(counts) :]
    if arrow:
        return spread, result.replace("...", hidden, 1)
    once = sorted(c for c in {*left} if c.isalpha() and left.count(c) == 1)
    return spread, hidden + "".join(once)


def _diagonal(context: Context, x: Tensor, term: str) -> tuple[Tensor, str]:
    """The places at which all dimensions of one letter are at the same number."""
    while (letter := next((c for c in term if term.count(c) > 1), None)) is not None:
        first = term.index(letter)
        second = term.index(letter, first + 1)
        size, other = x.dims[first], x.dims[second]
        if not isinstance(size, int) or size != other:
            raise Unsupported(f"'{letter}' twice with sizes {size} and {other}")
        order = [axis for axis in range(x.rank) if axis not in (first, second)]
        x = context.transpose(x, [*order, first, second])
        x = context.reshape(x, (*x.dims[:-2], size * size))
        x = context.take(x, x.rank - 1, 0, size, size + 1)
        term = "".join(term[axis] for axis in order) + letter
    return x, term


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
