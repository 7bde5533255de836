"""Products with an encoded matrix, from the parts that it is assembled of.

`structured.sparse_matmul` has the encoded matrix on the left; on the right it is turned over with
the whole product. What indexes memory is checked: the lowering cannot know what a file holds, and
a check of weights costs nothing, as it is done when they are loaded.
"""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import i32
from xdsl.ir import Block, OpResult, SSAValue

from dlir.diagnostics import fail
from dlir.dialects.dl.attrs import FLOATS
from dlir.dialects.dl.ops.base import element_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.sparse.attrs import BsrAttr, encoding_of
from dlir.dialects.sparse.ops import AssembleOp, DecodeOp, DisassembleOp, EncodeOp
from dlir.dialects.structured.ops import GatherOp, SparseMatmulOp, shape_of
from dlir.lowering.dl_to_structured.emitter import Access, Destination, Emitter, Space, typed
from dlir.lowering.dl_to_structured.scalar import Scalar, compare, from_index, where
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type

DENSE = "keep the weight without an encoding"

OPS = AssembleOp | DecodeOp | DisassembleOp | EncodeOp


def sparse_matmul(emitter: Emitter, op: MatmulOp) -> SSAValue:
    """y = A x, or y = (A x^T)^T for x A^T."""
    left = encoding_of(op.lhs.type) is not None
    matrix, x = (op.lhs, op.rhs) if left else (op.rhs, op.lhs)
    _check(op, matrix, x)
    height, depth = shape_of(matrix)
    sizes, out = [*emitter.sizes.of(x)], tensor_type(op.result)
    turned = (op.transpose_rhs is not None) if left else (op.transpose_lhs is None)
    if len(sizes) > 2:  # only x A^T has stacks, and their rows are those of one matrix
        count = 1
        for size in sizes[:-1]:
            count = emitter.sizes.mul(count, size)
        sizes = [count, sizes[-1]]
        x = emitter.reshape(x, typed(element_of(x), sizes), sizes)
    columns = sizes[0] if turned else sizes[1]
    x = transposed(emitter, x, sizes) if turned else x
    emitter.require_equal(emitter.sizes.of(x)[0], depth, "inner sizes differ")
    y = emitter.scratch(out.element_type, [height, columns])
    parts = _checked_parts(emitter, op, matrix)
    y = emitter.insert(SparseMatmulOp(parts, x, y)).results[0]
    emitter.sizes.tell(y, [height, columns])
    y = y if left else transposed(emitter, y, [height, columns])
    final = [*emitter.sizes.of(op.lhs)[:-1], height]
    return y if y.type == out and len(final) == 2 else emitter.reshape(y, out, final)


def _check(op: MatmulOp, matrix: SSAValue, x: SSAValue) -> None:
    """Raises CompileError for products that there is no kernel for."""
    elements = {op.acc, element_of(op.result), element_of(matrix), element_of(x)}
    if len(elements) > 1 or not elements <= {*FLOATS.types[:2]}:
        got = ", ".join(sorted(map(str, elements)))
        fail(op, f"has an encoded operand: expected f32 or f64 throughout, got {got}", help=DENSE)
    if len(shape_of(x)) > 2 and (matrix is op.lhs or op.transpose_lhs is not None):
        fail(
            op,
            "has an encoded operand and stacks of matrices",
            help="keep the weight without an encoding",
        )
    encoding = encoding_of(matrix.type)
    if isinstance(encoding, BsrAttr) and shape_of(matrix)[1] % encoding.columns.data:
        fail(op, f"has blocks that do not divide the columns of {matrix.type}",
             help="encode it in other blocks")  # fmt: skip


def transposed(emitter: Emitter, x: SSAValue, sizes: list[Size]) -> SSAValue:
    """The matrix turned over; that of one row or column is a view."""
    turned = sizes[::-1]
    if 1 in sizes:
        return emitter.reshape(x, typed(element_of(x), turned), turned)
    space, out = Space("mn"), emitter.scratch(element_of(x), turned)
    return emitter.generic(
        space, [Access(x, space.forms("nm"))], Destination(out, space.forms("mn")), _same
    )


def _same(x: Scalar) -> Scalar:
    return x


def _checked_parts(emitter: Emitter, op: MatmulOp, matrix: SSAValue) -> list[SSAValue]:
    """The parts, of which each index is asserted to be inside."""
    assemble = matrix.owner if isinstance(matrix, OpResult) else None
    if not isinstance(assemble, AssembleOp):
        fail(
            op,
            "multiplies by an encoded matrix whose parts are not known",
            help="dl-sparsify writes the parts of weights, and sparse.assemble names them",
        )
    values, columns, rows = assemble.parts
    encoding = encoding_of(matrix.type)
    width = encoding.columns.data if isinstance(encoding, BsrAttr) else 1
    blocks = shape_of(matrix)[1] // width
    stored = shape_of(values)[0]
    return [values, _inside(emitter, columns, blocks), _inside(emitter, rows, stored + 1)]


def _inside(emitter: Emitter, indices: SSAValue, end: int) -> SSAValue:
    """The indices, asserted to be from 0 to below `end`: gathered from 0, 1, 2, ..."""
    if prod(shape_of(indices)) == 0:
        return indices
    space, size = Space("i"), shape_of(indices)[0]
    form = space.forms("i")
    counted = emitter.generic(  # a gather would count negative ones from the end
        space,
        [Access(indices, form)],
        Destination(emitter.scratch(i32, [size]), form),
        lambda i: where(compare("lt", i, 0), end, i),
    )
    numbers = emitter.generic(
        space,
        [],
        Destination(emitter.scratch(i32, [end]), form),
        lambda i: from_index(i, i32),
        positions="i",
    )
    out = emitter.scratch(i32, [size])
    return emitter.insert(GatherOp(numbers, counted, out, 0)).results[0]


def lower_conversion(op: OPS) -> None:
    """What is encoded and decoded at once is what it was; other tensors stay as they are stored."""
    source = op.operands[0].owner if op.operands else None
    if isinstance(op, DecodeOp) and isinstance(source, EncodeOp):
        op.result.replace_all_uses_with(source.x)
    elif isinstance(op, DisassembleOp) and isinstance(source, AssembleOp):
        for part, known in zip(op.parts, source.parts, strict=True):
            part.replace_all_uses_with(known)


def erase_encoded(block: Block) -> None:
    """The conversions are gone when nothing reads them. Raises CompileError for what is read."""
    for op in reversed(tuple(block.ops)):
        if not isinstance(op, OPS):
            continue
        if any(result.first_use is not None for result in op.results):
            fail(
                op,
                "is not compiled",
                help="keep the weight without an encoding, or run the program on target ref",
            )
        assert op.parent is not None
        op.parent.erase_op(op)
