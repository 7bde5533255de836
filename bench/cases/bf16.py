"""Products and a layer of BERT in bf16, beside torch in bf16 and beside themselves in float32."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

import dlir
from bench.cases.matmul import product
from bench.cases.model import program
from bench.harness import Call, Settings, pinned, time_calls
from bench.models.transformer import bert_layer
from bench.program import DLIR, Case, Goal, Program, Row, check, dlir_call

TORCH = "torch bf16"
FLOAT32 = "dlir float32"
TOLERANCE = 0.05
"""Relative to the largest result: bf16 has 8 bits, and contestants round in different places."""


def _measure(make: partial[Program], name: str, settings: Settings) -> Iterable[Row]:
    from bench.peers import torch_peer

    plain = make()
    row = Row(name, flop=plain.flop, goal=Goal(1, TORCH))
    with pinned(settings.cores):
        calls: dict[str, Call] = {
            DLIR: _in_bf16(plain, settings.threads),
            TORCH: torch_peer.bf16(plain, settings.threads),
            FLOAT32: dlir_call(plain, settings.threads),
        }
        in_numpy = {name: partial(_arrays, call) for name, call in calls.items()}
        plain = Program(plain.source, plain.inputs, plain.model, plain.params, tolerance=TOLERANCE)
        check(row, plain, in_numpy)
        row.times = time_calls({name: calls[name] for name in row.errors}, settings)
    yield row


def _in_bf16(program: Program, threads: int) -> Call:
    executable = dlir.compile(
        program.source, params=program.params, threads=threads, precision="bf16"
    )
    inputs = list(program.inputs.values())
    return lambda: executable(*inputs)


def _arrays(call: Call) -> list[np.ndarray]:
    results = call()
    parts = results if isinstance(results, list | tuple) else [results]
    return [np.asarray(part.float() if hasattr(part, "float") else part) for part in parts]


PROGRAMS = {
    "matmul-1024": partial(product, (1024, 1024), (1024, 1024), constant=True),
    "matmul-128x768x3072": partial(product, (128, 768), (768, 3072), constant=True),
    "bert-layer": partial(program, bert_layer),
}
CASES: list[Case] = [
    Case(f"bf16/{name}", partial(_measure, make), ("torch",)) for name, make in PROGRAMS.items()
]
