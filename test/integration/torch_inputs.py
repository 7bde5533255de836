"""Inputs for calls of PyTorch: special numbers, plain ones, integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Function = Callable[..., Tensor | Sequence[Tensor]]

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.5,
    -3.5,
    6.5,
    -7.25,
    math.inf,
    -math.inf,
    math.nan,
    30.0,
]


def floats(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers around the places where functions change, NaN and infinities among them."""
    count = math.prod(shape)
    values = (SPECIAL * (count // len(SPECIAL) + 1))[:count]
    return torch.tensor(values, dtype=dtype).reshape(shape)


def plain(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers from -2 to 2 in no order; arithmetic that is exact, so that it may be traced, too."""
    places = torch.arange(math.prod(shape), dtype=torch.float64)
    return (((places * 37 + 11) % 101 - 50) / 25).reshape(shape).to(dtype)


def ints(*shape: int, low: int = -4, high: int = 5, dtype: torch.dtype = torch.int64) -> Tensor:
    generator = torch.Generator().manual_seed(math.prod(shape) + len(shape))
    return torch.randint(low, high, shape, generator=generator).to(dtype)
