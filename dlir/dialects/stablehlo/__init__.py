"""The `stablehlo` dialect: models as JAX, and exporters like torch_xla, write them.

    func.func @layer(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
      %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
          : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
      %1 = stablehlo.tanh %0 : tensor<2x3xf32>
      func.return %1 : tensor<2x3xf32>
    }

The ops are those of the StableHLO specification; here they are read, written and checked, and the
pass `convert-stablehlo-to-dl` gives them their meaning. All rules have names that say what they are
about: `stablehlo-shape`, `stablehlo-element-type`, `stablehlo-axes`, `stablehlo-property`,
`stablehlo-slice`, `stablehlo-region` and `stablehlo-tensor`. Quantized types are not known.
"""

from __future__ import annotations

from types import ModuleType

from xdsl.ir import Dialect

from dlir.dialects.stablehlo.attrs import ATTRIBUTES
from dlir.dialects.stablehlo.ops import (
    contraction,
    control,
    distribution,
    elementwise,
    movement,
    reduction,
)
from dlir.dialects.stablehlo.ops.base import ops_of

FAMILIES: tuple[ModuleType, ...] = (
    elementwise, movement, contraction, reduction, control, distribution,
)  # fmt: skip

StableHLO = Dialect(
    "stablehlo", [op for family in FAMILIES for op in ops_of(vars(family))], [*ATTRIBUTES]
)
