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
    pooling,
    recurrent,
    reduction,
    resize,
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
    **pooling.OPERATORS,
    **recurrent.OPERATORS,
    **reduction.OPERATORS,
    **resize.OPERATORS,
    **source.OPERATORS,
}
