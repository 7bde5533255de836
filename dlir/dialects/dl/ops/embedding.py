"""Rows of a table, chosen by indices and pooled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_operand_def, prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS, INTS, OpClass, Pooling, PoolingAttr
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, rank_of, shape_of, type_of


@irdl_op_definition
class EmbeddingBagOp(DlOp):
    """Rows of a table pooled bag by bag: `y[b] = pool(table[indices[i]] for i in bag b)`.

    Bag b begins at `offsets[b]` and ends where the next one begins, the last one at the end of the
    indices. Offsets lie in [0, n] and rise; if they do not, they count as if they did. Rows are
    summed, with `weights` each by its own, or averaged, or the greatest element is taken; of an
    empty bag it is 0. Indices in [-v, v) count from the end if they are negative; others, and other
    offsets, are an error at run time.

    C1: the table's element type is a float, which the weights have too, that of indices and offsets
        an integer
    C2: the result has a row per offset, as long as those of the table
    C3: the table is a matrix, indices and offsets are vectors
    C4: weights are a vector, one per index, for rows that are summed

    ```mlir
    %y = dl.embedding_bag %table, %i, %o {pooling = "mean"}
        : (tensor<1000x64xf32>, tensor<?xi64>, tensor<?xi64>) -> tensor<?x64xf32>
    ```
    """

    name = "dl.embedding_bag"
    OP_CLASS: ClassVar[OpClass] = OpClass.REDUCTION

    table = operand_def(AnyTensorTypeConstr)
    indices = operand_def(AnyTensorTypeConstr)
    offsets = operand_def(AnyTensorTypeConstr)
    weights = opt_operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    pooling = prop_def(PoolingAttr, default_value=PoolingAttr(Pooling.SUM))

    def __init__(
        self, table: Operand, indices: Operand, offsets: Operand, weights: Operand | None = None,
        pooling: Pooling | str = Pooling.SUM,
    ):  # fmt: skip
        properties = {"pooling": PoolingAttr(Pooling(pooling))}
        self.initialise([table, indices, offsets, weights], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.table)
        self.check_elements(INTS, self.indices, self.offsets)
        ranks = (rank_of(self.table), rank_of(self.indices), rank_of(self.offsets))
        if ranks != (2, 1, 1):
            self.reject(3, f"expected a matrix and two vectors, got ranks {[*ranks]}")
        if self.weights is not None:
            self._check_weights(self.weights)
        shape = (shape_of(self.offsets)[0], shape_of(self.table)[1])
        return [TensorType(element_of(self.table), shape)]

    def _check_weights(self, weights: Operand) -> None:
        if (element := element_of(weights)) != element_of(self.table):
            self.reject(1, f"expected weights of {element_of(self.table)}, got {element}")
        same = shapes.meet_shapes(shape_of(weights), shape_of(self.indices)) is not None
        if not same or self.pooling.data is not Pooling.SUM:
            got = f"{type_of(weights)} for {type_of(self.indices)}, pooling {self.pooling.data}"
            self.reject(4, f"expected a weight per index and pooling sum, got {got}")
