"""The models of the benchmarks at small sizes: numpy in double precision, dlir and the peers agree.

Peers that are not installed are left out; those that take seconds to compile are not asked.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import checker

from bench.cases import CASES
from bench.cases.model import program
from bench.models.dlrm import dlrm
from bench.models.graph import GraphWriter
from bench.models.lstm import lstm
from bench.models.mlp import mlp
from bench.models.resnet import resnet
from bench.models.transformer import bert_layer, gpt2_block
from bench.models.work import flop
from bench.peers import PEERS
from bench.program import DLIR, Row, check, dlir_call

SMALL: dict[str, Callable[[], GraphWriter]] = {
    "resnet18": partial(resnet, 18, size=32, width=4, classes=5),
    "resnet50": partial(resnet, 50, size=32, width=4, classes=5),
    "bert": partial(bert_layer, length=5, width=12, heads=3),
    "gpt2": partial(gpt2_block, length=7, width=12, heads=2),
    "lstm": partial(lstm, steps=5, hidden=6, batch=2),
    "dlrm": partial(dlrm, batch=3, tables=2, rows=11, width=4, bag=2, hidden=(5, 6)),
    "mlp": partial(mlp, 2, (7, 5, 3)),
}
QUICK_PEERS = ("onnxruntime", "openvino", "torch", "jax")


@pytest.mark.parametrize("name", SMALL)
def test_all_agree(name: str) -> None:
    small = program(SMALL[name])
    checker.check_model(small.proto(), full_check=True)
    row = Row(name)
    calls = {DLIR: dlir_call(small, threads=1)}
    calls |= {n: PEERS[n].make(small, 1) for n in QUICK_PEERS if PEERS[n].installed}
    check(row, small, calls)
    assert row.judge == "float64" and not row.absent
    assert max(row.errors.values()) < 1e-4


@pytest.mark.parametrize("name", SMALL)
def test_builders_repeat_themselves(name: str) -> None:
    models = [SMALL[name]().model().SerializeToString() for _ in range(2)]
    assert models[0] == models[1]


def test_the_arithmetic_is_counted() -> None:
    assert flop(mlp(2, (7, 5, 3)).model()) == 2 * 2 * (7 * 5 + 5 * 3)
    assert flop(lstm(steps=5, hidden=6, batch=2).model()) == 2 * 5 * 2 * 24 * (6 + 6)
    assert 3.6e9 < flop(resnet(18).model()) < 3.7e9


def test_results_depend_on_the_inputs() -> None:
    small = program(SMALL["resnet50"])
    call = dlir_call(small, threads=1)
    before = np.asarray(call()).copy()
    small.inputs["image"][...] = -small.inputs["image"]
    assert np.abs(np.asarray(call()) - before).max() > 0.01 * np.abs(before).max()


def test_the_suite_is_complete() -> None:
    suite = {case.name for case in CASES.values() if case.suite}
    assert len([name for name in suite if name.startswith("model/")]) == 8
    assert {"minilm/8x128", "matmul/2048", "matmul/1x4096x4096-constant"} <= suite
    assert len([name for name in suite if name.startswith("conv/")]) == 5
    assert len([name for name in suite if name.startswith("memory/")]) == 7
