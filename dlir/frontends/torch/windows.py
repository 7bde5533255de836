"""Lists of numbers for windows: kernels, strides, paddings."""

from __future__ import annotations

from collections.abc import Sequence

from dlir.frontends.builder.values import Unsupported


def full(numbers: Sequence[int], spatial: int) -> tuple[int, ...]:
    """A number per axis, from a list in which one number may stand for all."""
    numbers = tuple(numbers) * spatial if len(numbers) == 1 else tuple(numbers)
    if len(numbers) != spatial:
        raise Unsupported(f"{list(numbers)} for {spatial} spatial dimensions")
    return numbers
