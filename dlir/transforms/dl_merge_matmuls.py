"""`dl-merge-matmuls`: products of one tensor with several weights become one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.constants import follows_from_weights
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.dl.ops.binary import AddOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.movement import ConcatOp, ReshapeOp, SplitOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.rewrite import current_statistics
from dlir.verifier import walk


@dataclass(frozen=True)
class DlMergeMatmuls(ModulePass):
    """Multiply a tensor once with the weights of several matmuls, side by side.

    The weights are matrices that are known before a call, and so are the biases that follow, so
    that joining them costs nothing then. The parts must cost nothing either: each is read once, by
    a reshape that splits its columns into heads of one size, as queries, keys and values are. Then
    `dl.split` goes after the reshape, and its parts are views for the ops that read heads. Other
    products stay: a part of a row would have to be copied, or could not join what follows.

    Before:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>) -> (tensor<?x2x3xf32>, tensor<?x1x3xf32>) {
      %v = dl.param "v" : tensor<4x6xf32>
      %w = dl.param "w" : tensor<4x3xf32>
      %0 = dl.matmul %x, %v acc f32 : (tensor<?x4xf32>, tensor<4x6xf32>) -> tensor<?x6xf32>
      %1 = dl.reshape %0 : tensor<?x6xf32> -> tensor<?x2x3xf32>
      %2 = dl.matmul %x, %w acc f32 : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
      %3 = dl.reshape %2 : tensor<?x3xf32> -> tensor<?x1x3xf32>
      func.return %1, %3 : tensor<?x2x3xf32>, tensor<?x1x3xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<?x4xf32>) -> (tensor<?x2x3xf32>, tensor<?x1x3xf32>) {
      %v = dl.param "v" : tensor<4x6xf32>
      %w = dl.param "w" : tensor<4x3xf32>
      %0 = dl.concat %v, %w {axis = 1} : (tensor<4x6xf32>, tensor<4x3xf32>) -> tensor<4x9xf32>
      %1 = dl.matmul %x, %0 acc f32 : (tensor<?x4xf32>, tensor<4x9xf32>) -> tensor<?x9xf32>
      %2 = dl.reshape %1 : tensor<?x9xf32> -> tensor<?x3x3xf32>
      %3, %4 = dl.split %2 {axis = 1, sizes = [2, 1]} : tensor<?x3x3xf32> -> (tensor<?x2x3xf32>, tensor<?x1x3xf32>)
      func.return %3, %4 : tensor<?x2x3xf32>, tensor<?x1x3xf32>
    }
    ```
    """  # noqa: E501

    name = "dl-merge-matmuls"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        groups: dict[Shared, list[Part]] = {}
        for inner in walk(op):
            if isinstance(inner, MatmulOp) and (part := _part(inner)) is not None:
                groups.setdefault(part.shared, []).append(part)
        for group in groups.values():
            if len(group) > 1:
                _merge(group)
                current_statistics()["matmuls merged"] += len(group)


class Shared(NamedTuple):
    """What products have in common that can be one."""

    block: Block
    lhs: SSAValue
    transposed: bool
    acc: Attribute
    element: Attribute
    biased: bool
    leading: tuple[int, ...]
    sizes: tuple[SSAValue, ...]
    head: int


class Part(NamedTuple):
    """A product, the bias that is added to it, and the reshape into heads."""

    shared: Shared
    product: MatmulOp
    sum: AddOp | None
    bias: SSAValue | None
    heads: ReshapeOp

    @property
    def ops(self) -> list[Operation]:
        """From the last to the first."""
        return [op for op in (self.heads, self.sum, self.product) if op is not None]


def _part(op: MatmulOp) -> Part | None:
    """The product as part of a larger one; None if that could not be or would not pay."""
    block = op.parent
    plain = op.transpose_lhs is None and rank_of(op.rhs) == 2 and follows_from_weights(op.rhs)
    if block is None or not plain or element_of(op.rhs) != element_of(op.lhs):
        return None
    add, bias = _bias_of(op)
    heads = _only_reader(op if add is None else add)
    if not isinstance(heads, ReshapeOp) or heads.parent is not block:
        return None
    *leading, columns = shape_of(heads.x)
    shape = shape_of(heads.result)
    split = shape[:-2] == (*leading,) and DYNAMIC not in (columns, *shape[-2:])
    if not split or columns == 0 or len(shape) < 2:
        return None
    shared = Shared(
        block, op.lhs, op.transpose_rhs is not None, op.acc, element_of(op.result),
        add is not None, (*leading,), (*heads.sizes,), shape[-1],
    )  # fmt: skip
    return Part(shared, op, add, bias, heads)


def _only_reader(op: Operation) -> Operation | None:
    use = op.results[0].get_unique_use()
    return None if use is None else use.operation


def _bias_of(product: MatmulOp) -> tuple[AddOp | None, SSAValue | None]:
    """The sum of the product and a row of weights, if nothing else reads the product."""
    op = _only_reader(product)
    if not isinstance(op, AddOp) or op.parent is not product.parent:
        return None, None
    bias = op.rhs if op.lhs is product.result else op.lhs
    *ones, columns = shape_of(bias) or (0,)
    is_row = columns == shape_of(product.result)[-1] and {*ones} <= {1}
    fits = op.result.type == product.result.type and is_row and follows_from_weights(bias)
    return (op, bias) if fits else (None, None)


def _merge(group: Sequence[Part]) -> None:
    """One product in the place of the first, one reshape and split before the first heads."""
    shared, first = group[0].shared, group[0].product
    _move_before(first, [value for part in group for value in (part.product.rhs, part.bias)])
    weights = ConcatOp([part.product.rhs for part in group], 0 if shared.transposed else 1)
    last: Operation = MatmulOp(
        shared.lhs, weights, transpose_rhs=shared.transposed, acc=shared.acc,
        element_type=shared.element,
    )  # fmt: skip
    _insert(first, [weights, last])
    if shared.biased:
        rows = [_row(part.bias, first) for part in group if part.bias is not None]
        bias = ConcatOp(rows, 0)
        last = AddOp(last, bias)
        _insert(first, [bias, last])
    counts = [shape_of(part.heads.result)[-2] for part in group]
    given = iter(shared.sizes)
    leading = [next(given, -1) if n == DYNAMIC else n for n in shared.leading]
    heads = ReshapeOp(last, [*leading, sum(counts), shared.head])
    split = SplitOp(heads, rank_of(heads.result) - 2, counts)
    _insert(_earliest([part.heads for part in group]), [heads, split])
    for part, piece in zip(group, split.outputs, strict=True):
        piece.name_hint = part.heads.result.name_hint
        part.heads.result.replace_all_uses_with(piece)
        for op in part.ops:
            op.detach()
            op.erase()


def _earliest(ops: Sequence[Operation]) -> Operation:
    first = ops[0]
    for op in ops[1:]:
        first = op if op.is_before_in_block(first) else first
    return first


def _row(value: SSAValue, anchor: Operation) -> SSAValue:
    """A bias as a vector."""
    if rank_of(value) == 1:
        return value
    flat = ReshapeOp(value, [-1])
    _insert(anchor, [flat])
    return flat.result


def _insert(anchor: Operation, ops: Sequence[Operation]) -> None:
    """Put new ops before the anchor; they take its location."""
    assert anchor.parent is not None
    for op in ops:
        op.location = anchor.location
    anchor.parent.insert_ops_before(ops, anchor)


def _move_before(anchor: Operation, values: Sequence[SSAValue | None]) -> None:
    """Move the ops that weights are made by before the anchor, where they stand behind it."""
    block = anchor.parent
    assert block is not None
    made: dict[Operation, None] = {}
    for value in values:
        _collect(value, made)
    for op in made:
        if op.parent is block and not op.is_before_in_block(anchor):
            op.detach()
            block.insert_op_before(op, anchor)


def _collect(value: SSAValue | None, made: dict[Operation, None]) -> None:
    """The ops that a value of weights follows from, in order."""
    if isinstance(value, OpResult) and value.op not in made:
        for operand in value.op.operands:
            _collect(operand, made)
        made[value.op] = None
