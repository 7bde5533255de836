"""Results as the commands write them: text, an `.npz` archive, a Chrome trace."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlir.files import replacing, write_text
from dlir.numpy_types import Value, readable, type_name
from dlir.report import Phase

Span = tuple[str, float, float]
"""Name, start and end (seconds) of something that ran."""


def value_text(value: Value) -> str:
    """`2x2xf32 = [[1., 2.], [3., 4.]]`; more than a thousand elements are shortened."""
    text = np.array2string(
        readable(np.asarray(value)),
        separator=", ",
        max_line_width=10**9,
        threshold=1000,
        floatmode="unique",
    )
    return f"{type_name(value)} = {_tight(text)}"


def _tight(text: str) -> str:
    """Without the spaces by which numpy aligns columns."""
    return re.sub(r"(?<=\[)\s+|\s+(?=[],])", "", re.sub(r"\s+", " ", text))


def write_npz(path: str | Path, arrays: Mapping[str, Value]) -> None:
    """An archive of all results, whole or not at all; types of ml_dtypes are kept as f32, i8."""
    with replacing(path) as file:
        savez: Any = np.savez  # its stub takes any keyword for `allow_pickle`
        savez(file, **{name: readable(np.asarray(value)) for name, value in arrays.items()})


def write_trace(path: str | Path, phases: Sequence[Phase], spans: Sequence[Span]) -> None:
    """A file for chrome://tracing: the phases of the compilation, then what ran."""
    events: list[dict[str, object]] = []
    now = 0.0
    for phase in phases:
        events.append(_event(phase.name, "compile", now, phase.seconds))
        now += phase.seconds
    origin = spans[0][1] - now if spans else 0.0
    events += [_event(name, "run", start - origin, end - start) for name, start, end in spans]
    write_text(path, json.dumps({"traceEvents": events}) + "\n")


def _event(name: str, category: str, start: float, seconds: float) -> dict[str, object]:
    microseconds = {"ts": start * 1e6, "dur": seconds * 1e6}
    return {"name": name, "cat": category, "ph": "X", "pid": 0, "tid": 0, **microseconds}
