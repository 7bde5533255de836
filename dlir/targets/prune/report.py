"""What pruning did: per layer the zeros, the error and the size; as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, cast


@dataclass(frozen=True)
class PrunedLayer:
    """One layer; sizes are in bytes."""

    name: str
    shape: Sequence[int]
    zeros_before: float
    zeros_after: float
    """The share of its weights that is zero."""
    sqnr_db: float | None
    cosine: float | None
    """Of its result, errors of the layers before included; None without samples."""
    dense: int
    smallest: int
    encoding: str
    """The encoding that takes the least."""
    choice: str = ""
    """What `dl-sparsify` says of the product."""


@dataclass(frozen=True)
class PruningReport:
    """The whole model."""

    model: str
    pruning: str
    layers: Sequence[PrunedLayer]
    sqnr_db: float | None
    cosine: float | None
    """Of the results."""
    channels_removed: int
    bytes_before: int
    bytes_after: int
    """All weights that the module names, as they are written."""

    def to_json(self) -> str:
        """One JSON object with the fields of this class; what is infinite is null."""
        return json.dumps(_plain(asdict(self)), indent=2) + "\n"

    def to_text(self) -> str:
        """A table with a line for each layer, and the totals."""
        head = ("layer", "shape", "zeros", "SQNR dB", "cosine", "dense", "smallest", "encoding")
        rows = [head, *map(_cells, self.layers)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"{self.model}: {self.pruning}", ""]
        for row in rows:
            cells = (c.ljust(w) if i in (0, 1, 7) else c.rjust(w)
                     for i, (c, w) in enumerate(zip(row, widths, strict=True)))  # fmt: skip
            lines.append("  ".join(cells).rstrip())
        lines += ["", *(f"{one.name}: {one.choice}" for one in self.layers if one.choice)]
        if self.cosine is not None:
            lines.append(f"results: SQNR {_decibels(self.sqnr_db)} dB, cosine {self.cosine:.6f}")
        if self.channels_removed:
            lines.append(f"channels removed: {self.channels_removed}")
        share = self.bytes_after / max(self.bytes_before, 1)
        lines.append(f"weights: {self.bytes_before} -> {self.bytes_after} bytes ({share:.3f})")
        return "\n".join(lines) + "\n"


def _cells(one: PrunedLayer) -> tuple[str, ...]:
    shape = "x".join(map(str, one.shape))
    cosine = "" if one.cosine is None else f"{one.cosine:.6f}"
    zeros = f"{one.zeros_before:.3f} -> {one.zeros_after:.3f}"
    sizes = str(one.dense), f"{one.smallest} ({one.smallest / max(one.dense, 1):.3f})"
    return one.name, shape, zeros, _decibels(one.sqnr_db), cosine, *sizes, one.encoding


def _decibels(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in cast(Sequence[Any], value)]
    return None if isinstance(value, float) and not isfinite(value) else value
