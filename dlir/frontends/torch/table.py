"""All ATen operators that dlir imports, by the name of their overload."""

from __future__ import annotations

from .call import Build
from .ops import (
    activation,
    attention,
    binary,
    contraction,
    elementwise,
    indexing,
    movement,
    normalization,
    ordering,
    pooling,
    recurrent,
    reduction,
    resize,
    scatter,
    source,
)

OPERATORS: dict[str, Build] = {
    **activation.OPERATORS,
    **attention.OPERATORS,
    **binary.OPERATORS,
    **contraction.OPERATORS,
    **elementwise.OPERATORS,
    **indexing.OPERATORS,
    **movement.OPERATORS,
    **normalization.OPERATORS,
    **ordering.OPERATORS,
    **pooling.OPERATORS,
    **recurrent.OPERATORS,
    **reduction.OPERATORS,
    **resize.OPERATORS,
    **scatter.OPERATORS,
    **source.OPERATORS,
}
