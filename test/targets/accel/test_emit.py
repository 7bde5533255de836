"""Instructions for engine ops: what fields cannot hold is cut, and loops say the same as copies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric.accel_cases import I8, Builder, module_of, program_in

from dlir.diagnostics import CompileError
from dlir.dialects.accel.access import Access
from dlir.dialects.accel.attrs import Memory, Role
from dlir.dialects.accel.ops import LoadOp, UnaryOp
from dlir.dialects.isa.fields import ISA
from dlir.targets.accel import semaphores
from dlir.targets.accel.code import Code, Instruction, Loop, Operand, Vector, assemble, repeat, size
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.expansion import expand
from dlir.targets.accel.stream import Stream
from dlir.targets.accel.transfers import transfer_code
from dlir.targets.accel.walks import Walk, fits, pieces
from dlir.transforms.accel_allocate import allocate
from dlir.transforms.accel_place_tokens import place_tokens

SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, print_blob=False)


def executed(code: Code, at: Vector = (0, 0, 0)) -> Iterator[tuple[Instruction, Vector]]:
    """Every instruction with its addresses, in order."""
    for one in code:
        if isinstance(one, Loop):
            for i in range(one.count):
                yield from executed(one.body, _plus(at, one.steps, i))
        else:
            yield one, _plus(one.offsets, at, 1)


def _plus(left: Vector, right: Vector, times: int) -> Vector:
    return tuple(a + times * b for a, b in zip(left, right, strict=True))


# --- walks ----------------------------------------------------------------------------------------


def rows_of(walk: Walk) -> Any:
    return np.add.outer(np.arange(walk.ny) * walk.sy, np.arange(walk.nx) * walk.sx).ravel()


@SETTINGS
@given(
    mnemonic=st.sampled_from(("mm", "vs")),
    nx=st.sampled_from((1, 2, 7, 4096, 4097, 9000)), sx=st.sampled_from((0, 1, 255, 256, 16384)),
    ny=st.sampled_from((1, 3, 1024, 1025)), sy=st.sampled_from((0, 1, 16383, 16384, 99999)),
)  # fmt: skip
def test_pieces_of_a_walk_are_the_walk(mnemonic: str, nx: int, sx: int, ny: int, sy: int) -> None:
    if nx * ny > 100_000:
        ny = 1
    walk = Walk(nx, sx, ny, sy)
    found = list(pieces(mnemonic, walk))
    assert all(fits(mnemonic, piece.walk) for piece in found)
    np.testing.assert_array_equal(
        np.concatenate([rows_of(p.walk) + p.source for p in found]), rows_of(walk)
    )
    results = np.concatenate([np.arange(p.walk.nx * p.walk.ny) + p.result for p in found])
    np.testing.assert_array_equal(results, np.arange(nx * ny))


@pytest.mark.parametrize(
    ("walk", "count"),
    [
        (Walk(4096, 255, 1024, 16383), 1),
        (Walk(64, 1, 100, 64), 1),
        (Walk(64, 1, 2000, 65), 2),
        (Walk(1, 1, 4000, 1), 1),
        (Walk(1000, 300, 1, 0), 1),
        (Walk(8, 300, 3, 1), 3),
    ],
)
def test_as_few_pieces_as_possible(walk: Walk, count: int) -> None:
    assert len(list(pieces("mm", walk))) == count


# --- transfers ------------------------------------------------------------------------------------

SPM = Operand(Memory.SPM, "bf16", 2, 16)
DRAM = Operand(None, "bf16", 32, 1)


def bytes_moved(code: Code) -> list[tuple[int, int]]:
    """(byte on the chip, byte in DRAM) of every row of 32 bytes, in order of execution."""
    found: list[tuple[int, int]] = []
    for one, (dram, line, _) in executed(code):
        fields: dict[str, Any] = {"rows": 1, "stride": 0, **one.fields}
        assemble((one,))  # in range
        for r in range(fields["rows"]):
            for piece in range(0, fields["len"], 32):
                at = line * 16 + r * fields["len"] + piece
                found.append((at, dram + r * fields["stride"] + piece))
    return found


@SETTINGS
@given(
    trips=st.lists(st.integers(1, 5), max_size=3), count=st.sampled_from((1, 2, 3, 2048, 2049)),
    data=st.data(),
)  # fmt: skip
def test_transfers_move_every_row(trips: list[int], count: int, data: Any) -> None:
    """Rows that follow each other in one memory or in both, or in none, or overlap."""
    steps = st.sampled_from((0, 1, count, count + 1, -count, 5 * count, 16384, 20000))
    tile, dram = [tuple(data.draw(steps) for _ in trips) for _ in range(2)]
    scaled = (tuple(32 * s for s in dram), tuple(2 * s for s in tile))
    loops = data.draw(st.booleans())
    found = bytes_moved(transfer_code("ld", 1, tuple(trips), scaled, count, (DRAM, SPM), loops))
    want = [(0, 0)]
    for trip, t, d in zip((*trips, count), (*tile, 1), (*dram, 1), strict=True):
        want = [(a + i * t * 32, b + i * d * 32) for a, b in want for i in range(trip)]
    assert dict(found) == dict(want), "the last row that is written to a place stays"
    assert len(found) == len(want)


@pytest.mark.parametrize(
    ("trips", "steps", "count", "want"),
    [
        # all in one piece
        ((4, 8), ((8 * 32, 32), (16, 2)), 1, [{"rows": 1, "len": 1024, "stride": 0}]),
        # an image's rows out of a larger one
        ((8,), ((640,), (8,)), 4, [{"rows": 8, "len": 128, "stride": 640}]),
        # more than 65536 bytes in one piece
        ((), ((), ()), 2049, [{"rows": 1, "len": 65536, "stride": 65536}, {"rows": 1, "len": 32}]),
        # the loop that is contiguous on the chip is the outer one
        ((3, 2), ((640, 32 * 99), (8, 24)), 4, [{"rows": 3, "len": 128, "stride": 640}] * 2),
    ],
)
def test_transfers_fold_loops(
    trips: Vector, steps: tuple[Vector, ...], count: int, want: list[dict[str, int]]
) -> None:
    code = transfer_code("ld", 1, trips, steps, count, (DRAM, SPM), False)
    assert [dict(one.fields) for one, _ in executed(code)] == [{"mem": "spm", **w} for w in want]


# --- semaphores -----------------------------------------------------------------------------------


def test_a_semaphore_that_could_count_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six loads into tiles of their own: nothing keeps them from giving six signals at once."""
    b = Builder(np.random.default_rng(0), load_machine("gemmini"), I8)
    x = b.argument(4, I8, Role.INPUT)
    for _ in range(6):
        t = b.tile(Memory.SPM, 4, I8)
        b.add(LoadOp([(x, Access(0)), (t, Access(0))], count=4))
        b.add(UnaryOp([(t, Access(0)), (t, Access(0))], fn="relu", nx=4))
    program = program_in(module_of(b))
    allocate(program)
    place_tokens(program)
    emit_program(program)
    monkeypatch.setattr(semaphores, "MAX_TOKENS", 5)
    with pytest.raises(CompileError, match="ld can be 6 signals ahead of vx; a semaphore counts"):
        emit_program(program)


