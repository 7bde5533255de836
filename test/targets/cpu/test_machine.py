"""Hardware files of CPUs: the presets, what is refused and where, and the native machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlir.diagnostics import CompileError, place_of
from dlir.targets.cpu import llvmlite_binding, native
from dlir.targets.cpu.description import describe
from dlir.targets.cpu.machine import Cpu, cpu_from_text, cpu_names, load_cpu
from dlir.targets.cpu.native_loops import loops

XEON = load_cpu("xeon-8280")


# name: GFLOP/s in f32, GB/s, sets of l1, bytes of an alias interval of l1
PRESETS = {
    "epyc-7742": (64 * 32 * 2.25, 204.8, 64, 4096),
    "graviton2": (64 * 16 * 2.5, 204.8, 256, 16384),
    "xeon-8280": (28 * 64 * 2.7, 140.784, 64, 4096),
}


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets(name: str) -> None:
    cpu, (peak, bandwidth, sets, interval) = load_cpu(name), PRESETS[name]
    assert cpu.name == name and cpu.l1 is not None
    cores = cpu.general.cores
    assert cpu.peak("f32", cores) == pytest.approx(peak * 1e9)
    assert cpu.bandwidth(cores) == pytest.approx(bandwidth * 1e9)
    assert (cpu.l1.sets, cpu.l1.alias_interval) == (sets, interval)
    assert cpu_from_text(cpu.text) == cpu


def test_there_are_no_other_presets() -> None:
    assert cpu_names() == sorted([*PRESETS, "native"])


def test_types_and_threads() -> None:
    assert XEON.peak("i8", 1) == 4 * XEON.peak("f32", 1) == 8 * XEON.peak("f64", 1)
    assert XEON.peak("bf16", 1) == XEON.peak("f32", 1)  # not in the file
    assert XEON.peak("f32", 99) == XEON.peak("f32", 28)
    slow = load_cpu("xeon-8280", {"memory.core_gb_per_s": "12"})
    assert slow.bandwidth(1) == 12e9 and slow.bandwidth(28) == XEON.bandwidth(28)


def error_of(text: str) -> tuple[str, int]:
    """The message and the line of what is wrong with a hardware file."""
    with pytest.raises(CompileError) as caught:
        cpu_from_text(text, "m.toml")
    (diagnostic,) = caught.value.diagnostics
    place = place_of(diagnostic.location)
    assert place is not None and place.file == "m.toml"
    return diagnostic.message, place.line


SMALL = """
[machine]
name = "small"
clock_mhz = 1000
cores = 2
[core]
ops_per_cycle = { f32 = 16, f64 = 8 }
vector_bits = 256
[memory]
gb_per_s = 10.0
core_gb_per_s = 8.0
[l1]
bytes = 32768
ways = 8
line = 64
shared_by = 1
[l2]
bytes = 262144
ways = 8
"""

CONTRADICTIONS = {
    "name": ('name = "small"', 'name = ""', "the name is empty", 'name = ""'),
    "cores": (
        "cores = 2", "cores = 0", "'machine.cores' must be >= 1 (cores); got 0", "cores = 0",
    ),
    "no f32": ("f32 = 16, ", "", "no rate is given for 'f32'", "ops_per_cycle"),
    "type": ("f64 = 8", "f46 = 8", "'f46' is no element type; did you mean 'f64'?", "ops_per"),
    "rate": ("f64 = 8", "f64 = 0", "f64 has 0 operations per cycle; at least 1", "ops_per"),
    "lanes": (
        "f32 = 16", "f32 = 20",
        "20 operations per cycle of f32 are no whole vectors of 256 / 32 = 8 lanes", "ops_per",
    ),
    "sets": (
        "bytes = 32768", "bytes = 1000", "1000 bytes are no whole sets of 8 ways x 64 bytes",
        "bytes = 1000",
    ),
    "line": ("line = 64", "line = 48", "a line of 48 bytes is no power of two", "line = 48"),
    "shared": ("shared_by = 1", "shared_by = 4", "shared by 4 of 2 cores", "shared_by = 4"),
    "smaller": (
        "bytes = 262144", "bytes = 16384",
        "l2 has 16384 bytes, l1 has 32768: a level cannot be smaller than the nearer",
        "bytes = 16384",
    ),
    "gap": ("[l2]", "[l3]", "[l3] is given, but [l2] is not", "[l3]"),
    "no bandwidth": (
        "gb_per_s = 10.0\ncore_gb_per_s = 8.0", "interfaces = 2",
        "[memory] says nothing of its bandwidth", "[memory]",
    ),
    "two bandwidths": (
        "core_gb_per_s = 8.0", "clock_mhz = 1600",
        "10 GB/s, but 1600 MHz x 1 interfaces x 2 transfers x 64 bits = 25.6 GB/s", "gb_per_s",
    ),
    "one core": (
        "core_gb_per_s = 8.0", "core_gb_per_s = 11",
        "one core draws 11 GB/s, all of them 10 GB/s", "core_gb_per_s = 11",
    ),
    "nan": ("gb_per_s = 10.0", "gb_per_s = nan",
            "'memory.gb_per_s' must be > 0 (10^9 bytes per second); got nan", "gb_per_s = nan"),
    "key": ("ways = 8\nline", "way = 8\nline",
            "unknown key 'way' in [l1]; did you mean 'ways'?", "way = 8"),
    "missing": ("clock_mhz = 1000\n", "", "[machine] lacks the key 'clock_mhz' (MHz of the cores)",
                "[machine]"),
    "text": ("clock_mhz = 1000", "clock_mhz = fast", "not a TOML file: Invalid value", "fast"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradictions_are_refused_at_their_line(case: str) -> None:
    old, new, message, line = CONTRADICTIONS[case]
    assert old in SMALL
    text = SMALL.replace(old, new, 1)
    found, number = error_of(text)
    assert found == message
    assert line in text.splitlines()[number - 1]


def test_rounded_figures_do_not_contradict() -> None:
    """DDR4-2933 is 1466.5 MHz, and said to have 140.8 GB/s on six channels."""
    cpu = load_cpu("xeon-8280", {"memory.gb_per_s": "140.8"})
    assert cpu.bandwidth(28) == 140.8e9


# --- native ---------------------------------------------------------------------------------------


def test_the_native_machine_is_plausible() -> None:
    """Measured on a machine that does other work: only the order of magnitude is sure."""
    cpu = load_cpu("native")
    assert cpu is load_cpu("native") and cpu.name == "native"
    assert 0.2e9 < cpu.general.clock_mhz * 1e6 < 10e9
    assert 1e9 < cpu.peak("f32", 1) < 1e12
    assert 0.5e9 < cpu.bandwidth(1) <= cpu.bandwidth(cpu.general.cores) < 5e12
    assert cpu_from_text(cpu.text) == cpu


def test_one_key_of_the_native_machine_can_be_given() -> None:
    assert (
        load_cpu("native", {"memory.gb_per_s": "1", "memory.core_gb_per_s": "1"}).bandwidth(1)
        == 1e9
    )


def test_it_is_measured_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "native_cpu", lambda: pytest.fail("not needed"))
    assert isinstance(load_cpu("xeon-8280", {"machine.cores": "14", "l3.shared_by": "14"}), Cpu)


def system(folder: Path, files: dict[str, str]) -> Path:
    """A /sys/devices/system/cpu."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="ascii")
    return folder


