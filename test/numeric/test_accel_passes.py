"""Random `accel` programs: every pass keeps what they compute, and so does the machine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric.accel_cases import (
    BF16,
    I8,
    inputs_of,
    interpreted,
    large_module,
    machine,
    program_in,
    random_module,
    same_bits,
    simulated,
)
from xdsl.dialects.builtin import ModuleOp

from dlir.dialects.accel.lifetimes import memory_uses
from dlir.parser import parse_module
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.accel.description import Machine
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.verifier import verify_program
from dlir.targets.accel.view import machine_of
from dlir.verifier import verify

QUICK = settings(max_examples=8, deadline=None, derandomize=True, print_blob=False)
THOROUGH = settings(QUICK, max_examples=400, derandomize=False)
SEEDS = st.integers(0, 2**31)
PASSES = ("accel-prefetch{depth=5}", "accel-allocate", "accel-place-tokens")


def tight(module: ModuleOp, host: bool) -> Machine:
    """A machine whose memories are hardly larger than what is alive together."""
    generous = machine(host)
    live = {use.memory: use.live for use in memory_uses(program_in(module), generous.sizes)}
    lines = {name: (live.get(name, 0) * 5 // 4 // 8 + 2) * 8 for name in generous.sizes}
    return machine(
        host,
        spm_bytes=str(lines["spm"] * generous.line_bytes),
        acc_rows=str(lines["acc"]),
        wbuf_bytes=str(lines["wbuf"] * generous.line_bytes),
    )


def check(seed: int, element: Any, host: bool) -> None:
    """Reference = reference after each pass = machine, with loops and without."""
    small = tight(random_module(seed, element, machine(host)), host)
    check_module(random_module(seed, element, small), seed)


def check_module(module: ModuleOp, seed: int) -> None:
    verify(module)
    sizes = machine_of(program_in(module).machine).sizes
    inputs = inputs_of(module, seed)
    want = interpreted(module, inputs)
    for name in PASSES:
        PassManager(name).run(default_registry().context(), module)
        verify(module)
        text = str(module)
        assert str(parse_module(text, default_registry().context(), "case.mlir")) == text
        assert same_bits(interpreted(module, inputs), want), name
    for use in memory_uses(program_in(module), sizes):
        assert use.live <= use.peak <= use.lines
    for loops in (True, False):
        program = emit_program(program_in(module), inputs, loops=loops)
        verify_program(program)
        assert same_bits(simulated(module, program, inputs), want), f"loops={loops}"


@QUICK
@given(seed=SEEDS, host=st.booleans())
def test_i8(seed: int, host: bool) -> None:
    check(seed, I8, host)


@QUICK
@given(seed=SEEDS, host=st.booleans())
def test_bf16(seed: int, host: bool) -> None:
    check(seed, BF16, host)


@pytest.mark.parametrize("element", [I8, BF16], ids=["i8", "bf16"])
def test_more_than_an_instruction_holds(element: Any) -> None:
    check_module(large_module(element), 0)


@pytest.mark.slow
@THOROUGH
@given(seed=SEEDS, element=st.sampled_from((I8, BF16)), host=st.booleans())
def test_many(seed: int, element: Any, host: bool) -> None:
    check(seed, element, host)
