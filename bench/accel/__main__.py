"""python -m bench.accel [--machine gemmini ...] [pattern ...]: the suite's table."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch

from bench.accel.measure import Result, measure
from bench.accel.models import models

MACHINES = ("gemmini", "edge16", "tpu1", "large128")
HEADER = (
    f"{'model':34} {'machine':8} {'cycles':>11} {'% layers':>8} {'% fused':>8} {'roof':10} "
    f"{'serial x':>8} {'instr':>8} {'compile s':>9} {'instr/s':>8}"
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.accel", description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--machine", action="append", choices=MACHINES)
    parser.add_argument("--traceback", action="store_true")
    options = parser.parse_args()
    print(HEADER, flush=True)
    failed = 0
    for machine in options.machine or MACHINES:
        for name, make in models(machine).items():
            if any(fnmatch(name, p) for p in options.patterns):
                try:
                    print(line(measure(name, make(), machine, serial=True)), flush=True)
                except Exception as error:
                    if options.traceback:
                        raise
                    failed += 1
                    first = str(error).strip().partition("\n")[0]
                    print(f"{name:34} {machine:8} {type(error).__name__}: {first}", flush=True)
    return int(failed > 0)


def line(r: Result) -> str:
    speed = r.instructions / max(1e-9, r.seconds["simulate"])
    return (
        f"{r.name:34} {r.machine:8} {r.cycles:11} {r.percent:8.1f} {r.percent_fused:8.1f} "
        f"{r.roof:10} {r.serial_cycles / max(1, r.cycles):8.2f} {r.instructions:8} "
        f"{r.compile_seconds:9.1f} {speed / 1e6:7.2f}M"
    )


if __name__ == "__main__":
    sys.exit(main())