def cache_files(
    index: int, level: int, kind: str, size: str, ways: str, shared: str
) -> dict[str, str]:
    place = f"cpu0/cache/index{index}"
    return {
        f"{place}/level": str(level), f"{place}/type": kind, f"{place}/size": size,
        f"{place}/ways_of_associativity": ways, f"{place}/coherency_line_size": "64",
        f"{place}/shared_cpu_list": shared,
    }  # fmt: skip


def test_what_the_system_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processors are two cores; an instruction cache is none for data."""
    siblings = {
        f"cpu{n}/topology/thread_siblings_list": "0,2" if n % 2 == 0 else "1,3" for n in range(4)
    }
    files = {
        **siblings,
        **cache_files(0, 1, "Data", "48K", "12", "0,2"),
        **cache_files(1, 1, "Instruction", "32K", "8", "0,2"),
        **cache_files(2, 2, "Unified", "2048K", "16", "0,2"),
        **cache_files(3, 3, "Unified", "36M", "18", "0-3"),
    }
    monkeypatch.setattr(native, "SYSTEM", system(tmp_path, files))
    monkeypatch.setattr(native, "_cpus", lambda: [0, 1, 2, 3])
    assert native._cores() == 2
    caches = native.data_caches()
    assert {n: (c.bytes, c.ways, c.shared_by) for n, c in caches.items()} == {
        "l1": (48 << 10, 12, 1), "l2": (2 << 20, 16, 1), "l3": (36 << 20, 18, 2),
    }  # fmt: skip


def test_a_system_that_says_nothing_or_nonsense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "SYSTEM", tmp_path)
    monkeypatch.setattr(native, "_cpus", lambda: [0])
    assert native.data_caches() == {} and native._cores() == 1
    system(tmp_path, cache_files(0, 1, "Data", "32K", "0", "0"))  # as some virtual machines say
    system(tmp_path, cache_files(1, 2, "Unified", "512K", "8", "0"))
    assert native.data_caches() == {}


@pytest.mark.parametrize("features", ["", "+fma"])
def test_a_cpu_without_multiply_adds_is_measured_by_products_and_sums(features: str) -> None:
    """Its rate is not that of a library function, which takes a hundred times as long."""
    cpu = describe("x86_64-linux-gnu", "x86-64", features)
    text = llvmlite_binding.assembly(loops(4, bool(features)), cpu)
    assert ("mulps" in text, "vfmadd" in text) == (not features, bool(features))
    assert "fmaf" not in text


def test_rates_of_types_follow_the_features() -> None:
    plain = describe("x86_64-linux-gnu", "haswell", "+avx2,+fma")
    fast = describe("x86_64-linux-gnu", "znver5", "+avx512f,+avx512vnni,+avx512bf16")
    assert native._rates(plain, 32) == {"f64": 16, "f32": 32, "i16": 64, "i8": 64}
    assert native._rates(fast, 64) == {"f64": 32, "f32": 64, "i16": 128, "i8": 256, "bf16": 128}
