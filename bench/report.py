"""Rows as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bench.harness import Settings, Timing
from bench.program import DLIR, Row

PACKAGES = (
    "dlir", "numpy", "onnx", "onnxruntime", "torch", "xdsl", "llvmlite",
    "openvino", "jax", "iree-base-compiler", "iree-base-runtime", "apache-tvm",
)  # fmt: skip
WIDTHS = 35, 10, 10, 11
UNITS = ((1e-3, 1e6, "us"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s"))


def header(peers: Sequence[str], settings: Settings) -> str:
    """The head of the table; `peers` are those that may appear."""
    threads = f"{settings.threads} thread{'s' if settings.threads > 1 else ''}"
    cells = [f"case ({threads})", "dlir", "min", "rate"]
    line = f"{cells[0]:{WIDTHS[0]}}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells[1:], WIDTHS[1:], strict=True)
    )
    line += "".join(f"{peer:>14}{'ratio':>7}" for peer in peers)
    return f"{line}{'error':>9}  goal"


def line(row: Row, peers: Sequence[str]) -> str:
    """One row: medians, least times, dlir's time over each peer's, the relative error."""
    if row.failure is not None:
        return f"{row.name:{WIDTHS[0]}}  failed: {row.failure}"
    if row.skipped is not None:
        return f"{row.name:{WIDTHS[0]}}  skipped: {row.skipped}"
    ours = row.times[DLIR]
    cells = [duration(ours.median), duration(ours.least), rate(row)]
    text = f"{row.name:{WIDTHS[0]}}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS[1:], strict=True)
    )
    for peer in peers:
        time = row.times.get(peer)
        text += f"{duration(time.median):>14}{ours.ratio(time):>7.2f}" if time else " " * 21
    return f"{text}{error(row.errors.get(DLIR)):>9}  {_goal(row)}".rstrip()


def error(relative: float | None) -> str:
    return "" if relative is None else f"{relative:.0e}" if relative else "0"


def _goal(row: Row) -> str:
    if row.goal is None:
        return ""
    words = {True: "met", False: "MISSED", None: "?"}
    return f"{row.goal} {words[row.goal.met(row.times)]}"


def duration(seconds: float) -> str:
    factor, unit = next((factor, unit) for limit, factor, unit in UNITS if seconds < limit)
    return f"{seconds * factor:.2f} {unit}"


def rate(row: Row) -> str:
    least, cpu = row.times[DLIR].least, row.times[DLIR].cpu_least
    if cpu is not None:
        return f"{cpu:.2f} s cpu"
    if row.flop:
        return f"{row.flop / least / 1e9:.0f} GF/s"
    return f"{row.moved / least / 1e9:.1f} GB/s" if row.moved else ""


def to_json(rows: Mapping[int, Iterable[Row]], settings: Settings) -> str:
    """Everything that was measured, by numbers of threads, and on what."""
    return json.dumps(
        {
            "machine": {"processor": _processor(), "system": platform.platform()},
            "versions": {name: _version(name) for name in PACKAGES},
            "settings": asdict(settings),
            "rows": [_row(row, threads) for threads, some in rows.items() for row in some],
        },
        indent=2,
    )


def _row(row: Row, threads: int) -> dict[str, Any]:
    ours = row.times.get(DLIR)
    return {
        "name": row.name,
        "threads": threads,
        "family": row.family,
        "suite": row.suite,
        "failure": row.failure,
        "skipped": row.skipped,
        "seconds": {name: _statistics(timing) for name, timing in row.times.items()},
        "ratio": {name: ours.ratio(t) for name, t in row.times.items() if ours and name != DLIR},
        "best_peer": row.best_peer(),
        "error": {"relative": row.errors.get(DLIR), "of": row.errors, "against": row.judge},
        "absent": row.absent,
        "flop": row.flop,
        "bytes": row.moved,
        "goal": row.goal and ours and {"text": str(row.goal), "met": row.goal.met(row.times)},
        "details": row.details,
    }


def _statistics(timing: Timing) -> dict[str, Any]:
    return {
        "median": timing.median,
        "min": timing.least,
        "samples": sum(map(len, timing.rounds)),
        "min_by_round": [min(samples) for samples in timing.rounds],
        "cpu": timing.cpu_least,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
            return names[0]
    except (OSError, IndexError):
        return platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
