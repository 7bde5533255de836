"""The `dl` dialect: what is computed, on immutable tensors, without loops or memory.

    func.func @layer(%x: tensor<?x784xf32>) -> tensor<?x512xf32> {
      %w = dl.param "fc1.weight" : tensor<784x512xf32>
      %b = dl.param "fc1.bias" : tensor<512xf32>
      %0 = dl.matmul %x, %w acc f32 : (tensor<?x784xf32>, tensor<784x512xf32>) -> tensor<?x512xf32>
      %1 = dl.add %0, %b : (tensor<?x512xf32>, tensor<512xf32>) -> tensor<?x512xf32>
      %2 = dl.relu %1 : tensor<?x512xf32>
      func.return %2 : tensor<?x512xf32>
    }

Element types are f64 f32 f16 bf16 i64 i32 i16 i8 i1 ui64 ui32 ui16 ui8: integers are signed unless
their type says `u`, i1 is a boolean. Narrower types are stored, moved and converted only (see
docs/element-types.md). Every size is a number or `?`. The text of all ops follows one grammar
(assembly.py), every op states its rules in its docstring and checks them in `infer`, and the
meaning of each is a numpy function in `semantics/`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, cast

from xdsl.dialect_interfaces.constant_materialization import ConstantMaterializationInterface
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IndexType, IntegerAttr, TensorType
from xdsl.ir import Attribute, Dialect, Operation

from dlir.dialects.dl.attrs import (
    AlgorithmAttr,
    ApproximationAttr,
    CoordinatesAttr,
    InterpolationAttr,
    LayoutAttr,
    OutsideAttr,
    PoolingAttr,
    PredicateAttr,
    ReductionAttr,
    RoundingAttr,
    RoundModeAttr,
)
from dlir.dialects.dl.ops import (
    activation,
    attention,
    binary,
    bits,
    casting,
    composite,
    contraction,
    convolution,
    embedding,
    fake_quantization,
    linear_algebra,
    math,
    microscaling,
    movement,
    normalization,
    ordering,
    packing,
    pooling,
    pooling3d,
    quantization,
    random,
    rectifiers,
    recurrent,
    reduction,
    resampling,
    rotary,
    sampling,
    scan,
    scatter,
    selection,
    source,
    trigonometry,
)
from dlir.dialects.dl.ops.base import DlOp

FAMILIES: tuple[ModuleType, ...] = (
    source,
    math,
    trigonometry,
    activation,
    rectifiers,
    binary,
    casting,
    bits,
    contraction,
    convolution,
    quantization,
    microscaling,
    fake_quantization,
    packing,
    pooling,
    pooling3d,
    reduction,
    composite,
    attention,
    normalization,
    rotary,
    recurrent,
    resampling,
    sampling,
    linear_algebra,
    movement,
    scan,
    ordering,
    scatter,
    selection,
    embedding,
    random,
)


def _ops_of(family: ModuleType) -> list[type[DlOp]]:
    """The ops that a module defines, in the order of their definition."""
    return [
        value
        for value in vars(family).values()
        if isinstance(value, type) and issubclass(value, DlOp) and hasattr(value, "name")
        if value.__module__ == family.__name__
    ]


OPS: tuple[type[DlOp], ...] = tuple(op for family in FAMILIES for op in _ops_of(family))


class Constants(ConstantMaterializationInterface):
    """Folded values come back as `dl.constant`, sizes as `arith.constant`."""

    def materialize_constant(self, value: Attribute, type: Attribute) -> Operation | None:
        if isinstance(value, DenseIntOrFPElementsAttr) and isinstance(type, TensorType):
            return source.ConstantOp(cast(DenseIntOrFPElementsAttr[Any], value))
        if isinstance(value, IntegerAttr) and isinstance(type, IndexType):
            from xdsl.dialects import arith  # slow to load, and seldom needed to parse text

            return arith.ConstantOp(cast(IntegerAttr[IndexType], value))
        return None


ATTRIBUTES = (
    AlgorithmAttr, ApproximationAttr, CoordinatesAttr, InterpolationAttr, LayoutAttr, OutsideAttr,
    PoolingAttr, PredicateAttr, ReductionAttr, RoundModeAttr, RoundingAttr,
)  # fmt: skip

DL = Dialect("dl", [*OPS], [*ATTRIBUTES], [Constants()])
