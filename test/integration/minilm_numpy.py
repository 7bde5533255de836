"""all-MiniLM-L6-v2 in plain numpy, written from the papers and not from dlir: the judge.

BERT (Devlin et al., 2019) and Sentence-BERT's mean pooling (Reimers and Gurevych, 2019); the exact
gelu; every intermediate in float64, so that its own rounding does not count.
"""

import math
from collections.abc import Mapping

import numpy as np

LAYERS, HEADS, EPSILON = 6, 12, 1e-12

_erf = np.vectorize(math.erf, otypes=[np.float64])


def embed(weights: Mapping[str, np.ndarray], ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Token ids and mask, int64 [batch, length], to unit embeddings, float64 [batch, 384]."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = _layer_norm(w, "embeddings.LayerNorm", x)
    for layer in range(LAYERS):
        x = _layer(w, f"encoder.layer.{layer}", x, mask)
    keep = mask[:, :, None].astype(np.float64)
    mean = (x * keep).sum(axis=1) / keep.sum(axis=1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _dense(w: Mapping[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _layer_norm(w: Mapping[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def _layer(w: Mapping[str, np.ndarray], name: str, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    mixed = _dense(w, f"{name}.attention.output.dense", _attention(w, name, x, mask))
    x = _layer_norm(w, f"{name}.attention.output.LayerNorm", mixed + x)
    wide = _dense(w, f"{name}.intermediate.dense", x)
    gelu = 0.5 * wide * (1.0 + _erf(wide / math.sqrt(2.0)))
    return _layer_norm(w, f"{name}.output.LayerNorm", _dense(w, f"{name}.output.dense", gelu) + x)


def _attention(
    w: Mapping[str, np.ndarray], name: str, x: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    batch, length, width = x.shape
    part = f"{name}.attention.self"
    q, k, v = (
        _dense(w, f"{part}.{role}", x).reshape(batch, length, HEADS, width // HEADS)
        for role in ("query", "key", "value")
    )
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(width // HEADS)
    scores = np.where(mask[:, None, None, :] != 0, scores, -np.inf)
    share = np.exp(scores - scores.max(axis=-1, keepdims=True))
    share = share / share.sum(axis=-1, keepdims=True)
    return np.einsum("bhqk,bkhd->bqhd", share, v).reshape(batch, length, width)
