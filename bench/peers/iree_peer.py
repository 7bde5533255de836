"""IREE as a peer: imported and compiled by its commands, called through its runtime."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import iree.runtime as rt
import numpy as np
import onnx

from bench.harness import Call
from bench.program import Program

FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host"]  # fmt: skip
VARIANTS = (("--iree-opt-level=O3", "--iree-opt-data-tiling"), ("--iree-opt-data-tiling",))


def default(program: Program, threads: int) -> Call:
    """With its default flags."""
    return _make(program, threads, [()])


def data_tiling(program: Program, threads: int) -> Call:
    """With O3 and data tiling; some models it compiles without O3 only."""
    return _make(program, threads, VARIANTS)


def _make(program: Program, threads: int, variants: Any) -> Call:
    model = program.proto()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(model, folder / "model.onnx")
        _import(folder)
        for number, variant in enumerate(variants):
            try:
                _run("iree-compile", *FLAGS, *variant, "model.mlir", "-o", "model.vmfb", cwd=folder)
                break
            except RuntimeError:
                if number == len(variants) - 1:
                    raise
        code = (folder / "model.vmfb").read_bytes()
    return _call(code, model.graph.name, list(program.inputs.values()), threads)


def _import(folder: Path) -> None:
    _run("iree-import-onnx", "model.onnx", "-o", "model.mlir", cwd=folder)


def _run(command: str, *arguments: str, cwd: Path) -> None:
    line = [str(Path(sys.executable).with_name(command)), *arguments]
    done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [text for text in done.stderr.splitlines() if "error:" in text]
        raise RuntimeError((errors or [done.stderr.strip()])[0])


@cache
def _device(threads: int) -> Any:
    """One thread calls kernels itself; several are a pool of IREE's."""
    if threads == 1:
        return rt.get_device("local-sync")
    rt.flags.parse_flags(f"--task_topology_group_count={threads}")
    return rt.get_device("local-task")


def _call(code: bytes, name: str, inputs: list[np.ndarray], threads: int) -> Call:
    device = _device(threads)
    instance = rt.VmInstance()
    hal = rt.create_hal_module(instance, device)
    module = rt.VmModule.copy_buffer(instance, code)
    context = rt.VmContext(instance, [hal, module])
    function = module.lookup_function(name)
    arguments = rt.VmVariantList(len(inputs))
    held = [rt.asdevicearray(device, array) for array in inputs]
    for array in held:
        arguments.push_ref(array._buffer_view)

    def call() -> list[Any]:
        results = rt.VmVariantList(1)
        context.invoke(function, arguments, results)
        return [
            rt.DeviceArray(
                device, results.get_as_object(i, rt.HalBufferView), implicit_host_transfer=True
            )
            for i in range(len(results))
        ]

    call()
    return call
