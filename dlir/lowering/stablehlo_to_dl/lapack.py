"""Calls of LAPACK, which JAX exports for a CPU: those that have a loop in linear_algebra.py.

Letters, as LAPACK takes them, come as their codes. `info` is 0 where all went well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import DictionaryAttr, i32, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.reduction import ReduceMinOp, ReduceSumOp
from dlir.lowering.stablehlo_to_dl import linear_algebra as la
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported
from dlir.lowering.stablehlo_to_dl.matrices import transposed


def _letter(op: Operation, name: str) -> str:
    config = op.attributes.get("mhlo.backend_config")
    code = config.data.get(name) if isinstance(config, DictionaryAttr) else None
    if code is None:
        unsupported(f"no '{name}' in its mhlo.backend_config")
    return chr(cast(Any, code).value.data)


def potrf(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """`info` is 1 where the matrix is not positive definite, and its factor NaN."""
    x, upper = op.operands[0], _letter(op, "uplo") == "U"
    factor = la.cholesky_factor(e, op, transposed(e, x) if upper else x)
    rank = rank_of(x)
    failed = e.compare("ne", factor, factor)
    count = e.emit(ReduceSumOp(e.cast(failed, i32), [rank - 2, rank - 1]))
    info = e.cast(e.compare("gt", count, e.constant(0, i32)), i32)
    return [transposed(e, factor) if upper else factor, info]


def trsm(e: Emitter, op: Operation) -> SSAValue:
    triangle = la.Triangle(
        on_left=_letter(op, "side") == "L",
        is_lower=_letter(op, "uplo") == "L",
        has_unit_diagonal=_letter(op, "diag") == "U",
        is_transposed=_letter(op, "trans_x") != "N",
    )
    return la.solved(e, op, op.operands[0], op.operands[1], triangle)


def getrf(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    """Pivots are counted from 1; `info` is the first one that is 0."""
    matrix, places = la.lu(e, op, op.operands[0])
    pivots = e.cast(e.emit(b.AddOp(places, e.constant(1, i64))), i32)
    return [matrix, pivots, _first_zero(e, matrix)]


def _first_zero(e: Emitter, x: SSAValue) -> SSAValue:
    """The place of the first zero of the diagonal, counted from 1; 0 if there is none."""
    rank, (rows, columns) = rank_of(x), shape_of(x)[-2:]
    numbers = [e.iota(shape, axis, i32) for axis, shape in enumerate(([rows, 1], [1, columns]))]
    is_diagonal = e.compare("eq", *numbers)
    is_zero = e.compare("eq", x, e.constant(0, element_of(x)))
    found = e.emit(b.AndOp(is_zero, is_diagonal))
    beyond = e.constant(rows + 1, i32)
    places = e.select(found, e.emit(b.AddOp(numbers[0], e.constant(1, i32))), beyond)
    first = e.emit(ReduceMinOp(places, [rank - 2, rank - 1]))
    return e.select(e.compare("eq", first, beyond), e.constant(0, i32), first)


def geqrf(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    return la.householder(e, op, op.operands[0])


def orgqr(e: Emitter, op: Operation) -> SSAValue:
    return la.reflections(e, op, op.operands[0], op.operands[1])


ROUTINES: dict[str, Rule] = {
    "potrf": potrf, "trsm": trsm, "getrf": getrf, "geqrf": geqrf, "orgqr": orgqr,
}  # fmt: skip

CALLS: dict[str, Rule] = {
    f"lapack_{letter}{name}_ffi": rule for name, rule in ROUTINES.items() for letter in "sd"
}
