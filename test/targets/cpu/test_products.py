"""Products whose right side is read as it lies: by streams, in blocks of the sum, along the sum;
and those whose packed panels are taken in blocks of the sum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dlir
from dlir.api import compile_with
from dlir.dialects.structured.schedule_file import parse_entries, schedule_text
from dlir.executable import CompileOptions
from dlir.pipeline import PassManager
from dlir.registry import default_registry
from dlir.targets.cpu import target
from dlir.targets.cpu.compiling import emit_assembly
from dlir.targets.cpu.description import AARCH64, describe, host
from dlir.targets.cpu.emit import emit_ir
from dlir.targets.cpu.pipeline import PHASES, phase_text

AVX2 = "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt,+movbe"
SHAPES = {
    "a block and one term": ((4, 513, 1031), "tile = [0, 0, 8]"),
    "streams": ((9, 521, 2051), "tile = [0, 0, 9]"),
    "blocks": ((17, 1031, 1031), "tile = [0, 0, 512]"),
    "no second block": ((17, 512, 1031), "kernel = contraction, vector = "),
    "one row": ((1, 521, 1031), "kernel = vector"),
    "one column": ((521, 1031, 1), "kernel = vector, pack = [1]"),
    "eight columns": ((13, 67, 8), "kernel = vector, vector = [3, 16], pack = [1]"),
    "nine columns": ((13, 67, 9), "kernel = contraction"),
    "a short sum": ((13, 63, 1), "kernel = contraction"),
}


def text(rows: int, terms: int, columns: int) -> str:
    x, w, y = (f"tensor<{s}xf32>" for s in (f"{rows}x{terms}", f"{terms}x{columns}",
                                            f"{rows}x{columns}"))  # fmt: skip
    return f"""
    func.func @main(%x: {x}, %w: {w}, %b: tensor<{columns}xf32>, %r: {y}) -> {y} {{
      %0 = dl.matmul %x, %w acc f32 : ({x}, {w}) -> {y}
      %1 = dl.add %0, %b : ({y}, tensor<{columns}xf32>) -> {y}
      %2 = dl.add %1, %r : {y}
      %y = dl.relu %2 : {y}
      func.return %y : {y}
    }}"""


def with_weight(rows: int, terms: int, columns: int) -> str:
    """The same with a right side that is packed when the model is loaded."""
    w = f"%w: tensor<{terms}x{columns}xf32>"
    param = f'%w = dl.param "w" : tensor<{terms}x{columns}xf32>'
    head, body = text(rows, terms, columns).replace(f" {w},", "").split("{", 1)
    return f"{head}{{\n{param}{body}"


def check(shape: tuple[int, int, int], schedule: str | None, threads: int) -> None:
    """Numbers are small integers, whose sums are exact in any order."""
    rows, terms, columns = shape
    rng = np.random.default_rng(terms)
    sizes = [(rows, terms), (terms, columns), (columns,), (rows, columns)]
    x, w, b, r = (rng.integers(-3, 4, size).astype(np.float32) for size in sizes)
    run = dlir.compile(text(*shape), target="cpu", threads=threads, cache=False)
    if schedule is not None:
        assert schedule in str(run.stage("buffers"))
    assert np.array_equal(run(x, w, b, r), np.maximum(x @ w + b + r, 0))


@pytest.mark.skipif(host().vector_bits < 512, reason="schedules are for 512-bit vectors")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape, schedule", SHAPES.values(), ids=SHAPES)
def test_shapes(shape: tuple[int, int, int], schedule: str, threads: int) -> None:
    check(shape, schedule, threads)


@pytest.mark.skipif("+avx2" not in host().features.split(","), reason="no AVX2")
@pytest.mark.parametrize("shape", [shape for shape, _ in SHAPES.values()], ids=SHAPES)
def test_shapes_in_fewer_registers(
    shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = describe(host().triple, "haswell", AVX2)
    monkeypatch.setattr(target, "host", lambda: narrow)
    check(shape, None, 1)


PANELS = {
    "half a second cache": ((12, 2048, 250), "pack = [1]>"),
    "one term more": ((12, 2049, 250), "pack = [1], tile = [0, 0, 1040]>"),
    "three parts": ((12, 4097, 250), "pack = [1], tile = [0, 0, 1376]>"),
    "one tile of rows": ((6, 4097, 250), "pack = [1]>"),
    "one row": ((1, 4097, 250), "pack = [1], parts = [6]>"),
    "three rows": ((3, 4097, 250), "pack = [1], parts = [2]>"),
    "four rows": ((4, 4097, 250), "pack = [1]>"),
    "a narrow panel": ((13, 4097, 31), "pack = [1]>"),
    "parts of a narrow panel": ((33, 4097, 31), "pack = [1], tile = [0, 0, 2064]>"),
}


@pytest.mark.skipif(host().vector_bits < 512, reason="schedules are for 512-bit vectors")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape, schedule", PANELS.values(), ids=PANELS)
def test_panels_that_many_rows_read(
    shape: tuple[int, int, int], schedule: str, threads: int, tmp_path: Path
) -> None:
    """Small integers are exact; the epilogue would show where it ran more than once."""
    rows, terms, columns = shape
    rng = np.random.default_rng(terms)
    sizes = [(rows, terms), (terms, columns), (columns,), (rows, columns)]
    x, w, b, r = (rng.integers(-3, 4, size).astype(np.float32) for size in sizes)
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=threads, cache=False, dump_schedule=path)
    run = compile_with(dlir.load(with_weight(*shape), params={"w": w}), "cpu", options)
    entries, _ = parse_entries(path.read_text(), "")
    (product,) = [e for e in entries if e.kernel.startswith("contraction")]
    without_threads = product.schedule.without("threads")
    assert without_threads is not None and schedule_text(without_threads).endswith(schedule)
    assert np.array_equal(run(x, b, r), np.maximum(x @ w + b + r, 0))


@pytest.mark.parametrize("terms", [31, 32, 33, 63, 64, 65])
def test_panels_in_blocks_that_a_file_asks_for(terms: int, tmp_path: Path) -> None:
    """Of 32 terms: less than one block, one, two and one term more or less."""
    rng = np.random.default_rng(terms)
    sizes = [(13, terms), (terms, 70), (70,), (13, 70)]
    x, w, b, r = (rng.integers(-3, 4, size).astype(np.float32) for size in sizes)
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=1, cache=False, dump_schedule=path)
    model = dlir.load(with_weight(13, terms, 70), params={"w": w})
    compile_with(model, "cpu", options)
    path.write_text(path.read_text().replace("pack = [1]>", "pack = [1], tile = [0, 0, 32]>"))
    assert "tile" in path.read_text()
    run = dlir.compile(model, schedule=path, threads=1, cache=False)
    assert np.array_equal(run(x, b, r), np.maximum(x @ w + b + r, 0))


@pytest.mark.parametrize("columns", [9, 64, 65, 130])
@pytest.mark.parametrize("terms", [127, 128, 129, 191, 192, 255, 256, 257, 263])
def test_sums_in_parts(terms: int, columns: int) -> None:
    """One part, one that has a term less or more than it takes for the next, and a rest."""
    rng = np.random.default_rng(terms)
    for rows in (1, 2, 3):
        sizes = [(rows, terms), (terms, columns), (columns,), (rows, columns)]
        x, w, b, r = (rng.integers(-3, 4, size).astype(np.float32) for size in sizes)
        model = dlir.load(with_weight(rows, terms, columns), params={"w": w})
        run = dlir.compile(model, threads=1, cache=False)
        assert np.array_equal(run(x, b, r), np.maximum(x @ w + b + r, 0))


@pytest.mark.parametrize("parts", [1, 3, 5, 70])
def test_parts_that_a_file_asks_for(parts: int, tmp_path: Path) -> None:
    """Also more than there are terms, and of a tile of several rows."""
    rng = np.random.default_rng(parts)
    x, w, b, r = (
        rng.integers(-3, 4, s).astype(np.float32) for s in [(5, 67), (67, 40), 40, (5, 40)]
    )
    path = tmp_path / "s.txt"
    options = CompileOptions(threads=1, cache=False, dump_schedule=path)
    model = dlir.load(with_weight(5, 67, 40), params={"w": w})
    compile_with(model, "cpu", options)
    entry = path.read_text().replace("pack = [1]>", f"pack = [1], parts = [{parts}]>")
    path.write_text(entry.replace("vector = [5, 64]", "vector = [2, 16]"))
    assert "parts" in path.read_text()
    run = dlir.compile(model, schedule=path, threads=1, cache=False)
    assert np.array_equal(run(x, b, r), np.maximum(x @ w + b + r, 0))


@pytest.mark.parametrize("columns", range(1, 9))
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_that_share_columns(columns: int, threads: int) -> None:
    """Whole tiles of rows and what is left, whole vectors and what is left."""
    for rows in (1, 2, 3, 4, 5, 67):
        for terms in (64, 65, 79, 80, 97):
            check((rows, terms, columns), None, threads)


@pytest.mark.parametrize("columns", [1, 3, 8])
def test_what_is_not_a_number_stays_in_its_row(columns: int) -> None:
    x, w = np.ones((9, 70), np.float32), np.ones((70, columns), np.float32)
    x[3, 69], x[5, 1] = np.nan, np.inf
    b, r = np.zeros(columns, np.float32), np.zeros((9, columns), np.float32)
    y = dlir.compile(text(9, 70, columns), target="cpu", threads=1, cache=False)(x, w, b, r)
    want = np.full((9, columns), 70, np.float32)
    want[3], want[5] = np.nan, np.inf
    assert np.array_equal(y, want, equal_nan=True)


@pytest.mark.parametrize("name", ["blocks", "eight columns"])
def test_code_for_neon(name: str) -> None:
    """Products are those of vectors."""
    module, registry = dlir.load(text(*SHAPES[name][0])).module, default_registry()
    bits, registers = AARCH64.vector_bits, AARCH64.vector_registers
    phases = [phase_text(p, vector_bits=bits, registers=registers, threads=1) for p in PHASES]
    PassManager(",".join(phases), registry=registry).run(registry.context(), module)
    code = emit_assembly(emit_ir(module, AARCH64), AARCH64)
    assert (
        max(block.count("\tfmla\tv") + block.count("\tfmul\tv") for block in code.split(".LBB"))
        >= 4
    )
