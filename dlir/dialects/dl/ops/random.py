"""Random numbers by a generator that counts, and what is made of them.

An op has no state: the same seed and stream give the same numbers, on every target. Ops with
different streams are independent of one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    AnyTensorTypeConstr,
    FloatAttr,
    IndexType,
    TensorType,
    f64,
    i1,
    i32,
    i64,
)
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, var_operand_def

from dlir.dialects.dl.attrs import FLOATS, ElementSet, OpClass, integer, real
from dlir.dialects.dl.ops.base import DlOp, Operand, shape_of, type_of
from dlir.dialects.dl.ops.source import AXIS, check_sizes, split_sizes

SEED = TensorType(i64, ())
BITS32 = ElementSet("a 32-bit integer", (i32,))


class RandomOp(DlOp):
    """The family of tensors of random numbers; the result type is written."""

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE
    SIZED: ClassVar[bool] = True
    RESULTS: ClassVar[ElementSet] = FLOATS

    seed = operand_def(AnyTensorTypeConstr)
    sizes = var_operand_def(IndexType())
    result = result_def(AnyTensorTypeConstr)
    stream = prop_def(AXIS, default_value=integer(0))

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(self.RESULTS, self.result)
        check_sizes(self, 2, self.sizes)
        check_seed(self, 3, self.seed)
        return [type_of(self.result)]


def check_seed(op: DlOp, rule: int, seed: Operand) -> None:
    """A seed is one i64."""
    if type_of(seed) != SEED:
        op.reject(rule, f"expected a seed of type {SEED}, got {type_of(seed)}")


@irdl_op_definition
class RandomBitsOp(RandomOp):
    """Random bits by Philox 4x32 with 10 rounds: element e in row-major order is word e mod 4 of
    `philox(counter = [e / 4, stream], key = seed)`.

    Counter, stream and seed are 64-bit numbers whose low word comes first.

    C1: the result holds i32
    C2: one size operand per `?` of the result
    C3: the seed is one i64

    ```mlir
    %y = dl.random_bits %seed [%n] {stream = 1} : tensor<i64> -> tensor<?x4xi32>
    ```
    """

    name = "dl.random_bits"

    RESULTS: ClassVar[ElementSet] = BITS32

    def __init__(self, seed: Operand, shape: Sequence[int | Operand], stream: int = 0):
        static, sizes = split_sizes(shape)
        self.initialise([seed, sizes], {"stream": integer(stream)}, [TensorType(i32, static)])


@irdl_op_definition
class RandomUniformOp(RandomOp):
    """Random numbers, uniform in [0, 1): `y = floor(bits / 2^(32 - p)) / 2^p`, bits unsigned.

    They are the first p of the bits that `dl.random_bits` gives: 32 for f64, else as many as the
    element type's significand has.

    C1: the result's element type is a float
    C2: one size operand per `?` of the result
    C3: the seed is one i64

    ```mlir
    %y = dl.random_uniform %seed {stream = 1} : tensor<i64> -> tensor<3x4xf32>
    ```
    """

    name = "dl.random_uniform"

    def __init__(
        self, seed: Operand, shape: Sequence[int | Operand], element_type: Attribute,
        stream: int = 0,
    ):  # fmt: skip
        static, sizes = split_sizes(shape)
        type = TensorType(element_type, static)
        self.initialise([seed, sizes], {"stream": integer(stream)}, [type])


@irdl_op_definition
class DropoutOp(DlOp):
    """Elements dropped at random, the others enlarged: `y = x / (1 - ratio) if mask else 0`.

    An element is kept, and its mask true, where `dl.random_uniform` of f32 gives `ratio` or more.

    C1: the element type is a float
    C2: the result has the operand's type, the mask its shape and i1
    C3: 0 <= ratio < 1
    C4: the seed is one i64

    ```mlir
    %y, %mask = dl.dropout %x, %seed {ratio = 0.5}
        : (tensor<?x8xf32>, tensor<i64>) -> (tensor<?x8xf32>, tensor<?x8xi1>)
    ```
    """

    name = "dl.dropout"

    OP_CLASS: ClassVar[OpClass] = OpClass.ELEMENTWISE

    x = operand_def(AnyTensorTypeConstr)
    seed = operand_def(AnyTensorTypeConstr)
    result = result_def(AnyTensorTypeConstr)
    mask = result_def(AnyTensorTypeConstr)
    ratio = prop_def(FloatAttr.constr(f64), default_value=real(0.5))
    stream = prop_def(AXIS, default_value=integer(0))

    def __init__(self, x: Operand, seed: Operand, ratio: float = 0.5, stream: int = 0):
        self.initialise([x, seed], {"ratio": real(ratio), "stream": integer(stream)})

    def infer(self) -> Sequence[Attribute]:
        self.check_elements(FLOATS, self.x)
        if not 0 <= (ratio := self.ratio.value.data) < 1:
            self.reject(3, f"expected 0 <= ratio < 1, got {ratio}")
        check_seed(self, 4, self.seed)
        return [type_of(self.x), TensorType(i1, shape_of(self.x))]

    def _placeholders(self) -> Sequence[Attribute | Sequence[Attribute]]:
        return [TensorType(i1, ())] * 2
