"""The peers: each turns a program into a call without arguments, at its best on one thread.

A peer that is not installed does not take part. To add one, write a function that returns the call,
or None for a program that it has no counterpart of, and name it in PEERS.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.harness import Call, Settings, pinned
from bench.program import Program


def contestants(program: Program, settings: Settings) -> dict[str, Call]:
    """The calls of all peers that are installed and can run the program, the judge first."""
    with pinned(settings.core):  # threads that a peer starts stay on that core
        made = {name: make(program) for name, make in PEERS.items() if installed(name)}
    return {name: call for name, call in made.items() if call is not None}


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def onnxruntime_session(model: Any) -> Any:
    """A session of a ModelProto or of the path of one, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _onnxruntime(program: Program) -> Call:
    """Inputs and outputs are bound once, so that a call neither copies nor allocates."""
    session = onnxruntime_session(program.model())
    binding = session.io_binding()
    for name, array in program.inputs.items():
        binding.bind_cpu_input(name, array)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    session.run_with_iobinding(binding)
    values = binding.get_outputs()
    binding.clear_binding_outputs()
    for output, value in zip(session.get_outputs(), values, strict=True):
        binding.bind_ortvalue_output(output.name, value)
    views = [value.numpy() for value in values]

    def call() -> list[Any]:
        session.run_with_iobinding(binding)
        return views

    return call


def _numpy(program: Program) -> Call | None:
    if program.numpy is None:
        return None
    function, inputs = program.numpy, list(program.inputs.values())
    return lambda: function(*inputs)


def _torch(program: Program) -> Call | None:
    if program.torch is None:
        return None
    import torch

    torch.set_num_threads(1)
    function, inputs = program.torch, [torch.from_numpy(a) for a in program.inputs.values()]

    def call() -> Any:
        with torch.inference_mode():
            return function(*inputs)

    return call


PEERS: dict[str, Callable[[Program], Call | None]] = {
    "onnxruntime": _onnxruntime,
    "numpy": _numpy,
    "torch": _torch,
}
