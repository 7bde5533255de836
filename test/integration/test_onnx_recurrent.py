"""Recurrent layers over sequences of different and of unknown lengths, against onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
HIDDEN, INPUT = 3, 2


def model_of(operator: str, direction: str, steps: str, lengths: str | None, flag: str) -> Any:
    """`lengths`: a type for an input, the numbers of a constant, or None for no operand."""
    count = 2 if direction == "bidirectional" else 1
    gates = GATES[operator] * HIDDEN
    given = lengths if lengths and lengths.startswith("int32") else None
    states = 2 if operator == "LSTM" else 1
    start = [f"float[{count}, N, {HIDDEN}] s{n}" for n in range(states)]
    end = [f"float[{count}, N, {HIDDEN}] t{n}" for n in range(states)]
    inputs = [f"float[{steps}, N, {INPUT}] x", f"float[{count}, {gates}, {INPUT}] w",
              f"float[{count}, {gates}, {HIDDEN}] r", f"float[{count}, {2 * gates}] b",
              *([f"{given} l"] if given else []), *start]  # fmt: skip
    constant = f"l = Constant<value = int32[3] {lengths}>()" if lengths and not given else ""
    operands = ", ".join(
        ["x", "w", "r", "b", "l" if lengths else "", *(f"s{n}" for n in range(states))]
    )
    text = f"""<ir_version: 8, opset_import: ["" : 18]>
    m ({", ".join(inputs)}) => (float[S, {count}, N, {HIDDEN}] y, {", ".join(end)}) {{
      {constant}
      y, {", ".join(f"t{n}" for n in range(states))} = {operator}
        <hidden_size = {HIDDEN}, direction = "{direction}"{flag}> ({operands})
    }}"""
    model = onnx.parser.parse_model(text)
    onnx.checker.check_model(model)
    return model


def same(model: Any, device: str, steps: int, lengths: list[int] | None) -> None:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    rng = np.random.default_rng(steps)
    arrays: dict[str, Any] = {}
    for info in session.get_inputs():
        shape = [{"N": 3, "S": steps}.get(n) or int(n) for n in info.shape]
        arrays[info.name] = rng.standard_normal(shape).astype(np.float32)
    if lengths is not None:
        arrays["l"] = np.array(lengths, np.int32)
    wanted = session.run(None, arrays)
    for one, other in zip(DlirBackend.prepare(model, device).run(arrays), wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


CASES = [
    ("RNN", "forward", ""), ("RNN", "bidirectional", ""), ("GRU", "reverse", ""),
    ("GRU", "forward", ", linear_before_reset = 1"), ("LSTM", "forward", ""),
    ("LSTM", "bidirectional", ""),
]  # fmt: skip


@pytest.mark.parametrize("device", ["REF", "CPU"])
@pytest.mark.parametrize(("operator", "direction", "flag"), CASES)
def test_sequences_of_different_lengths(
    operator: str, direction: str, flag: str, device: str
) -> None:
    same(model_of(operator, direction, "5", "{5, 1, 3}", flag), device, 5, None)
    same(model_of(operator, direction, "5", "int32[N]", flag), device, 5, [2, 5, 1])
    same(model_of(operator, direction, "S", "int32[N]", flag), device, 4, [2, 4, 1])


@pytest.mark.parametrize("device", ["REF", "CPU"])
@pytest.mark.parametrize(("operator", "direction", "flag"), CASES)
def test_sequences_of_an_unknown_length(
    operator: str, direction: str, flag: str, device: str
) -> None:
    for steps in (1, 6):
        same(model_of(operator, direction, "S", None, flag), device, steps, None)


def test_long_sequences_of_different_lengths_are_a_loop() -> None:
    model = model_of("LSTM", "reverse", "40", "int32[N]", "")
    for device in ("REF", "CPU"):
        same(model, device, 40, [40, 1, 17])
