"""Several narrow numbers in a byte, as weights are stored."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DYNAMIC_INDEX, AnyTensorTypeConstr, IntegerType, TensorType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, result_def

from dlir.dialects.dl.attrs import NARROW, ElementSet, ui8
from dlir.dialects.dl.ops.base import DlOp, Operand, element_of, rank_of, shape_of, type_of
from dlir.types import is_narrow_integer

BYTES = ElementSet("a packed", (ui8,))
PARTS = ElementSet(
    "a narrow",
    tuple(t for t in NARROW.types if is_narrow_integer(t) or str(t) == "f4E2M1FN"),
)
"""What is less than a byte wide."""


def bits_of(element: Attribute) -> int:
    """The bits that a number of `PARTS` takes in a byte."""
    return element.bitwidth if isinstance(element, IntegerType) else 4


class PackingOp(DlOp):
    """Between narrow numbers and bytes that hold several of them, along the last axis.

    A byte holds the earlier number in its lower bits. Where the last axis does not fill its last
    byte, the upper bits of that byte are 0 when packed, and nobody reads them.
    """

    x = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)

    def check_last(self, value: Operand) -> int:
        """C3: the size of the last axis."""
        if not rank_of(value) or (size := shape_of(value)[-1]) == DYNAMIC_INDEX:
            self.reject(3, f"expected a last axis of known size, got {type_of(value)}")
        return size


@irdl_op_definition
class PackOp(PackingOp):
    """Narrow numbers into bytes: `y[.., j] = sum of bits(x[.., p * j + i]) * 2^(i * w) over i < p`.

    w is the width of a number, p = 8 / w. The lower bits hold the earlier number; a last byte that
    is not full is filled up with zero bits.

    C1: the element type is narrower than a byte
    C2: the result has element type ui8 and ceil(n / p) bytes along the last axis
    C3: the last axis has a known size

    ```mlir
    %p = dl.pack %x : tensor<384x383xi4> -> tensor<384x192xui8>
    ```
    """

    name = "dl.pack"

    def __init__(self, x: Operand):
        self.initialise([x])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(PARTS, self.x)
        last = self.check_last(self.x)
        packed = -(-last * bits_of(element_of(self.x)) // 8)
        return [TensorType(ui8, (*shape_of(self.x)[:-1], packed))]


@irdl_op_definition
class UnpackOp(PackingOp):
    """Bytes into the narrow numbers they hold: `y[.., p * j + i] = bits i * w .. of x[.., j]`.

    The inverse of `dl.pack`: w is the width of a number, p = 8 / w. The result's type says how many
    of the numbers in the last byte count.

    C1: the element type is ui8
    C2: the result has the operand's shape but for the last axis, and a type narrower than a byte
    C3: the last axis has a known size
    C4: n numbers along the last axis of the result come from ceil(n / p) bytes

    ```mlir
    %y = dl.unpack %p : tensor<384x192xui8> -> tensor<384x383xi4>
    ```
    """

    name = "dl.unpack"

    def __init__(self, x: Operand, element: Attribute, size: int):
        """`size` numbers of the element type along the last axis."""
        type = TensorType(element, (*shape_of(x)[:-1], size))
        self.initialise([x], result_types=[type])

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(BYTES, self.x)
        element, bytes = element_of(self.result), self.check_last(self.x)
        if element not in PARTS:
            self.reject(2, f"expected {PARTS} of the result, got {element}")
        size = self.check_last(self.result)
        if (needed := -(-size * bits_of(element) // 8)) != bytes:
            self.reject(4, f"expected {needed} bytes for {size} numbers of {element}, got {bytes}")
        return [TensorType(element, (*shape_of(self.x)[:-1], size))]
