"""The meaning of every `dl` op in numpy: the oracle of folding, interpreter and numeric tests.

Each function is `f(interp, op, *operand arrays)` and returns an array, or a tuple of them;
`SEMANTICS` finds it by the op's class. Every result is checked against the sizes that its type
states.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from xdsl.ir import Operation

from dlir.dialects.dl.semantics import (
    attention,
    casting,
    composite,
    contraction,
    convolution,
    elementwise,
    embedding,
    fake_quantization,
    linear_algebra,
    microscaling,
    movement,
    normalization,
    ordering,
    packing,
    pooling,
    pooling3d,
    quantization,
    random,
    recurrent,
    reduction,
    resampling,
    rotary,
    sampling,
    scan,
    scatter,
    selection,
    source,
)
from dlir.dialects.dl.semantics.common import check_result

Function = Callable[..., Any]


def _checked(function: Function) -> Function:
    """The function with its results checked, and the op's name before the message of its errors."""

    def run(interp: Any, op: Operation, *operands: Any) -> tuple[Any, ...]:
        try:
            value = function(interp, op, *operands)
            values = cast(tuple[Any, ...], value) if isinstance(value, tuple) else (value,)
            check_result(op, values)
        except (ValueError, IndexError) as error:
            raise type(error)(f"{op.name}: {error}") from error
        return values

    return run


_FAMILIES = (
    source,
    elementwise,
    casting,
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

SEMANTICS: dict[type[Operation], Function] = {
    op: _checked(function) for family in _FAMILIES for op, function in family.SEMANTICS.items()
}
