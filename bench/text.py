"""What the cases need to write `dl` text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def random(*shape: int) -> np.ndarray:
    """Normally distributed float32, the same at every call."""
    return np.random.default_rng(len(shape)).standard_normal(shape, np.float32)


def tensor(shape: np.ndarray | Sequence[int]) -> str:
    """The type of a float32 tensor, of an array or of a shape."""
    sizes = shape.shape if isinstance(shape, np.ndarray) else shape
    return f"tensor<{''.join(f'{size}x' for size in sizes)}f32>"
