"""Memory is shared only where nobody can tell: random programs, and the arena's planner."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric.structured_runs import (
    BUFFERS,
    LOOPS,
    interpreted,
    interpreted_buffers,
    lowered,
    parse,
    same,
)
from numeric.structured_text import Reading, generic

from dlir.dialects.structured.arena import APART_BYTES, Request, aligned, plan

T, ROW = "tensor<?x4xf32>", "tensor<?xf32>"
ADD = "%v = arith.addf %a0, %a1 : f32\nyield %v : f32"
COPY = "yield %a0 : f32"


@dataclass
class Program:
    """Text of a function on two `?x4` tensors; `values` are the SSA names of that type."""

    lines: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=lambda: ["%x0", "%x1"])

    def new(self) -> str:
        return f"%t{len(self.lines)}"

    def define(self, name: str, text: str) -> None:
        self.lines.append(text)
        self.values.append(name)

    def empty(self) -> str:
        name = f"%e{len(self.lines)}"
        self.lines.append(f"{name} = tensor.empty(%n) : {T}")
        return name

    def text(self, returned: list[str]) -> str:
        types = ", ".join([T] * len(returned))
        body = "\n".join(self.lines)
        return f"""
func.func @f(%x0: {T}, %x1: {T}) -> ({types}) {{
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x0, %c0 : {T}
  %m = arith.muli %n, %c4 : index
{body}
  func.return {", ".join(returned)} : {types}
}}"""


def add(program: Program, a: str, b: str) -> None:
    """Fresh memory."""
    out, name = program.empty(), program.new()
    program.define(name, generic(name, "i j", [Reading(a, T, "i, j"), Reading(b, T, "i, j")],
                                 Reading(out, T, "i, j"), ADD))  # fmt: skip


def overwrite(program: Program, a: str, b: str) -> None:
    """All of b is overwritten by a, backwards: an in-place update would read what it wrote."""
    name = program.new()
    program.define(name, generic(name, "i j", [Reading(a, T, "i, 3 - j")],
                                 Reading(b, T, "i, j"), COPY))  # fmt: skip


def accumulate(program: Program, a: str, b: str) -> None:
    """b += sums of rows of a, without `init`."""
    name = program.new()
    program.define(name, generic(name, "i j k", [Reading(a, T, "i, k")],
                                 Reading(b, T, "i, j"),
                                 "%v = arith.addf %acc, %a0 : f32\nyield %v : f32",
                                 reduce="k"))  # fmt: skip


def place(program: Program, a: str, b: str) -> None:
    """Two columns of a into the middle of b."""
    name = program.new()
    program.define(name, generic(name, "i j", [Reading(a, T, "i, j")], Reading(b, T, "i, j + 1"),
                                 COPY, domain=[-1, 2]))  # fmt: skip


def fill(program: Program, a: str, b: str) -> None:
    name = program.new()
    program.define(name, f"{name}_v = arith.constant 7.0 : f32\n{name} = structured.fill "
                   f"ins({name}_v : f32) outs({b} : {T}) -> {T}")  # fmt: skip


def reshape(program: Program, a: str, b: str) -> None:
    """There and back: two aliases."""
    name = program.new()
    program.define(name, f"{name}_f = structured.reshape {a} [%m] : {T} to {ROW}\n"
                   f"{name} = structured.reshape {name}_f [%n] : {ROW} to {T}")  # fmt: skip


def reverse_flat(program: Program, a: str, b: str) -> None:
    """Writes into an alias of b what an alias of b is read for."""
    name = program.new()
    program.define(name, f"{name}_f = structured.reshape {b} [%m] : {T} to {ROW}\n"
        + generic(f"{name}_g", "i", [Reading(f"{name}_f", ROW, "i")],
                  Reading(f"{name}_f", ROW, "i"), "%v = arith.negf %a0 : f32\nyield %v : f32")
        + f"\n{name} = structured.reshape {name}_g [%n] : {ROW} to {T}")  # fmt: skip


STEPS = (add, overwrite, accumulate, place, fill, reshape, reverse_flat)


@st.composite
def programs(draw: st.DrawFn) -> str:
    program = Program()
    for _ in range(draw(st.integers(1, 7))):
        step = draw(st.sampled_from(STEPS))
        a, b = (draw(st.sampled_from(program.values)) for _ in range(2))
        step(program, a, b)
    returned = draw(st.lists(st.sampled_from(program.values), min_size=1, max_size=3))
    return program.text(returned)


def check(text: str, passes: str, rows: int = 3) -> None:
    rng = np.random.default_rng(rows)
    x, y = (rng.integers(-9, 10, (rows, 4)).astype(np.float32) for _ in range(2))
    expected = interpreted(parse(text), [x, y])
    same(interpreted_buffers(lowered(parse(text), passes), [x, y]), expected)


@settings(max_examples=40, deadline=None)
@given(programs(), st.integers(0, 5))
def test_random_programs(text: str, rows: int) -> None:
    check(text, BUFFERS, rows)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(programs(), st.integers(0, 5))
def test_many_random_programs(text: str, rows: int) -> None:
    check(text, f"structured-fuse,{LOOPS}", rows)


def program(*steps: tuple) -> Program:
    result = Program()
    for step, *numbers in steps:
        step(result, *(result.values[n] for n in numbers))
    return result


@pytest.mark.parametrize(
    ("steps", "returned"),
    [
        pytest.param([], [0], id="argument"),
        pytest.param([], [0, 0], id="argument twice"),
        pytest.param([(reshape, 0, 0)], [2, 0], id="view of an argument"),
        pytest.param([(add, 0, 1)], [2, 2], id="same value twice"),
        pytest.param([(add, 0, 1), (reshape, 2, 2)], [3, 2], id="value and its view"),
        pytest.param([(overwrite, 0, 1)], [2, 1], id="argument as destination"),
        pytest.param([(add, 0, 1), (accumulate, 0, 2)], [3], id="in place"),
        pytest.param([(add, 0, 1), (accumulate, 0, 2)], [3, 2], id="destination returned too"),
        pytest.param([(add, 0, 1), (accumulate, 0, 2), (add, 2, 3)], [4], id="read later"),
        pytest.param([(add, 0, 1), (reshape, 2, 2), (fill, 0, 2)], [3, 4], id="view read later"),
        pytest.param([(add, 0, 1), (reshape, 2, 2), (fill, 0, 3), (add, 2, 4)], [5],
                     id="written through a view, read later"),
        pytest.param([(add, 0, 1), (overwrite, 2, 2)], [3], id="reads its own destination"),
        pytest.param([(add, 0, 1), (reshape, 2, 2), (overwrite, 3, 2)], [4],
                     id="reads a view of its destination"),
        pytest.param([(add, 0, 1), (place, 0, 2), (place, 1, 3)], [4, 2], id="concat chain"),
        pytest.param([(add, 0, 1), (place, 0, 2), (place, 1, 2)], [3, 4], id="two users of outs"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("passes", [BUFFERS, LOOPS], ids=["buffers", "loops"])
def test_hazards(steps: list, returned: list[int], passes: str) -> None:
    built = program(*steps)
    check(built.text([built.values[n] for n in returned]), passes)


# --- the arena --------------------------------------------------------------------------------

REQUESTS = st.lists(
    st.builds(
        lambda size, symbols, first, length, division: Request(
            aligned(size), tuple(symbols), first, first + length, division
        ),
        st.integers(0, 5000),
        st.sampled_from(["", "n", "nm"]),
        st.integers(0, 20),
        st.integers(0, 10),
        st.sampled_from([None, "rows", "columns"]),
    ),
    max_size=25,
)


@given(REQUESTS)
def test_live_buffers_are_apart(requests: list[Request[str]]) -> None:
    regions = plan(requests)
    assert sum(len(region.requests) for region in regions) == len(requests)
    for region in regions:
        assert region.size >= region.bound()
        assert region.size <= sum(r.unit for r in region.requests)
        for r in region.requests:
            assert r.symbols == region.symbols
            assert r.offset % 64 == 0
            assert r.offset >= 0 and r.offset + r.unit <= region.size
        for a, b in combinations(region.requests, 2):
            apart = a.offset + a.unit <= b.offset or b.offset + b.unit <= a.offset
            assert apart or not a.overlaps(b)
            assert apart or a.division == b.division or a.symbols


@given(st.integers(0, 1 << 40))
def test_aligned(size: int) -> None:
    assert aligned(size) % 64 == 0
    assert size <= aligned(size) < size + 64


def test_a_chain_needs_two_buffers() -> None:
    chain = [Request(64, (), step, step + 1) for step in range(9)]
    (region,) = plan(chain)
    assert region.size == region.bound() == 128


def test_memory_that_threads_divide_otherwise_is_not_taken() -> None:
    chain = [Request(64, (), step, step + 1, "ab"[step // 3 % 2]) for step in range(9)]
    (region,) = plan(chain)
    assert region.size == 256
    assert {r.offset // 128 for r in chain if r.division == "a"} == {0}


def test_what_no_cache_holds_is_not_kept_apart() -> None:
    chain = [Request(APART_BYTES // 2, (), step, step + 1, step // 2) for step in range(4)]
    (region,) = plan(chain)
    assert region.size == region.bound() == APART_BYTES