# --- code -----------------------------------------------------------------------------------------


@SETTINGS
@given(data=st.data())
def test_loops_execute_what_they_stand_for(data: Any) -> None:
    """The words, expanded, have the addresses of the unrolled code, and registers end at 0."""
    vectors = st.tuples(st.integers(0, 50), st.integers(0, 50), st.just(0))
    code: Code = tuple(
        Instruction("ld", {"rows": 1, "len": 16}, data.draw(vectors))
        for _ in range(data.draw(st.integers(1, 2)))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        code = repeat(data.draw(st.integers(1, 6)), data.draw(vectors), code)
    want = [at for _, at in executed(code)]
    template = assemble((*code, Instruction("ld", {"rows": 1, "len": 16}, (0, 0, 0))))
    assert len(template) <= size(code) + 1
    words = template.words.copy()
    for (mnemonic, name), slot in template.slots.items():
        part = ISA.layouts[mnemonic].fields[name]
        for at, value in zip(slot.positions.tolist(), slot.offsets.tolist(), strict=True):
            word = int(words[at, 0]) | int(words[at, 1]) << 64 | value << part.low
            words[at] = word & (1 << 64) - 1, word >> 64
    expanded = expand(Stream("ld", words))
    found = zip(
        expanded.column("ld.dram").tolist(), expanded.column("ld.line").tolist(), strict=True
    )
    assert list(found) == [(dram, line) for dram, line, _ in want] + [(0, 0)]


def test_a_register_cannot_step_a_table() -> None:
    """LDX has no register for its address in DRAM, so that loop is unrolled."""
    one = Instruction("ldx", {"mem": "spm", "rows": 4, "len": 32})
    assert len(repeat(100, (64, 0, 8), (one,))) == 100
    assert len(repeat(100, (0, 0, 8), (one,))) == 1
