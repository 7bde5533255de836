"""A picture of the speeds, by matplotlib, which is needed for nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.program import Row

HEIGHT = 0.28
"""Inches per bar."""


def plot(rows: Mapping[int, Sequence[Row]], file: Path) -> None:
    """How many times faster than the best peer dlir is: a bar per row and number of threads."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("--plot needs matplotlib: pip install 'dlir[peers]'")
    matplotlib.use("agg")
    from matplotlib import pyplot

    found = {
        threads: {row.name: speed for row in some if (speed := row.speed()) is not None}
        for threads, some in rows.items()
    }
    names = list(dict.fromkeys(name for speeds in found.values() for name in speeds))
    bars = len(names) * len(found)
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + HEIGHT * bars), layout="constrained")
    for number, (threads, speeds) in enumerate(found.items()):
        places = [names.index(name) + number / (len(found) + 1) for name in speeds]
        label = f"{threads} thread{'s' if threads > 1 else ''}"
        lengths = [speed - 1 for speed in speeds.values()]
        axes.barh(places, lengths, 1 / (len(found) + 1), left=1, label=label)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel("time of the best peer / time of dlir (above 1, dlir is faster)")
    axes.legend()
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot draw to {file}: {error}")
