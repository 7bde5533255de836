"""Whole models with random weights, from ONNX."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.models.dlrm import dlrm
from bench.models.graph import GraphWriter
from bench.models.lstm import lstm
from bench.models.mlp import mlp
from bench.models.resnet import resnet
from bench.models.transformer import bert, bert_layer, gpt2_block
from bench.models.work import flop
from bench.program import Case, Program, program_case

TOLERANCE = 1e-3
BUILDERS: dict[str, Callable[[], GraphWriter]] = {
    "resnet50": partial(resnet, 50),
    "resnet18": partial(resnet, 18),
    "bert-layer": bert_layer,
    "gpt2-block": gpt2_block,
    "lstm": lstm,
    "dlrm": dlrm,
    "mlp-1": partial(mlp, 1),
    "mlp-64": partial(mlp, 64),
}


def program(build: Callable[[], GraphWriter]) -> Program:
    """dlir reads the same model as the peers."""
    writer = build()
    model = writer.model()
    return Program(model, writer.inputs, lambda: model, flop=flop(model), tolerance=TOLERANCE)


CASES: list[Case] = [
    *(
        program_case(f"model/{name}", partial(program, build), suite=True)
        for name, build in BUILDERS.items()
    ),
    program_case("model/bert-base", partial(program, partial(bert, 12))),
]
