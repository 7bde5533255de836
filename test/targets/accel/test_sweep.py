"""The race check for all segments at once, against the walk from instruction to instruction."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program, ProgramBuilder
from dlir.targets.accel.verifier import concurrency, diagnose_program, numeric, pieces

GEMMINI = load_machine("gemmini")
PAIRS = list(permutations(GEMMINI.streams, 2))
"""Semaphore s1, s2, ...: who gives, who takes."""


class Writer:
    """A random program of small accesses close to each other, with as many tokens as it needs."""

    def __init__(self, seed: int, ordered: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.ordered = ordered
        self.b = ProgramBuilder(GEMMINI)
        self.x = self.b.symbol("x", 8192, kind="input")
        self.y = self.b.symbol("y", 4096)
        self.last = ""

    def number(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def program(self, length: int) -> Program:
        """A first load fills what may be read; most steps are ordered after the step before."""
        b = self.b
        b.emit("ld", "ld", line=0, dram=self.x, rows=256, len=16, stride=16)
        b.emit("ld", "ld", mem="acc", line=0, dram=self.x, rows=96, len=64, stride=64)
        b.emit("ld", "sync", dir="give", sem=1)
        b.emit("mx", "sync", dir="take", sem=1)
        b.emit("mx", "lw", line=0, k=16, n=16)
        b.emit("mx", "mm", a=0, c=0, nx=1, k=16, n=16, swap=1)
        self.last = "mx"
        for _ in range(length):
            step = getattr(self, str(self.rng.choice(["ld", "st", "mx", "vx"])))
            step()
        return b.build()

    def order(self, stream: str) -> None:
        """A token from the stream of the last step, now and then forgotten."""
        if (self.last, stream) in PAIRS and self.rng.random() < self.ordered:
            semaphore = 1 + PAIRS.index((self.last, stream))
            self.b.emit(self.last, "sync", dir="give", sem=semaphore)
            self.b.emit(stream, "sync", dir="take", sem=semaphore)
        self.last = stream

    def ld(self) -> None:
        self.order("ld")
        source = self.x if self.rng.random() < 0.5 else self.y + 16 * self.number(0, 100)
        self.b.emit("ld", "ld", line=self.number(0, 240), dram=source, rows=self.number(1, 8),
                    len=16, stride=16 * self.number(1, 4))  # fmt: skip

    def st(self) -> None:
        self.order("st")
        self.b.emit("st", "st", line=self.number(0, 258), dram=self.y + 8 * self.number(0, 200),
                    rows=self.number(1, 6), len=8, stride=8 * self.number(1, 5))  # fmt: skip

    def mx(self) -> None:
        self.order("mx")
        self.b.emit("mx", "mm", a=self.number(0, 100), c=self.number(0, 80), nx=self.number(1, 5),
                    sx=self.number(1, 4), ny=self.number(1, 4), sy=self.number(1, 20), k=16, n=16,
                    acc=self.number(0, 2))  # fmt: skip

    def vx(self) -> None:
        self.order("vx")
        self.b.emit("vx", "vs", fn="copy", d=self.number(0, 270), x_mem="acc", dt_s="i32",
                    dt_d="i8", x=self.number(0, 60), nx=self.number(1, 4), sx=self.number(1, 4),
                    ny=self.number(1, 3), sy=self.number(1, 5))  # fmt: skip


CASES = [(seed, ordered) for seed in range(25) for ordered in (0.6, 0.95, 1.0)]


def texts(program: Program) -> list[str]:
    return [f"{d.rule} {d.message}" for d in diagnose_program(program)]


def test_same_verdict_as_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the walk finds, with the sweep in front of it and without."""
    seen: set[str] = set()
    for seed, ordered in CASES:
        program = Writer(seed, ordered).program(40)
        monkeypatch.setattr(pieces, "CHUNK", 8192 if seed % 2 else 5)
        monkeypatch.setattr(pieces, "MAX_PIECES", 1 << 21 if seed % 3 else 7)
        with_sweep = texts(program)
        with monkeypatch.context() as patch:
            patch.setattr(concurrency, "in_order", lambda *args, **kwargs: False)
            assert texts(program) == with_sweep
        seen.update(text.split()[0] for text in with_sweep or ["clean"])
    assert {"clean", "isa-v8-race", "isa-v9-unwritten"} <= seen


def test_the_sweep_is_not_needlessly_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memories that the sweep does not pass have a finding, on chip."""
    walked: list[str] = []

    class Spy(concurrency.LineTable):
        def __init__(self, name: str, *rest: int) -> None:
            super().__init__(name, *rest)
            walked.append(name)

    monkeypatch.setattr(concurrency, "LineTable", Spy)
    for seed, ordered in CASES:
        walked.clear()
        found = texts(Writer(seed, ordered).program(40))
        assert found or not {"spm", "acc"} & set(walked)


@pytest.mark.parametrize("chunk", [3, 8192])
def test_depth_of_accumulators(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """Random sums with a small limit: the same instruction is found as one after the other."""
    monkeypatch.setattr(pieces, "CHUNK", chunk)
    monkeypatch.setattr(numeric, "MAX_DEPTH", 16 * 4)
    verdicts: set[bool] = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        b = ProgramBuilder(GEMMINI)
        b.emit("mx", "lw", line=0, k=16, n=16)
        depth, deep = np.zeros(24, int), False
        for i in range(12):
            c, nx, acc = int(rng.integers(0, 20)), int(rng.integers(1, 5)), int(rng.integers(0, 4))
            b.emit("mx", "mm", a=0, c=c, nx=nx, k=16, n=16, swap=int(i == 0), acc=int(acc > 0))
            depth[c : c + nx] = depth[c : c + nx] * (acc > 0) + 16
            deep |= bool(depth.max() > 16 * 4)
        program = b.build()
        with monkeypatch.context() as patch:
            patch.setattr(concurrency, "check_races", lambda *args: None)
            found = texts(program)
        assert [text.split()[0] for text in found] == ["isa-v11-accumulator"] * deep
        verdicts.add(deep)
    assert verdicts == {True, False}
