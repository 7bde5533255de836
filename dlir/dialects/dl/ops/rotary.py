"""Rotary position embedding: pairs of a row's numbers are turned by an angle per position."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyTensorTypeConstr, UnitAttr
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, result_def

from dlir.dialects.dl import shapes
from dlir.dialects.dl.attrs import FLOATS
from dlir.dialects.dl.ops.base import Operand, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.composite import CompositeOp


@irdl_op_definition
class RotaryEmbeddingOp(CompositeOp):
    """Rotary position embedding (RoPE): `y = x * cos + rotated(x) * sin`.

    `rotated` turns pairs of numbers of a row by a quarter: (a, b) becomes (-b, a). A pair are the
    numbers at i and i + d / 2 of a row of d, or, when interleaved, those at 2 i and 2 i + 1. Where
    cos and sin are those of one angle for both numbers of a pair, the pair is turned by that angle.

    C1: the element type is a float
    C2: the result has the operand's type
    C3: rows have a known, even size
    C4: cos and sin have the operand's element type and broadcast to its shape

    ```mlir
    %y = dl.rotary_embedding %x, %cos, %sin
        : (tensor<?x12x?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x12x?x64xf32>
    ```
    """

    name = "dl.rotary_embedding"

    x = operand_def(AnyTensorTypeConstr)
    cos = operand_def(AnyTensorTypeConstr)
    sin = operand_def(AnyTensorTypeConstr)
    interleaved = opt_prop_def(UnitAttr)
    result = result_def(AnyTensorTypeConstr)

    def __init__(self, x: Operand, cos: Operand, sin: Operand, *, interleaved: bool = False):
        properties = {"interleaved": UnitAttr() if interleaved else None}
        self.initialise([x, cos, sin], properties)

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        shape, element = shape_of(self.x), element_of(self.x)
        if rank_of(self.x) < 1 or shape[-1] == shapes.DYNAMIC or shape[-1] % 2:
            self.reject(3, f"expected rows of a known, even size, got {shapes.text(shape)}")
        for factor in (self.cos, self.sin):
            if element_of(factor) != element or shapes.broadcast(shape, shape_of(factor)) != shape:
                expected = f"expected {element} of a shape that broadcasts to {shapes.text(shape)}"
                self.reject(4, f"{expected}, got {factor.type}")
        return self.same_type()
