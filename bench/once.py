"""One process that does what a user's script does: load a model, compile it, call it once.

    python -m bench.once MODEL [--engine onnxruntime] [--params FILE] [--inputs FILE.npz]

Prints a JSON object: seconds by step (of dlir also by phase), and `peak`, the most bytes that the
process ever had in memory. The process as a whole is timed by who started it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

Call = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--engine", default="dlir", help="dlir, or a peer")
    parser.add_argument("--params")
    parser.add_argument("--inputs", help="an .npz; without it nothing is called")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    inputs: dict[str, Any] = {}
    if options.inputs:
        import numpy as np

        inputs = dict(np.load(options.inputs))
    call, seconds = _dlir(options, inputs) if options.engine == "dlir" else _peer(options, inputs)
    if inputs:
        start = time.perf_counter()
        call()
        seconds["first call"] = time.perf_counter() - start
    print(json.dumps({**seconds, "peak": peak_memory()}))


def _dlir(options: Any, inputs: Mapping[str, Any]) -> tuple[Call, dict[str, float]]:
    start = time.perf_counter()
    import dlir

    imported = time.perf_counter()
    loaded = dlir.load(options.model, params=options.params)
    ready = time.perf_counter()
    executable = dlir.compile(loaded, threads=options.threads)
    steps = {
        "import": imported - start,
        "load": ready - imported,
        "compile": time.perf_counter() - ready,
    }
    phases = {f"compile.{phase.name}": phase.seconds for phase in executable.report.phases}
    return lambda: executable(*inputs.values()), steps | phases


def _peer(options: Any, inputs: Mapping[str, Any]) -> tuple[Call, dict[str, float]]:
    start = time.perf_counter()
    from bench.peers import PEERS
    from bench.program import Program

    peer = PEERS[options.engine]
    import_module(peer.module)
    import_module(f"bench.peers.{peer.file}")
    imported = time.perf_counter()
    program = Program(options.model, inputs, lambda: options.model)
    call = peer.make(program, options.threads)
    return call, {"import": imported - start, "load": time.perf_counter() - imported}


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
