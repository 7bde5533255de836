"""One process that does what a user's script does: load a model, compile it, call it once.

    python -m bench.once MODEL [--engine onnxruntime] [--params FILE] [--inputs FILE.npz]

Prints a JSON object: seconds by step (of dlir also by phase), and `peak`, the most bytes that the
process ever had in memory. The process as a whole is timed by who started it.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

Call = Callable[[], Any]
Clock = Callable[[], float]
PARTS = (
    "dlir.dialects",
    "dlir.frontends.onnx",
    "dlir.lowering",
    "dlir.targets.cpu",
    "dlir.transforms",
)
"""Of dlir: those that compiling a model for this machine needs."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--engine", default="dlir", help="dlir, or a peer")
    parser.add_argument("--params")
    parser.add_argument("--inputs", help="an .npz; without it nothing is called")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cpu-time", action="store_true", help="of this process and its children")
    parser.add_argument("--imports", action="store_true", help="import beforehand all of dlir")
    options = parser.parse_args()
    clock = cpu_time if options.cpu_time else time.perf_counter
    inputs: dict[str, Any] = {}
    if options.inputs:
        import numpy as np

        inputs = dict(np.load(options.inputs))
    engine = _dlir if options.engine == "dlir" else _peer
    call, seconds = engine(options, inputs, clock)
    if inputs:
        start = clock()
        call()
        seconds["first call"] = clock() - start
    print(json.dumps({**seconds, "peak": peak_memory()}))


def _dlir(options: Any, inputs: Mapping[str, Any], clock: Clock) -> tuple[Call, dict[str, float]]:
    start = clock()
    import dlir

    if options.imports:
        for name in PARTS:
            _import_all(name)
    imported = clock()
    loaded = dlir.load(options.model, params=options.params)
    ready = clock()
    executable = dlir.compile(loaded, threads=options.threads)
    steps = {
        "import": imported - start,
        "load": ready - imported,
        "compile": clock() - ready,
    }
    phases = {f"compile.{phase.name}": phase.seconds for phase in executable.report.phases}
    return lambda: executable(*inputs.values()), steps | phases


def _import_all(name: str) -> None:
    """What is imported only when it is needed would count as time of compiling."""
    package = import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}.", onerror=lambda _: None):
        with suppress(ImportError):  # of an optional package
            import_module(module.name)


def _peer(options: Any, inputs: Mapping[str, Any], clock: Clock) -> tuple[Call, dict[str, float]]:
    start = clock()
    from bench.peers import PEERS
    from bench.program import Program

    peer = PEERS[options.engine]
    import_module(peer.module)
    import_module(f"bench.peers.{peer.file}")
    imported = clock()
    program = Program(options.model, inputs, lambda: options.model)
    call = peer.make(program, options.threads)
    return call, {"import": imported - start, "load": clock() - imported}


def cpu_time() -> float:
    """Seconds, with those of children that have ended: compilers, mostly."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def peak_memory() -> int:
    """Bytes. Linux's ru_maxrss would count what the process was before it became this program."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
