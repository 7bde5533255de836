"""Blocks of lanes: machines that hold the last dimension of a tensor in whole rows of so many."""

from __future__ import annotations

from collections.abc import Sequence

from dlir.dialects.structured.maps import Linear


def crosses(source: Linear, target: Linear, extents: Sequence[int], width: int, cols: int) -> bool:
    """Whether lanes do not go to the same lanes of whole blocks; the result has `width` of them."""
    walked = [d for d in source.dims if extents[d] > 1]
    inner = [d for d in walked if source.coefficients[d] == target.coefficients[d] == 1]
    if not walked:
        return bool(source.constant or target.constant) or width > 1
    if len(inner) != 1 or source.constant % cols or target.constant % cols:
        return True
    others = [d for d in walked if d != inner[0]]
    if any(source.coefficients[d] % cols or target.coefficients[d] % cols for d in others):
        return True
    high = target.bounds(extents)[1]
    return extents[inner[0]] % cols != 0 and (bool(others) or high + 1 != width)
