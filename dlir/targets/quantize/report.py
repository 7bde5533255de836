"""What a quantisation did: per layer the error, the size and the time; text, JSON and HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from math import isfinite
from typing import Any, NamedTuple, cast

from dlir import page


@dataclass(frozen=True)
class LayerRow:
    """One layer."""

    name: str
    op: str
    format: str
    """What its weight became; f32 for layers that were kept."""
    sqnr_db: float | None
    """Of its result, errors of the layers before included."""
    cosine: float | None
    bytes_before: int
    bytes_after: int
    time_before: float | None = None
    time_after: float | None = None
    note: str = ""
    """Why it was kept."""


@dataclass(frozen=True)
class QuantizationReport:
    """The whole model."""

    model: str
    recipe: str
    samples: int
    cosine: float | None
    """Of the results, the mean over the samples."""
    cosine_min: float | None
    sqnr_db: float | None
    bytes_before: int
    bytes_after: int
    """On disk: of the weights' file."""
    time_before: float | None
    time_after: float | None
    """Of a call, as are those of layers in `time_unit`."""
    time_unit: str
    """`seconds`, or `cycles` of a modelled machine."""
    target: str
    """Where, in words."""
    layers: list[LayerRow]
    untouched: list[str] = field(default_factory=list[str])
    """Products and convolutions that are no layers, and why."""
    notes: list[str] = field(default_factory=list[str])

    def to_json(self) -> str:
        """One JSON object with the fields of this class; what is infinite is null."""
        return json.dumps(_plain(asdict(self)), indent=2) + "\n"

    def to_text(self) -> str:
        """A table, and the whole below it."""
        rows = [self._head(), *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
        facts = [f"{name}: {value}" for value, name in self._facts()]
        notes = [*self.notes, *self.untouched]
        return "\n".join([f"{self.model}, {self.recipe}", "", *lines, "", *facts, *notes]) + "\n"

    def to_html(self) -> str:
        """One page that needs nothing else."""
        title = f"{self.model} quantised: {self.recipe}"
        lead = f'<p class="lead">Errors on {self.samples} samples, against float32.</p>'
        notes = "".join(f'<p class="note">{escape(n)}</p>' for n in [*self.notes, *self.untouched])
        body = (
            f"{lead}{page.facts(self._facts())}<h2>Layers</h2>"
            f'<div class="wide">{page.table(self._head(), self._rows())}</div>{notes}'
        )
        return page.page(title, body)

    def _facts(self) -> list[tuple[str, str]]:
        """The most important numbers, each with what it is."""
        share = self.bytes_after / max(1, self.bytes_before)
        kept = sum(row.format == "f32" for row in self.layers)
        facts = [
            (_cosine(self.cosine), f"mean cosine of the results ({_cosine(self.cosine_min)} at "
                                   "least)"),
            (_decibel(self.sqnr_db), "SQNR of the results, dB"),
            (f"{share:.3f}", f"of the size ({_size(self.bytes_after)} of "
                             f"{_size(self.bytes_before)})"),
            (f"{len(self.layers) - kept} of {len(self.layers)}", "layers quantised"),
        ]  # fmt: skip
        if self.time_before is not None and self.time_after is not None:
            factor, unit = self.time_before / self.time_after, UNITS[self.time_unit]
            before, after = (unit.text(time) for time in (self.time_before, self.time_after))
            facts.append(
                (f"{factor:.2f}x", f"speed on {self.target} ({before} -> {after} {unit.name})")
            )
        return facts

    def _head(self) -> tuple[str, ...]:
        unit = UNITS[self.time_unit].name
        return (
            "layer",
            "op",
            "format",
            "SQNR dB",
            "cosine",
            "bytes",
            "after",
            unit,
            "after",
            "note",
        )

    def _rows(self) -> list[tuple[str, ...]]:
        return [_cells(row, UNITS[self.time_unit]) for row in self.layers]


class Unit(NamedTuple):
    """How times are written."""

    name: str
    scale: float
    digits: int

    def text(self, time: float | None) -> str:
        return "-" if time is None else f"{self.scale * time:,.{self.digits}f}"


UNITS = {"seconds": Unit("ms", 1000, 3), "cycles": Unit("cycles", 1, 0)}


def _cells(row: LayerRow, unit: Unit) -> tuple[str, ...]:
    return (
        row.name,
        row.op,
        row.format,
        _decibel(row.sqnr_db),
        _cosine(row.cosine),
        f"{row.bytes_before:,}",
        f"{row.bytes_after:,}",
        unit.text(row.time_before),
        unit.text(row.time_after),
        row.note,
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    cells = zip(row, widths, strict=True)
    return [
        f"{cell:<{width}}" if n < 3 or n == len(row) - 1 else f"{cell:>{width}}"
        for n, (cell, width) in enumerate(cells)
    ]


def _cosine(value: float | None) -> str:
    return "-" if value is None else f"{value:.5f}"


def _decibel(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isfinite(value) else ("exact" if value > 0 else "-inf")


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count:,} bytes"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in cast(list[Any], value)]
    return None if isinstance(value, float) and not isfinite(value) else value
