"""Between real tensors, quantised ones, and the integers that those store."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import AnyTensorTypeConstr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure

from dlir.diagnostics import require
from dlir.dialects.quant.types import UniformType, misfit, uniform_of
from dlir.types import shape_of, with_element


def _require_fit(type: Attribute, rule: str) -> UniformType:
    """The element type of a tensor that must be quantised, with scales that fit it."""
    uniform = uniform_of(type)
    example = "!quant.uniform<i8:f32, 0.5>"
    require(uniform is not None, rule, f"expected elements such as {example}, got {type}")
    assert uniform is not None
    problem = misfit(shape_of(type), uniform)
    require(problem is None, rule, problem or "")
    return uniform


def _require_elements(type: Attribute, of: Attribute, element: Attribute, rule: str) -> None:
    expected = with_element(of, element)
    require(type == expected, rule, f"expected {expected}, got {type}")


class CastOp(IRDLOperation):
    """Another form of the same tensor."""

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    assembly_format = "$x attr-dict `:` type($x) `to` type($result)"
    traits = traits_def(Pure())

    def __init__(self, x: SSAValue, element: Attribute):
        super().__init__(operands=[x], result_types=[with_element(x.type, element)])


@irdl_op_definition
class QcastOp(CastOp):
    """Real numbers to quantised ones: `y = saturate(round(x / scale) + zero_point)`.

    Numbers are rounded as `dl.quantize` does; the bounds of the type are where they saturate.

    C1: the result is a quantised tensor whose scales fit its shape
    C2: the operand is the tensor of real numbers
    C3: the result stores 16 bits or less

    ```mlir
    %y = quant.qcast %x : tensor<?x8xf32> to tensor<?x8x!quant.uniform<i8<-127:127>:f32, 0.02>>
    ```
    """

    name = "quant.qcast"

    def verify_(self) -> None:
        uniform = _require_fit(self.result.type, "quant-qcast-c1")
        element = uniform.expressed
        _require_elements(self.x.type, self.result.type, element, "quant-qcast-c2")
        width = uniform.storage.bitwidth
        require(width <= 16, "quant-qcast-c3", f"expected 16 bits or less, got {width}")


@irdl_op_definition
class DcastOp(CastOp):
    """Quantised numbers to the real ones that they stand for: `y = (x - zero_point) * scale`.

    C1: the operand is a quantised tensor whose scales fit its shape
    C2: the result is the tensor of real numbers

    ```mlir
    %y = quant.dcast %x : tensor<2x2x!quant.uniform<u8:f32:1, {0.5:128, 0.25}>> to tensor<2x2xf32>
    ```
    """

    name = "quant.dcast"

    def verify_(self) -> None:
        element = _require_fit(self.x.type, "quant-dcast-c1").expressed
        _require_elements(self.result.type, self.x.type, element, "quant-dcast-c2")


@irdl_op_definition
class ScastOp(CastOp):
    """The integers that a quantised tensor stores, or the tensor that stores them: `y = x`.

    Nothing is computed: integers out of the bounds of the type stay what they are.

    C1: the operand or the result is a quantised tensor whose scales fit its shape
    C2: the other is the tensor of the stored type; `u8` is stored as `ui8`

    ```mlir
    %y = quant.scast %x : tensor<4xui8> to tensor<4x!quant.uniform<u8:f32, 0.02:128>>
    ```
    """

    name = "quant.scast"

    @property
    def uniform(self) -> UniformType:
        """The quantised type, on either side."""
        found = uniform_of(self.result.type) or uniform_of(self.x.type)
        assert found is not None
        return found

    def verify_(self) -> None:
        sides: Sequence[Attribute] = (self.result.type, self.x.type)
        if uniform_of(sides[0]) is None:
            sides = (self.x.type, self.result.type)
        stored = _require_fit(sides[0], "quant-scast-c1").storage
        _require_elements(sides[1], sides[0], stored, "quant-scast-c2")
