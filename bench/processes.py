"""Whole models in processes of their own: what compiling takes, and how much memory.

Times are from the model's file to the first result; the start of Python and the imports of
libraries are left out, of dlir's as of the peers'.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness import Settings
from bench.program import DLIR, Program

COLD, WARM = "dlir cold", "dlir warm"
STEPS = "load", "compile", "first call"
MEMORY_PEERS = ("onnxruntime",)
CACHES = ("DLIR_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")
"""Variables that name folders in which something is kept between processes."""
SERIAL = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
"""A pool of processes would start with the time that is measured."""
MALLOC_VARIABLES = ("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_")


AGE = 2.5
"""Seconds. A user's model was not written a moment ago, and dlir trusts no file that young."""

Printed = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Files:
    """A program in a folder."""

    folder: Path
    model: Path
    """For the peers."""
    ours: Path
    inputs: Path
    params: Path | None

    def arguments(self, engine: str, threads: int) -> list[str]:
        """Of `bench.once`."""
        model = self.ours if engine == DLIR else self.model
        words = [str(model), "--engine", engine, "--inputs", str(self.inputs)]
        if engine == DLIR and self.params is not None:
            words += ["--params", str(self.params)]
        return [*words, "--threads", str(threads)]


def measure_processes(program: Program, settings: Settings) -> dict[str, Printed]:
    """What `bench.once` printed, by engine, of those that are asked for: `compile`, `memory`."""
    from bench.peers import present

    found: dict[str, Printed] = {}
    with tempfile.TemporaryDirectory() as name:
        files = _write(program, Path(name))
        time.sleep(AGE)
        if settings.compile:
            peers = [peer for peer in present(settings.peers) if peer != "numpy"]
            found["compile"] = _run_all(files, peers, settings, "--imports")
        if settings.memory:
            peers = [peer for peer in present(settings.peers) if peer in MEMORY_PEERS]
            found["memory"] = _run_all(files, peers, settings)
    return found


def seconds(printed: Mapping[str, Any]) -> float | None:
    """From the file to the first result; None where it failed."""
    return None if "failure" in printed else sum(printed.get(step, 0) for step in STEPS)


def _run_all(files: Files, peers: Sequence[str], settings: Settings, *options: str) -> Printed:
    """dlir's second process finds what its first has kept."""
    with tempfile.TemporaryDirectory() as caches:
        engines = {COLD: DLIR, WARM: DLIR, **{peer: peer for peer in peers}}
        return {
            label: _run(files, engine, settings, Path(caches) / engine, *options)
            for label, engine in engines.items()
        }


def _run(
    files: Files, engine: str, settings: Settings, caches: Path, *options: str
) -> dict[str, Any]:
    """What the process printed, or `failure`, its last line of errors."""
    command = [sys.executable, "-m", "bench.once", *files.arguments(engine, settings.threads)]
    command += [*options, *(["--cpu-time"] if settings.cpu_time else [])]
    environment = {**os.environ, **SERIAL, **dict.fromkeys(CACHES, str(caches))}
    for name in MALLOC_VARIABLES:  # memory is given back, as it is where nobody measures
        environment.pop(name, None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failure": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def _write(program: Program, folder: Path) -> Files:
    import onnx

    model, inputs = folder / "model.onnx", folder / "inputs.npz"
    onnx.save(program.proto(), model)
    np.savez(inputs, **program.inputs)
    ours, params = model, None
    if isinstance(program.source, Path):
        ours = program.source
    elif isinstance(program.source, str):
        ours = folder / "model.mlir"
        ours.write_text(program.source)
    if isinstance(program.params, Path):
        params = program.params
    elif program.params:
        from safetensors.numpy import save_file

        params = folder / "params.safetensors"
        save_file(dict(program.params), params)
    return Files(folder, model, ours, inputs, params)
