"""results.jsonl: one line per thing that is known, added as soon as it is.

Lines are only appended, each in one write; a line that a crash has torn is no JSON and is ignored,
and of two lines with one key the later counts. A key is a hash of everything that the result
depends on: the machine, the layer, dlir's code and the evaluator.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from dlir.diagnostics import fail
from dlir.targets.accel.explore.evaluate import Measures

FILE = "results.jsonl"

Status: TypeAlias = Literal["ok", "refused", "failed"]
"""`refused`: cannot be, with a reason. `failed`: the evaluation crashed; tried again next time."""


@dataclass(frozen=True)
class Outcome:
    """How an evaluation ended."""

    status: Status
    measures: Measures | None = None
    reason: str = ""


@dataclass(frozen=True)
class Record:
    """A line: the outcome, and for people what it is of."""

    key: str
    outcome: Outcome
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    layer: str = ""


def key_of(*parts: str) -> str:
    """The hash of all parts, which are hashes or texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Store:
    """What is known, in memory and, when there is a folder, on disk. Raises CompileError."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.known: dict[str, Outcome] = {}
        self.path = None if folder is None else Path(folder) / FILE
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._read(self.path)
            except OSError as error:
                fail(None, f"cannot use '{self.path}': {error.strerror}")

    def _read(self, path: Path) -> None:
        data = path.read_bytes() if path.exists() else b""
        for line in data.splitlines():
            if (record := _record_of(line)) is not None:
                self.known[record.key] = record.outcome
        if data and not data.endswith(b"\n"):
            self._append(b"\n")  # so that the next line does not continue a torn one

    def add(self, record: Record) -> None:
        """Keep a result."""
        self.known[record.key] = record.outcome
        try:
            self._append(json.dumps(asdict(record)).encode() + b"\n")
        except OSError as error:
            fail(None, f"cannot write '{self.path}': {error.strerror}")

    def _append(self, data: bytes) -> None:
        if self.path is not None:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)

    def done(self, key: str) -> bool:
        """Whether nothing is left to do for a key."""
        return key in self.known and self.known[key].status != "failed"


def _record_of(line: bytes) -> Record | None:
    """The record of a line; None for what is none."""
    try:
        fields: dict[str, Any] = json.loads(line)
        outcome = dict(fields.pop("outcome"))
        if (measures := outcome.pop("measures")) is not None:
            measures = Measures(**measures)
        record = Record(str(fields.pop("key")), Outcome(measures=measures, **outcome), **fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record if _is_sound(record.outcome) else None


def _is_sound(outcome: Outcome) -> bool:
    """Whether the values are what they are said to be."""
    found = outcome.measures
    numbers = [] if found is None else [found.cycles, found.seconds, found.energy_pj, found.macs]
    return (
        outcome.status in get_args(Status)
        and (outcome.status == "ok") == (found is not None)
        and all(type(n) in (int, float) for n in numbers)
    )
