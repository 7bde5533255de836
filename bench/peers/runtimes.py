"""The peers that bring their kernels along: onnxruntime, OpenVINO, numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.harness import Call
from bench.program import Program


def onnxruntime(program: Program, threads: int) -> Call:
    """Inputs and outputs are bound once, so that a call neither copies nor allocates."""
    session = _session(program.serialised(), threads)
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


def _session(model: str | bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def openvino(program: Program, threads: int) -> Call:
    """In float32, where the default would be bfloat16 on some processors; all tensors are bound."""
    import openvino

    core = openvino.Core()
    model = core.read_model(program.serialised())
    model.reshape({name: list(array.shape) for name, array in program.inputs.items()})
    compiled = core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,
        },
    )
    request = compiled.create_infer_request()
    for name, array in program.inputs.items():
        request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
    views = [request.get_output_tensor(number).data for number in range(len(compiled.outputs))]

    def call() -> list[Any]:
        request.start_async()
        request.wait()
        return views

    return call


def numpy(program: Program, threads: int) -> Call:
    """As many threads as OPENBLAS_NUM_THREADS said when numpy was loaded."""
    from bench.evaluate import read_for
    from bench.operators import numpy_operators

    operators = numpy_operators(np.float32)
    graph = read_for(operators, program.proto())
    values: dict[str, Any] = {**graph.constants, **program.inputs}
    return lambda: graph.run(operators, values)
