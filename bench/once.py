"""One process that does what a user's script does: load a model, compile it, call it once.

    python -m bench.once MODEL [--engine onnxruntime] [--params FILE] [--inputs FILE.npz]

Prints a JSON object: seconds by step, and for dlir by phase. The process as a whole is timed by who
started it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any


def _dlir(model: str, params: str | None) -> tuple[Callable[..., Any], dict[str, float]]:
    start = time.perf_counter()
    import dlir

    loaded = dlir.load(model, params=params)
    ready = time.perf_counter()
    executable = dlir.compile(loaded)
    seconds = {"load": ready - start, "compile": time.perf_counter() - ready}
    phases = {f"compile.{phase.name}": phase.seconds for phase in executable.report.phases}
    return executable, seconds | phases


def _onnxruntime(model: str, _: str | None) -> tuple[Callable[..., Any], dict[str, float]]:
    start = time.perf_counter()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def call(*arrays: Any) -> Any:
        return session.run(None, dict(zip(names, arrays, strict=True)))

    return call, {"load": time.perf_counter() - start}


ENGINES = {"dlir": _dlir, "onnxruntime": _onnxruntime}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--engine", choices=ENGINES, default="dlir")
    parser.add_argument("--params")
    parser.add_argument("--inputs", help="an .npz; without it nothing is called")
    options = parser.parse_args()
    call, seconds = ENGINES[options.engine](options.model, options.params)
    if options.inputs:
        import numpy as np

        arrays = list(np.load(options.inputs).values())
        start = time.perf_counter()
        call(*arrays)
        seconds["first call"] = time.perf_counter() - start
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
