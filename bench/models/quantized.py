"""A model in eight bits, as onnxruntime's quantiser writes it: QuantizeLinear, DequantizeLinear."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto

from bench.models.graph import GraphWriter

SAMPLES = 4


def quantized(writer: GraphWriter) -> ModelProto:
    """Activations in uint8, weights in int8 with a scale per channel; ranges of random inputs."""
    from onnxruntime import quantization

    class Samples(quantization.CalibrationDataReader):
        """Random inputs of the model's shapes."""

        def __init__(self) -> None:
            rng, inputs = np.random.default_rng(1), writer.inputs.items()
            self.left = [
                {name: rng.standard_normal(x.shape, np.float32) for name, x in inputs}
                for _ in range(SAMPLES)
            ]

        def get_next(self) -> Any:
            return self.left.pop() if self.left else None

    logging.getLogger().setLevel(logging.ERROR)  # it recommends its own preparation of models
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(writer.model(), source)
        quantization.quantize_static(
            source,
            result,
            Samples(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        return onnx.load(result)
