"""The numbered rules of `structured.sparse_matmul`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import DYNAMIC_INDEX, AnyFloat, i32

from dlir.diagnostics import require
from dlir.dialects.structured.verify import shape_text, verify_destination
from dlir.types import element_of, shape_of

if TYPE_CHECKING:
    from dlir.dialects.structured.ops.sparse import SparseMatmulOp


def verify_sparse_matmul(op: SparseMatmulOp) -> None:
    shapes = {name: shape_of(getattr(op, name).type)
              for name in ("values", "columns", "rows", "x", "outs")}  # fmt: skip
    values, columns = shapes["values"], shapes["columns"]
    element = element_of(op.values.type)
    got = ", ".join(f"{name} {shape_text(shape)}" for name, shape in shapes.items())
    require(
        len(values) in (1, 3) and values[:1] == columns and min(*values, *columns) >= 0
        and len(shapes["x"]) == len(shapes["outs"]) == 2,
        "structured-sparse_matmul-c1",
        f"expected static values of rank 1 or 3, a column for each, and matrices, got {got}",
    )  # fmt: skip
    others = [element_of(op.x.type), element_of(op.outs.type)]
    require(
        isinstance(element, AnyFloat) and others == [element, element],
        "structured-sparse_matmul-c1",
        f"expected one float element type, got {element}, {others[0]} and {others[1]}",
    )
    held = [element_of(op.columns.type), element_of(op.rows.type)]
    require(
        held == [i32, i32] and len(shapes["rows"]) == 1,
        "structured-sparse_matmul-c2",
        f"expected vectors of i32, got {op.columns.type} and {op.rows.type}",
    )
    height, width = op.block
    rows, depth = shapes["outs"][0], shapes["x"][0]
    known = DYNAMIC_INDEX not in (rows, depth) and min(height, width) > 0
    require(
        known and shapes["rows"][0] == -(-rows // height) + 1 and depth % width == 0,
        "structured-sparse_matmul-c3",
        f"blocks of {height}x{width} do not make up a matrix of {rows}x{depth} with {got}",
    )
    verify_destination(op.outs, op.result, "structured-sparse_matmul-c4")
