"""python -m bench.accel [--machine gemmini ...] [--json FILE] [pattern ...]: the suite's table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatch
from math import exp, log
from pathlib import Path

from bench.accel.measure import Result, measure
from bench.accel.models import models

MACHINES = ("gemmini", "edge16", "tpu1", "large128")
HEADER = (
    f"{'model':34} {'machine':8} {'cycles':>11} {'% whole':>8} {'% layers':>8} {'roof':10} "
    f"{'single x':>8} {'traffic x':>9} {'instr':>8} {'compile s':>9}"
)
NOT_COMPILING = ("single", "simulate")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.accel", description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--machine", action="append", choices=MACHINES)
    parser.add_argument("--json", metavar="FILE", help="keep the results")
    parser.add_argument("--layers", action="store_true", help="a line per layer behind each model")
    parser.add_argument("--traceback", action="store_true", help="stop at the first failure")
    options = parser.parse_args()
    print(HEADER, flush=True)
    results: list[Result] = []
    failed = 0
    for machine in options.machine or MACHINES:
        for name, make in models(machine).items():
            if any(fnmatch(name, p) for p in options.patterns):
                try:
                    results.append(measure(name, make(), machine))
                    print(line(results[-1]), flush=True)
                    if options.layers:
                        print(layer_table(results[-1]), flush=True)
                except Exception as error:
                    if options.traceback:
                        raise
                    failed += 1
                    first = str(error).strip().partition("\n")[0]
                    print(f"{name:34} {machine:8} {type(error).__name__}: {first}", flush=True)
                if options.json:
                    rows = [asdict(result) for result in results]
                    Path(options.json).write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    print(summary(results))
    return int(failed > 0)


def line(r: Result) -> str:
    moved = (r.traffic["dram"] + r.traffic.get("host", 0)) / max(1, r.distinct_bytes)
    seconds = sum(s for stage, s in r.seconds.items() if stage not in NOT_COMPILING)
    return (
        f"{r.name:34} {r.machine:8} {r.cycles:11} {r.whole:8.1f} {r.layers:8.1f} "
        f"{r.roof:10} {r.factor:8.2f} {moved:9.2f} {r.instructions:8} {seconds:9.1f}"
    )


def layer_table(r: Result) -> str:
    """Least and taken cycles of each layer, what binds it, and how long engines work on it."""
    lines = [
        f"  {'layer':28} {'roof':10} {'at least':>10} {'taken':>10}     ld      mx      vx  st"
    ]
    for row in r.rows:
        busy = " ".join(f"{row['busy'][name]:9.0f}" for name in ("ld", "mx", "vx", "st"))
        lines.append(
            f"  {row['layer']:28} {row['name']:10} {row['cycles']:10.0f} {row['time']:10.0f} {busy}"
        )
    return "\n".join(lines)


def summary(results: Sequence[Result]) -> str:
    """Geometric means of each set on each machine."""
    lines = [
        f"\n{'geometric means':34} {'machine':8} {'% whole':>8} {'% layers':>8} {'single x':>8}"
    ]
    sets = dict.fromkeys((r.name.partition("/")[0], r.machine) for r in results)
    for kind, machine in sets:
        mine = [r for r in results if (r.name.partition("/")[0], r.machine) == (kind, machine)]
        means = [_mean([getattr(r, key) for r in mine]) for key in ("whole", "layers", "factor")]
        lines.append(f"{kind:34} {machine:8} {means[0]:8.1f} {means[1]:8.1f} {means[2]:8.2f}")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    return exp(sum(log(max(v, 1e-9)) for v in values) / len(values))


if __name__ == "__main__":
    sys.exit(main())
