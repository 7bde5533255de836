"""Calls of PyTorch in groups that share inputs: one compiled program tests many operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from integration.torch_elementwise_calls import ACTIVATIONS, INTEGERS, MATHEMATICS, PAIRS
from integration.torch_inputs import Function, floats, ints, plain
from integration.torch_layer_calls import (
    ATTENTION,
    CONVOLUTIONS,
    FAKE_QUANTIZATIONS,
    IMAGES,
    NORMS,
    OVERLOADS,
    PRODUCTS,
    TRANSFORMERS,
    codes,
)
from integration.torch_tensor_calls import (
    CREATIONS,
    INDEXING,
    MOVEMENTS,
    ORDERINGS,
    REDUCTIONS,
    SCATTERS,
)
from torch import Tensor, nn

GROUPS: Mapping[str, tuple[list[Function], tuple[Tensor, ...]]] = {
    "activations": (ACTIVATIONS, (floats(4, 7),)),
    "activations of halves": (ACTIVATIONS, (plain(4, 7, dtype=torch.bfloat16),)),
    "attention": (ATTENTION, (plain(2, 2, 5, 4), plain(2, 2, 7, 4), plain(2, 2, 7, 4) * 2)),
    "convolutions": (CONVOLUTIONS, (plain(2, 6, 7, 8),)),
    "creations": (CREATIONS, (plain(2, 3),)),
    "fake quantizations": (FAKE_QUANTIZATIONS, (plain(5, 7) * 3,)),
    "images": (IMAGES, (plain(2, 3, 6, 7),)),
    "indexing": (INDEXING, (plain(2, 3, 4), torch.tensor([1, 0]), torch.tensor([2, 0]))),
    "integers": (INTEGERS, (ints(3, 4), ints(4))),
    "integers without sign": (
        [f for f in INTEGERS if f is not torch.sub],
        (ints(3, 4, low=0, dtype=torch.uint8), ints(4, low=1, dtype=torch.uint8)),
    ),
    "integers of 8 bits": (INTEGERS, (ints(3, 4, dtype=torch.int8), ints(3, 1, dtype=torch.int8))),
    "mathematics": (MATHEMATICS, (floats(4, 7),)),
    "mathematics of f64": (MATHEMATICS, (floats(28, dtype=torch.float64),)),
    "mathematics of halves": (MATHEMATICS, (plain(3, 5, dtype=torch.float16),)),
    "mathematics of nothing": (MATHEMATICS, (floats(0, 3),)),
    "mathematics of scalars": (MATHEMATICS, (torch.tensor(0.5),)),
    "movements": (MOVEMENTS, (plain(2, 3, 4),)),
    "norms": (NORMS, (plain(2, 4, 5, 6),)),
    "overloads": (OVERLOADS, (plain(4, 7), ints(4, 7, low=0, high=7))),
    "orderings": (ORDERINGS, (plain(3, 4, 5),)),
    "orderings of special numbers": (ORDERINGS, (floats(3, 3, 7).flip(2),)),
    "pairs": (PAIRS, (floats(4, 7), floats(7).flip(0))),
    "pairs of different types": (PAIRS, (plain(3, 1), plain(4, dtype=torch.float64))),
    "pairs of nothing": (PAIRS, (floats(0, 3), floats(3))),
    "products": (PRODUCTS, (plain(2, 3, 4), plain(2, 4, 5))),
    "products of integers": (
        [lambda a, b: a @ b, lambda a, b: a[0] @ b[0]],
        (ints(2, 3, 4, dtype=torch.int32), ints(2, 4, 5, dtype=torch.int32)),
    ),
    "quantizations": ([codes], (plain(5, 7) * 3,)),
    "reductions": (REDUCTIONS, (plain(3, 4, 5),)),
    "transformers": (TRANSFORMERS, (plain(3, 5, 8),)),
    "scatters": (SCATTERS, (plain(2, 3, 4), torch.tensor([1, 0]), torch.tensor([2, 0]))),
    "reductions of special numbers": (REDUCTIONS, (floats(2, 7, 2),)),
}
"""Name -> the functions and the inputs each of them is called with."""


class Group(nn.Module):
    """All functions of a group, as one model."""

    def __init__(self, functions: Sequence[Function]):
        super().__init__()
        self.functions = functions

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        results: list[Tensor] = []
        for function in self.functions:
            made = function(*inputs)
            results += [made] if isinstance(made, Tensor) else list(made)
        return tuple(results)
