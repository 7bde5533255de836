"""Random numbers: Philox 4x32 with 10 rounds, and what is made of its bits.

J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from xdsl.dialects.builtin import f32

from dlir.dialects.dl.ops import random as r
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.random import MULTIPLIERS, ROUNDS, WEYL, significant_bits
from dlir.dialects.dl.semantics.common import result_dtype, rounded, sizes_of
from dlir.numpy_types import Array

WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox(counter: Sequence[Array], key: Sequence[Any]) -> list[Array]:
    """The four words for a counter of four words and a key of two; all are uint64 below 2^32."""
    x, (k0, k1) = [np.asarray(word, np.uint64) for word in counter], key
    keys = [int(k0), int(k1)]
    for _ in range(ROUNDS):
        p, q = np.uint64(MULTIPLIERS[0]) * x[0], np.uint64(MULTIPLIERS[1]) * x[2]
        x = [
            (q >> HALF) ^ x[1] ^ np.uint64(keys[0]),
            q & WORD,
            (p >> HALF) ^ x[3] ^ np.uint64(keys[1]),
            p & WORD,
        ]
        keys = [(k + w) & 0xFFFFFFFF for k, w in zip(keys, WEYL, strict=True)]
    return x


def words(number: Any) -> tuple[Any, Any]:
    """The low and the high word of a 64-bit number."""
    value = np.asarray(number).astype(np.uint64)
    return value & WORD, value >> HALF


def bits(seed: Array, shape: Sequence[int], stream: int) -> Array:
    """Element e is word e mod 4 of philox([e / 4, stream], seed), as int32."""
    count = prod(shape)
    block = np.arange(-(-count // 4), dtype=np.uint64)
    low, high = words(np.int64(stream))
    made = philox([*words(block), low, high], words(seed))
    flat = np.stack([np.broadcast_to(word, block.shape) for word in made], -1).reshape(-1)[:count]
    return flat.astype(np.uint32).view(np.int32).reshape(shape)


def random_bits(_: Any, op: r.RandomBitsOp, seed: Array, *sizes: Any) -> Array:
    """Philox 4x32 with 10 rounds"""
    return bits(seed, sizes_of(shape_of(op.result), sizes), op.stream.value.data)


def uniform(made: Array, significant: int) -> Array:
    """The first bits as a fraction, in f64."""
    return (made.view(np.uint32) >> np.uint32(32 - significant)) * 2.0**-significant


def random_uniform(_: Any, op: r.RandomUniformOp, seed: Array, *sizes: Any) -> Array:
    """floor(bits / 2^(32 - p)) / 2^p"""
    made = bits(seed, sizes_of(shape_of(op.result), sizes), op.stream.value.data)
    value = uniform(made, significant_bits(element_of(op.result)))
    return rounded(value, result_dtype(op))


def dropout(_: Any, op: r.DropoutOp, x: Array, seed: Array) -> tuple[Array, Array]:
    """x / (1 - ratio) where uniform >= ratio, else 0"""
    ratio = op.ratio.value.data
    mask = uniform(bits(seed, x.shape, op.stream.value.data), significant_bits(f32)) >= ratio
    kept = np.where(mask, x.astype(np.float64) / (1 - ratio), 0.0)
    return rounded(kept, result_dtype(op)), mask


SEMANTICS = {
    r.RandomBitsOp: random_bits,
    r.RandomUniformOp: random_uniform,
    r.DropoutOp: dropout,
}
