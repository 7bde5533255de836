"""How well programs of the `accel` level use the machine, once tiles have places and tokens."""

from __future__ import annotations

import numpy as np
import pytest
from numeric.accel_cases import BF16, F32, Builder, program_in
from numeric.accel_cases import module_of as whole_module
from xdsl.ir import SSAValue

from dlir.dialects.accel.access import Access
from dlir.dialects.accel.attrs import Memory, Role
from dlir.dialects.accel.lifetimes import memory_uses
from dlir.dialects.accel.ops import LoadOp, MatmulOp, ProgramOp, StoreOp, UnaryOp
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.emit import emit_program
from dlir.targets.accel.simulator.bounds import bound_of, work_of
from dlir.targets.accel.simulator.simulation import time_program
from dlir.targets.accel.verifier import verify_program
from dlir.transforms.accel_allocate import allocate
from dlir.transforms.accel_packing import Block, place_blocks, place_early, spread
from dlir.transforms.accel_place_tokens import place_tokens
from dlir.transforms.accel_prefetch import prefetch


def gemm(m: int, n: int, k: int, tile: int, chunk: int) -> ProgramOp:
    """y = relu(x @ w) in bf16 on blocks of 16 lanes: x is [k][m], w is [n][k][16], y is [n][m]."""
    b = Builder(np.random.default_rng(0), load_machine("gemmini"), BF16)
    nb, kb = n // 16, k // 16
    x, w = b.argument(kb * m, BF16, Role.INPUT), b.argument(nb * kb * 16, BF16, Role.WEIGHT)
    y = b.argument(nb * m, BF16, Role.OUTPUT)
    weights: dict[int, SSAValue] = {}
    for first in range(0, m, tile):
        rows = min(tile, m - first)
        c = b.tile(Memory.ACC, nb * rows, F32)
        for at in range(0, kb, chunk):
            a = b.tile(Memory.SPM, chunk * rows, BF16)
            walk = (x, Access(at * m + first, (m,))), (a, Access(0, (rows,)))
            b.add(LoadOp(walk, (chunk,), count=rows))
            if at not in weights:
                weights[at] = b.tile(Memory.SPM, nb * chunk * 16, BF16)
                walk = (w, Access(at * 16, (kb * 16,))), (weights[at], Access(0, (chunk * 16,)))
                b.add(LoadOp(walk, (nb,), count=chunk * 16))
            operands = (
                (a, Access(0, (0, rows))), (weights[at], Access(0, (chunk * 16, 16))),
                (c, Access(0, (rows, 0))),
            )  # fmt: skip
            b.add(
                MatmulOp(operands, (nb, chunk), planes=2, nx=rows, k=16, n=16, start=int(at == 0))
            )
        o = b.tile(Memory.SPM, nb * rows, BF16)
        b.add(UnaryOp([(c, Access(0)), (o, Access(0))], fn="relu", nx=nb * rows))
        walk = (o, Access(0, (rows,))), (y, Access(first, (m,)))
        b.add(StoreOp(walk, (nb,), count=rows))
    program = program_in(whole_module(b))
    program.detach()
    return program


@pytest.mark.parametrize("depth", [0, 16])
def test_a_large_gemm_keeps_the_array_busy(depth: int) -> None:
    """A convolution of 3136 rows: 98.5% of the bound, which is that of the array."""
    program = gemm(3136, 64, 576, tile=128, chunk=9)
    prefetch(program, depth)
    allocate(program)
    place_tokens(program)
    emitted = emit_program(program)
    verify_program(emitted)
    simulation = time_program(emitted)
    bound = bound_of(work_of(simulation), emitted.machine)
    assert bound.name == "compute"
    assert bound.cycles / simulation.cycles > 0.985
    assert emitted.size < 2000, "loops stand for 3600 tiles"
    spm = memory_uses(program, emitted.machine.sizes)[0]
    assert spm.live < 0.75 * spm.lines < spm.peak, "tiles take turns all over the memory"


# --- packing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_blocks_that_live_together_lie_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 150
    lives = np.where(
        rng.random(count) < 0.1, rng.integers(20, 120, count), rng.integers(1, 8, count)
    )
    sizes = rng.integers(1, 40, count) * 8
    blocks = [
        Block(int(s), t, t + int(n)) for t, (s, n) in enumerate(zip(sizes, lives, strict=True))
    ]
    live = [sum(b.size for b in blocks if b.first <= t <= b.last) for t in range(count)]
    capacity = int(max(live) * (1.15, 1.4, 3.0)[seed % 3])
    placement = place_blocks(blocks, capacity, {3: 8})
    assert placement.missing is None and placement.at[3] == 8
    for n, one in enumerate(blocks):
        at = placement.at[n]
        assert 0 <= at <= capacity - one.size
        for other, block in enumerate(blocks[:n]):
            if block.first <= one.last and one.first <= block.last:
                there = placement.at[other]
                assert at + one.size <= there or there + block.size <= at


def test_places_are_used_again_as_late_as_possible() -> None:
    """Five blocks, one after the other, in room for four: the fifth takes the first one's place."""
    blocks = [Block(10, t, t) for t in range(6)]
    assert list(place_blocks(blocks, 40).at.values()) == [0, 10, 20, 30, 0, 10]


def test_a_block_that_finds_no_room_is_placed_first() -> None:
    """In turn, the second would follow the first, and leave the third no half of the memory."""
    tight = [Block(20, 0, 1), Block(30, 1, 2), Block(30, 2, 3), Block(30, 3, 3)]
    blocks = [*tight, *(Block(12, t, t) for t in range(4, 14))]
    at = place_blocks(blocks, 60).at
    assert [at[n] for n in range(4)] == [30, 0, 30, 0]
    assert [at[n] for n in range(4, 9)] == [0, 12, 24, 36, 48], "later ones take turns all the same"


def test_a_dense_packing_is_spread_out() -> None:
    """Two that stay and two that come leave no room to take turns around; later ones still do."""
    tight = [Block(20, 0, 3), Block(10, 0, 1), Block(30, 1, 5), Block(20, 4, 9), Block(10, 4, 4)]
    dense = {0: 30, 1: 50, 2: 0, 3: 30, 4: 50}
    after = [Block(10, t, t) for t in range(10, 16)]
    at = spread([*tight, *after], 60, dense | dict.fromkeys(range(5, 11), 0), {0, 1, 2, 3, 4})
    assert len({at[n] for n in range(5, 11)}) == 6
    assert [at[n] for n in range(5)] == list(dense.values())


def test_early_places_are_used_again_at_once() -> None:
    blocks = [Block(10, 0, 5), *(Block(10, t, t) for t in range(1, 5))]
    assert place_early(blocks, 40).at == {0: 0, 1: 10, 2: 10, 3: 10, 4: 10}
    assert place_early(blocks, 40, {2: 20}).at == {0: 0, 1: 10, 2: 20, 3: 10, 4: 10}
    assert place_early(blocks, 19).missing is not None


def test_what_cannot_fit_is_named() -> None:
    assert place_blocks([Block(10, 0, 4), Block(20, 1, 2), Block(5, 3, 4)], 24).missing is not None
    assert place_blocks([Block(10, 0, 4), Block(14, 1, 2), Block(14, 3, 4)], 24).missing is None
