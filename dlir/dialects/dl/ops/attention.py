"""Attention: the rows of one tensor mixed by how well others fit to the rows of a third."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import ClassVar

from xdsl.dialects.builtin import AnyTensorTypeConstr, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_operand_def, opt_prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import BOOLS, FLOATS, OpClass, real
from dlir.dialects.dl.ops.activation import FLOAT
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, rank_of, shape_of


class MixtureOp(DlOp):
    """The family of attentions, which differ in how q and k give the scores [batch.., m, n]."""

    OP_CLASS: ClassVar[OpClass] = OpClass.CONTRACTION

    q = operand_def(AnyTensorTypeConstr)
    k = operand_def(AnyTensorTypeConstr)
    v = operand_def(AnyTensorTypeConstr)
    mask = opt_operand_def(AnyTensorTypeConstr)
    fill = opt_prop_def(FLOAT, default_value=real(-inf))
    result = result_def(AnyTensorTypeConstr)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.q)
        elements = [element_of(value) for value in self.operands]
        floats = [
            element
            for value, element in zip(self.operands, elements, strict=True)
            if value is not self.mask or element not in BOOLS
        ]
        if len({*floats}) != 1:
            got = ", ".join(map(str, elements))
            self.reject(6, f"expected operands of one element type, got {got}", "insert dl.cast")
        ranks = [rank_of(value) for value in (self.q, self.k, self.v)]
        if min(ranks) < 2:
            got = ", ".join(map(str, ranks))
            self.reject(8, f"expected operands of rank 2 or more, got ranks {got}")
        shape = self._check_shapes(*map(shape_of, (self.q, self.k, self.v)))
        return [TensorType(elements[0], shape)]

    def _check_shapes(self, q: shapes.Shape, k: shapes.Shape, v: shapes.Shape) -> shapes.Shape:
        """C3, C4, C5 and C7; the shape of the result."""
        if shapes.meet(q[-1], k[-1]) is None:
            self.reject(3, f"the rows of q have size {q[-1]}, those of k {k[-1]}")
        if shapes.meet(k[-2], v[-2]) is None:
            self.reject(4, f"k has {k[-2]} rows, v has {v[-2]}")
        batch = shapes.broadcast(q[:-2], k[:-2], v[:-2])
        if batch is None:
            got = ", ".join(shapes.text(shape[:-2]) for shape in (q, k, v))
            self.reject(5, f"expected batch dimensions that broadcast together, got {got}")
        if self.mask is not None:
            scores, mask = (*batch, q[-2], k[-2]), shape_of(self.mask)
            joined = shapes.broadcast(scores, mask)
            if joined is None or shapes.meet_shapes(joined, scores) is None:
                expected = f"expected a mask that broadcasts to {shapes.text(scores)}"
                self.reject(7, f"{expected}, got {shapes.text(mask)}")
        return (*batch, q[-2], v[-1])


@irdl_op_definition
class AttentionOp(MixtureOp):
    """Mixture of the rows of v by how well those of k fit to those of q:
    `y = softmax(scale * q k^T + mask) v`.

    With indices: `y[.., m, e] = sum over n of s[.., m, n] * v[.., n, e]`, where s is the softmax
    over n of `scale * (sum over d of q[.., m, d] * k[.., n, d]) + mask[.., m, n]`.

    The leading (batch) dimensions broadcast; heads are one of them. A mask of floats is added to
    the scores: -inf, or a number of great size below zero, keeps row m from seeing row n. Where a
    mask of i1 is false, `fill` (by default -inf) takes the place of the score.

    C1: the element type is a float
    C2: the result has shape [batch.., m, e] and the operands' element type
    C3: the rows of q and k are of one size
    C4: k has as many rows as v
    C5: the batch dimensions broadcast
    C6: the operands have one element type, but the mask may be of i1
    C7: the mask broadcasts to [batch.., m, n]
    C8: q, k and v have rank 2 or more

    ```mlir
    %y = dl.attention %q, %k, %v, %mask {scale = 0.125}
        : (tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>, tensor<?x1x1x?xf32>)
        -> tensor<?x12x?x64xf32>
    ```
    """

    name = "dl.attention"

    q = operand_def(AnyTensorTypeConstr)
    k = operand_def(AnyTensorTypeConstr)
    v = operand_def(AnyTensorTypeConstr)
    mask = opt_operand_def(AnyTensorTypeConstr)
    scale = opt_prop_def(FLOAT, default_value=real(1.0))
    fill = opt_prop_def(FLOAT, default_value=real(-inf))

    def __init__(
        self,
        q: Operand,
        k: Operand,
        v: Operand,
        mask: Operand | None = None,
        *,
        scale: float = 1.0,
        fill: float = -inf,
    ):
        self.initialise([q, k, v, mask], {"scale": real(scale), "fill": real(fill)})


@irdl_op_definition
class AdditiveAttentionOp(MixtureOp):
    """Attention whose scores a small network gives, as Bahdanau et al. have it (2015):
    `y = softmax(w . tanh(q + k) + mask) v`.

    With indices: `y[.., m, e] = sum over n of s[.., m, n] * v[.., n, e]`, where s is the softmax
    over n of `(sum over d of w[d] * tanh(q[.., m, d] + k[.., n, d])) + mask[.., m, n]`. The
    projections of queries and keys are products of their own.

    Batch dimensions, masks and `fill` are those of `dl.attention`.

    C1: the element type is a float
    C2: the result has shape [batch.., m, e] and the operands' element type
    C3: the rows of q and k are of one size
    C4: k has as many rows as v
    C5: the batch dimensions broadcast
    C6: the operands have one element type, but the mask may be of i1
    C7: the mask broadcasts to [batch.., m, n]
    C8: q, k and v have rank 2 or more
    C9: w is a vector of the size of the rows of q and k

    ```mlir
    %y = dl.additive_attention %q, %k, %v, %w, %mask
        : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<?x?x128xf32>, tensor<64xf32>,
           tensor<?x1x?xi1>) -> tensor<?x?x128xf32>
    ```
    """

    name = "dl.additive_attention"

    q = operand_def(AnyTensorTypeConstr)
    k = operand_def(AnyTensorTypeConstr)
    v = operand_def(AnyTensorTypeConstr)
    w = operand_def(AnyTensorTypeConstr)
    mask = opt_operand_def(AnyTensorTypeConstr)

    def __init__(
        self,
        q: Operand,
        k: Operand,
        v: Operand,
        w: Operand,
        mask: Operand | None = None,
        *,
        fill: float = -inf,
    ):
        self.initialise([q, k, v, w, mask], {"fill": real(fill)})

    def infer(self) -> Sequence[Attribute]:
        types = super().infer()
        width, got = shapes.meet(shape_of(self.q)[-1], shape_of(self.k)[-1]), shape_of(self.w)
        assert width is not None  # C3
        if shapes.meet_shapes(got, [width]) is None:
            message = f"expected w of shape {shapes.text([width])}, got {shapes.text(got)}"
            self.reject(9, message)
        return types
