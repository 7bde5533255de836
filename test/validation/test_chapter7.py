"""The worked figures of A. Rodriguez, "Deep Learning Systems" (2020), chapter 7, beside ours.

What is asked of models is computed from the text of a model, what is asked of machines from a
hardware file; the formulas alone are in `dlir.formulas`.
"""

from __future__ import annotations

import pytest
from validation.published import compare, show
from xdsl.dialects.func import FuncOp

import dlir
from dlir import formulas
from dlir.targets.cpu.machine import Cpu, cpu_from_text, load_cpu
from dlir.targets.roofline.analysis import Roofline, analyse
from dlir.targets.roofline.dl_lint_cache_alias import aliases, good_leading_dimensions, sets_of_rows
from dlir.targets.roofline.machine import find_machine

XEON = load_cpu("xeon-8280")


def product(m: int, k: int, n: int) -> Roofline:
    """A product of matrices in f32."""
    a, b, y = (f"tensor<{rows}x{columns}xf32>" for rows, columns in ((m, k), (k, n), (m, n)))
    module = dlir.load(
        f"func.func @main(%a: {a}, %b: {b}) -> {y} {{"
        f" %y = dl.matmul %a, %b acc f32 : ({a}, {b}) -> {y} func.return %y : {y} }}"
    ).module
    (function,) = (op for op in module.ops if isinstance(op, FuncOp))
    return analyse(function, find_machine("xeon-8280", {}, None, False))


def test_intensity_of_products() -> None:
    square, row = product(1024, 1024, 1024).rows[0], product(1, 1024, 1024).rows[0]
    assert square.intensity is not None and row.intensity is not None
    compare("OI of 1024 x 1024 x 1024, f32 (op/B)", 128, square.intensity, 0)
    compare("OI of 1 x 1024 x 1024, f32 (op/B)", 0.4985, row.intensity, 1e-4)
    show("which is bound by", "bandwidth", row.bound)
    assert (square.bound, row.bound) == ("compute", "memory")


@pytest.mark.parametrize(("element", "size"), [("f32", 4), ("bf16", 2), ("i8", 1)])
def test_intensity_without_reuse(element: str, size: int) -> None:
    type = f"tensor<64x{element}>"
    module = dlir.load(
        f"func.func @main(%a: {type}, %b: {type}) -> {type} {{"
        f" %y = dl.add %a, %b : {type} func.return %y : {type} }}"
    ).module
    (function,) = (op for op in module.ops if isinstance(op, FuncOp))
    (row,) = analyse(function, find_machine("xeon-8280", {}, None, False)).rows
    assert row.intensity is not None
    compare(f"OI without reuse, {element} (op/B)", 1 / (3 * size), row.intensity, 1e-12)
    assert formulas.no_reuse_intensity(size) == row.intensity


def test_time_is_that_of_the_higher_roof() -> None:
    peak, bandwidth = XEON.peak("f32", 28), XEON.bandwidth(28)
    for shape in ((1024, 1024, 1024), (1, 1024, 1024)):
        row = product(*shape).rows[0]
        assert row.time == formulas.roofline_time(row.work.flops, row.bytes, peak, bandwidth)
    ridge = formulas.ridge(peak, bandwidth)
    assert formulas.roofline_time(ridge * 1e9, 1e9, peak, bandwidth) == pytest.approx(
        1e9 / bandwidth
    )


# --- caches ---------------------------------------------------------------------------------------


def test_sets_of_a_cache() -> None:
    cache = XEON.l1
    assert cache is not None and (cache.ways, cache.bytes, cache.line) == (8, 32 << 10, 64)
    compare("sets of 8 ways, 32 KiB, 64-byte lines", 64, cache.sets, 0)
    compare("its alias interval (bytes)", 4096, cache.alias_interval, 0)
    assert formulas.cache_sets(32 << 10, 8, 64) == 64


def test_leading_dimensions() -> None:
    """A multiple of 16, but not of 256: of all widths, those that the chapter recommends."""
    cache = XEON.l1
    assert cache is not None
    good = [n for n in range(16, 4097, 16) if not aliases(cache, 4096, 4 * n)]
    assert good == [n for n in range(16, 4097, 16) if n % 256]
    show("rows of an RNN that stay in l1, width 1024", "few", str(8 * sets_of_rows(cache, 4096)))
    show("the same, width 1008", "many", str(8 * sets_of_rows(cache, 4 * 1008)))
    compare("the better width than 1024", 1008, good_leading_dimensions(cache, 1024, 4)[0], 0)


# --- machines -------------------------------------------------------------------------------------


def memory(text: str) -> float:
    """GB/s of a memory that is described by its parts."""
    cpu: Cpu = cpu_from_text(
        f'[machine]\nname = "m"\nclock_mhz = 1\n[core]\nops_per_cycle = {{ f32 = 1 }}\n'
        f"[memory]\n{text}"
    )
    return cpu.bandwidth(1) / 1e9


def test_bandwidths() -> None:
    """f * interfaces * transfers per clock * width, of a stack of HBM2 and of 16 lanes of PCIe."""
    stack = "clock_mhz = 1200\ninterfaces = 1\ntransfers_per_clock = 2\nbus_bits = 1024"
    compare("HBM2, a stack of 1024 bits (GB/s)", 307, memory(stack), 0.001)
    for generation, clock, published in ((3, 8e9, 16.0), (4, 16e9, 31.5), (5, 32e9, 63.0)):
        lanes = formulas.bandwidth(clock, 16, 1, 1 / 8) * 128 / 130  # 128 of 130 bits are data
        compare(f"PCIe {generation} x16 (GB/s)", published, lanes / 1e9, 0.016)


def test_lanes() -> None:
    assert XEON.core.vector_bits is not None
    compare("AVX-512: f32 in a register", 16, XEON.core.vector_bits / 32, 0)


def test_amdahl_and_power() -> None:
    """1 / ((1 - P) + P / N), and 1/2 * Q * C * V^2 * f."""
    assert formulas.amdahl(0.95, 20) == pytest.approx(1 / (0.05 + 0.0475))
    assert formulas.amdahl(1, 28) == 28 and formulas.amdahl(0, 28) == 1
    watts = formulas.dynamic_power(1e9, 1e-16, 1.0, 2e9)
    assert watts == pytest.approx(100) and formulas.dynamic_power(1e9, 1e-16, 2.0, 2e9) == 4 * watts
