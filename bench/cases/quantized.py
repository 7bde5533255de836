"""Models in eight bits beside the same peers in eight bits, and beside themselves in float32."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.harness import Settings, pinned, time_calls
from bench.models.quantized import quantized
from bench.models.resnet import resnet
from bench.program import Case, Goal, Program, Row, dlir_call, measure_program

TOLERANCE = 0.05
"""Relative to the largest result: some of 256 steps, by which peers that fuse round otherwise."""
PEERS_GOAL = Goal(1 / 0.9, "onnxruntime")
FLOAT32 = "dlir float32"
FLOAT_GOAL = Goal(1 / 1.8, FLOAT32)


def _measure(name: str, settings: Settings) -> Iterable[Row]:
    writer = resnet(50)
    plain, model = writer.model(), quantized(writer)
    program = Program(model, writer.inputs, lambda: model, tolerance=TOLERANCE)
    yield measure_program(Row(name, goal=PEERS_GOAL), program, settings)
    with pinned(settings.cores):
        calls = {
            "dlir": dlir_call(program, settings.threads),
            FLOAT32: dlir_call(replace(program, source=plain), settings.threads),
        }
        times = time_calls(calls, settings)
    yield Row(f"{name}/float32", times, goal=FLOAT_GOAL)


CASES: list[Case] = [Case("quantized/resnet50", _measure, ("onnxruntime",))]
