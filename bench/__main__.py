"""python -m bench [NAME...]: measures dlir beside its peers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from bench import report
from bench.harness import QUICK, Settings, default_core
from bench.program import Case, Row

# OpenBLAS picks numpy's kernels by OPENBLAS_CORETYPE, which may be set for an older processor.
# With MALLOC_*, glibc keeps freed memory: page faults of fresh results would hide the arithmetic.
CLEARED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
}


def main() -> int:
    options = _parser().parse_args()
    _restart_in_environment()
    from bench.cases import CASES

    cases = _select(list(CASES.values()), options.names)
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    settings = _settings(options)
    rows = _measure(cases, settings)
    if options.json:
        options.json.write_text(report.to_json(rows, settings) + "\n")
    return 1 if any(row.failure for row in rows) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases or patterns (conv, 'matmul/*'); all")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    parser.add_argument("--rounds", type=int, help="rounds of calls, and of processes")
    parser.add_argument("--quick", action="store_true", help="a look rather than a measurement")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="time calls by CPU time, on a machine that is busy with other things",
    )
    parser.add_argument(
        "--core", type=int, default=default_core(), help="pin to it; -1: to none (default: last)"
    )
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    core = None if options.core == -1 else options.core
    base = QUICK if options.quick else Settings()
    settings = replace(base, core=core, cpu_time=options.cpu_time)
    if options.rounds is None:
        return settings
    return replace(settings, rounds=options.rounds, process_rounds=options.rounds)


def _restart_in_environment() -> None:
    """Run this again with the variables above, which libraries read when they are loaded."""
    fine = ENVIRONMENT.items() <= os.environ.items() and not set(CLEARED) & set(os.environ)
    if not fine:
        kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
        command = [sys.executable, "-m", "bench", *sys.argv[1:]]
        sys.stdout.flush()
        os.execve(sys.executable, command, {**kept, **ENVIRONMENT})


def _select(cases: list[Case], patterns: list[str]) -> list[Case]:
    """The cases that a pattern matches, as a whole or as the first parts of the name."""
    for pattern in patterns:
        if not any(_matches(case, pattern) for case in cases):
            sys.exit(f"no case is called '{pattern}'; see --list")
    return [c for c in cases if not patterns or any(_matches(c, p) for p in patterns)]


def _matches(case: Case, pattern: str) -> bool:
    return fnmatch(case.name, pattern) or case.name.startswith(f"{pattern}/")


def _measure(cases: list[Case], settings: Settings) -> list[Row]:
    """Print each row as soon as it is there."""
    from bench.peers import PEERS, installed

    peers = [name for name in PEERS if installed(name)]
    absent = sorted(set(PEERS) - set(peers))
    if absent:
        print(f"not installed: {', '.join(absent)}")
    print(report.header(peers), flush=True)
    rows: list[Row] = []
    for case in cases:
        for row in _rows(case, settings):
            print(report.line(row, peers), flush=True)
            rows.append(row)
    return rows


def _rows(case: Case, settings: Settings) -> Iterator[Row]:
    from bench.peers import installed

    missing = [name for name in case.needs if not installed(name)]
    if missing:
        yield Row(case.name, skipped=f"needs {', '.join(missing)}")
        return
    try:
        yield from case.measure(case.name, settings)
    except Exception as error:  # one case that fails must not hide the others
        first = str(error).strip().partition("\n")[0]
        yield Row(case.name, failure=f"{type(error).__name__}: {first}")


if __name__ == "__main__":
    sys.exit(main())
