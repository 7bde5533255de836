"""python -m bench [NAME...]: measures dlir beside its peers."""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from bench import report
from bench.harness import QUICK, Settings, default_cores
from bench.program import Case, Row, reason

# OpenBLAS picks numpy's kernels by OPENBLAS_CORETYPE, which may be set for an older processor.
CLEARED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# glibc then keeps freed memory: page faults of fresh results would hide the arithmetic.
MALLOC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TVM_NUM_THREADS")
SUITE, ALL = "suite", "all"


def main() -> int:
    options = _parser().parse_args()
    if options.worker:
        return _work(options)
    from bench.peers import PEERS, present

    cases = _selected(options)
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    if unknown := set(options.peers) - set(PEERS):
        sys.exit(f"no peer is called '{min(unknown)}'; there are {', '.join(PEERS)}")
    runs = [_settings(options, threads) for threads in options.threads]
    wanted = options.peers or PEERS
    for name in (name for name in wanted if name not in present(wanted)):
        print(f"not installed: {name}")
    rows = {settings.threads: _measured(settings) for settings in runs}
    _show(rows, runs[0], options)
    return 1 if any(row.failure for found in rows.values() for row in found) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="cases or patterns (conv, 'matmul/*'), suite or all; the suite"
    )
    parser.add_argument("--cases", type=_names, default=[], metavar="PATTERN", help="names as well")
    parser.add_argument("--list", action="store_true", help="print the names of the cases; all")
    parser.add_argument("--peers", type=_names, default=[], help="those alone: onnxruntime,torch")
    parser.add_argument(
        "--threads", type=_counts, default=[1], help="numbers of threads (1,2); one"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the speeds (.png, .svg)")
    parser.add_argument("--rounds", type=int, help="rounds of calls, and of processes")
    parser.add_argument("--quick", action="store_true", help="a look rather than a measurement")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="time calls by CPU time, on a machine that is busy with other things; one thread only",
    )
    parser.add_argument(
        "--core", type=_counts, help="pin to it, or to several (0,1); -1: to none (default: last)"
    )
    parser.add_argument("--compile", action="store_true", help="also times of compiling the models")
    parser.add_argument("--memory", action="store_true", help="also the memory of running them")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _counts(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _settings(options: argparse.Namespace, threads: int) -> Settings:
    """Exits where the options do not go together."""
    if threads < 1:
        sys.exit("the number of threads must be positive")
    if options.cpu_time and threads > 1:
        sys.exit("--cpu-time is for one thread: it would count the work of all, and their waiting")
    first = threads == options.threads[0]  # processes are measured once
    cores = default_cores(threads) if options.core is None else tuple(options.core)
    if options.core not in (None, [-1]) and len(options.core) < threads:
        sys.exit(f"{threads} threads need as many cores: --core 0,1")
    base = QUICK if options.quick else Settings()
    settings = replace(
        base,
        threads=threads,
        cores=None if cores == (-1,) else cores,
        peers=tuple(options.peers),
        cpu_time=options.cpu_time,
        compile=options.compile and first,
        memory=options.memory and first,
    )
    if options.rounds is None:
        return settings
    return replace(settings, rounds=options.rounds, process_rounds=options.rounds)


def _selected(options: argparse.Namespace) -> list[Case]:
    """The cases that a pattern matches, as a whole or as the first parts of the name."""
    from bench.cases import CASES

    patterns = [*options.names, *options.cases] or [ALL if options.list else SUITE]
    for pattern in patterns:
        if not any(_matches(case, pattern) for case in CASES.values()):
            sys.exit(f"no case is called '{pattern}'; see --list")
    return [case for case in CASES.values() if any(_matches(case, p) for p in patterns)]


def _matches(case: Case, pattern: str) -> bool:
    named = fnmatch(case.name, pattern) or case.name.startswith(f"{pattern}/")
    return named or pattern == ALL or (pattern == SUITE and case.suite)


def _measured(settings: Settings) -> list[Row]:
    """Measure in a process of its own: libraries read their threads when they are loaded."""
    threads = settings.threads
    environment = {n: v for n, v in os.environ.items() if n not in CLEARED}
    environment |= MALLOC | dict.fromkeys(THREADS, str(threads))
    if threads == 1:
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        file.write_bytes(pickle.dumps(settings))
        command = [sys.executable, "-m", "bench", *sys.argv[1:], "--worker", str(file)]
        sys.stdout.flush()
        code = subprocess.run(command, env=environment, check=False).returncode
        if code:
            sys.exit(f"the process that measures {threads} threads ended with {code}")
        return pickle.loads(file.read_bytes())


def _work(options: argparse.Namespace) -> int:
    """In the process that measures: settings come from a file and rows go to it."""
    settings = pickle.loads(options.worker.read_bytes())
    rows = list(_rows(_selected(options), settings))
    options.worker.write_bytes(pickle.dumps(rows))
    return 0


def _rows(cases: list[Case], settings: Settings) -> Iterator[Row]:
    """Print each row as soon as it is there."""
    from bench.peers import present

    peers = present(settings.peers)
    print(report.header(peers, settings), flush=True)
    for case in cases:
        for row in _rows_of(case, settings):
            row.family, row.suite = case.family, case.suite
            print(report.line(row, peers), flush=True)
            yield row


def _rows_of(case: Case, settings: Settings) -> Iterator[Row]:
    from bench.peers import installed

    missing = [name for name in case.needs if not installed(name)]
    if missing:
        yield Row(case.name, skipped=f"needs {', '.join(missing)}")
        return
    try:
        yield from case.measure(case.name, settings)
    except Exception as error:  # one case that fails must not hide the others
        yield Row(case.name, failure=reason(error))


def _show(rows: dict[int, list[Row]], settings: Settings, options: argparse.Namespace) -> None:
    from bench.tables import show

    show(rows)
    if options.json:
        options.json.write_text(report.to_json(rows, settings) + "\n")
    if options.plot:
        from bench.plot import plot

        plot(rows, options.plot)


if __name__ == "__main__":
    sys.exit(main())
