"""Hardware files: the presets, what is refused and where, overrides, the hash, the attribute."""

from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.parser import Parser

from dlir.diagnostics import CompileError, place_of
from dlir.dialects.isa import Isa, MachineAttr
from dlir.targets.accel.description import (
    NODES,
    Machine,
    load_machine,
    machine_from_text,
    preset_names,
)
from dlir.targets.accel.view import machine_attribute, machine_of

GEMMINI = load_machine("gemmini")


def error_of(text: str) -> tuple[str, int]:
    """The message and the line of what is wrong with a hardware file."""
    with pytest.raises(CompileError) as caught:
        machine_from_text(text, "m.toml")
    (diagnostic,) = caught.value.diagnostics
    place = place_of(diagnostic.location)
    assert place is not None and place.file == "m.toml"
    return diagnostic.message, place.line


def changed(old: str, new: str) -> str:
    """Gemmini's canonical file with one text replaced."""
    assert old in GEMMINI.text
    return GEMMINI.text.replace(old, new, 1)


# name: array, MHz, spm bytes, acc rows, wbuf bytes, DRAM bytes per cycle, latency, lanes, int8 TOPS
PRESETS = {
    "edge16": (16, 500, 64 << 10, 256, 0, 4, 60, 16, 0.256),
    "gemmini": (16, 1000, 256 << 10, 1024, 0, 16, 100, 16, 0.512),
    "tpu1": (256, 700, 24 << 20, 4096, 4 * 64 << 10, 48.57, 100, 256, 91.75),
    "large128": (128, 1000, 32 << 20, 8192, 0, 300, 200, 1024, 32.8),
}


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_are_those_of_the_design(name: str):
    m = load_machine(name)
    found = (m.array.rows, m.clock_mhz, m.spm.bytes, m.acc.rows, m.wbuf.bytes,
             m.dma.bytes_per_cycle, m.dma.latency, m.vector.lanes)  # fmt: skip
    assert found == PRESETS[name][:-1]
    tops = 2 * m.peak_macs_per_cycle("i8") * m.clock_mhz * 1e6 / 1e12
    assert tops == pytest.approx(PRESETS[name][-1], rel=2e-3)
    assert m.name == name and m.array.cols == m.array.rows


def test_there_are_no_other_presets():
    assert preset_names() == sorted(PRESETS)


def test_tpu1_has_a_channel_to_the_host():
    host = load_machine("tpu1").host
    assert host is not None and host.bytes_per_cycle * 700e6 == 14e9
    assert GEMMINI.host is None


def test_memory_prices_fit_the_published_cache_reads():
    """Horowitz: 8 bytes of an 8 KiB, 32 KiB, 1 MiB cache are 10, 20, 100 pJ; the fit is 13% off."""
    prices = [8 * GEMMINI.energy.sram_byte_pj(kib << 10) for kib in (8, 32, 1024)]
    assert prices == pytest.approx([10, 20, 100], rel=0.14)


def test_a_price_in_the_file_replaces_that_of_the_node():
    m = load_machine("gemmini", {"energy.dram_pj": "31"})
    assert m.energy.price("dram_pj") == 31
    assert m.energy.price("mac_i8_pj") == NODES["45nm"]["mac_i8_pj"]


@pytest.mark.parametrize("name", PRESETS)
def test_the_canonical_text_reads_back(name: str):
    m = load_machine(name)
    again = machine_from_text(m.text)
    assert again == m and again.text == m.text and again.hash == m.hash


def test_the_hash_is_stable_and_tells_machines_apart():
    assert GEMMINI.hash == load_machine("gemmini").hash
    assert len({load_machine(n).hash for n in PRESETS}) == 4
    assert load_machine("gemmini", {"dma.latency": "101"}).hash != GEMMINI.hash
    reordered = machine_from_text("\n\n".join(reversed(GEMMINI.text.split("\n\n"))))
    assert reordered.hash == GEMMINI.hash


CONTRADICTIONS = {
    "acc-rows": (
        "rows = 1024",
        "rows = 0",
        "'acc.rows' must be >= 1 (rows of cols 32-bit numbers); got 0",
        "rows = 0",
    ),
    "bandwidth": (
        "bytes_per_cycle = 16.0",
        "bytes_per_cycle = 0",
        "'dma.bytes_per_cycle' must be > 0 (bytes per cycle); got 0",
        "bytes_per_cycle = 0",
    ),
    "infinite": (
        "bytes_per_cycle = 16.0",
        "bytes_per_cycle = nan",
        "'dma.bytes_per_cycle' must be > 0 (bytes per cycle); got nan",
        "bytes_per_cycle = nan",
    ),
    "k": (
        "rows = 16",
        "rows = 1024",
        "1024 rows, but field 'k' of mm counts to 512",
        "rows = 1024",
    ),
    "lines": (
        "bytes = 262144",
        "bytes = 1000",
        "1000 bytes are no whole lines of 16 bytes",
        "bytes = 1000",
    ),
    "spm-reach": (
        "bytes = 262144",
        "bytes = 33554432",
        "33554432 bytes; 20-bit lines reach 16777216",
        "bytes = 33554432",
    ),
    "wbuf-tile": (
        "bytes = 0",
        "bytes = 272",
        "272 bytes are no whole weight tiles of 16 x 16 = 256",
        "bytes = 272",
    ),
    "rate": ("{ bf16 = 1, i8 = 1 }", "{ i8 = 1 }", "type 'bf16' has no rate", "rate = "),
    "type": ('"bf16"]', '"fp16"]', "type 'fp16' is none of i8, bf16", "types = "),
    "key": (
        "latency = 100",
        "latncy = 100",
        "unknown key 'latncy' in [dma]; did you mean 'latency'?",
        "latncy",
    ),
    "table": ("[vector]", "[vektor]", "unknown table 'vektor'; did you mean 'vector'?", "[vektor]"),
    "missing": (
        "cols = 16\n",
        "",
        "[array] lacks the key 'cols' (columns: the N of a weight tile",
        "[array]",
    ),
    "integer": (
        "rows = 1024",
        'rows = "many"',
        "'acc.rows' is an integer (rows of cols 32-bit numbers); got 'many'",
        'rows = "many"',
    ),
    "boolean": (
        "rows = 1024",
        "rows = true",
        "'acc.rows' is an integer (rows of cols 32-bit numbers); got True",
        "rows = true",
    ),
    "list": (
        '["ld", "mx", "vx", "st"]',
        '"ld"',
        "'machine.streams' is a list of words (instruction streams); got 'ld'",
        "streams = ",
    ),
    "stream": ('"st"]', '"sd"]', "there is no stream 'sd'", "streams = "),
    "cost": (
        "exp = 4",
        "expo = 4",
        "a cost is given for 'expo', no function; did you mean 'exp'?",
        "cost = ",
    ),
    "chips": ("chips = 1", "chips = 4", "4 chips without the stream 'nt'", "chips = 4"),
    "node": ('"45nm"', '"44nm"', "no prices for node '44nm'; did you mean '45nm'?", "node = "),
    "toml": (
        "[acc]",
        "[acc",
        "not a TOML file: Expected ']' at the end of a table declaration",
        "[acc",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradictions_are_refused_at_their_line(case: str):
    old, new, message, place = CONTRADICTIONS[case]
    text = changed(old, new)
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.startswith(place)]
    found, line = error_of(text)
    assert found.startswith(message)
    assert line in lines


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000, "[array]\n" * 2])
def test_hostile_files_are_refused(text: str):
    assert error_of(text)[0].startswith("not a TOML file")


def test_overrides_replace_single_keys():
    m = load_machine("gemmini", {"spm.bytes": "131072", "array.rate.bf16": "2"})
    assert m.spm_lines == 8192
    assert m.array.rate == {"i8": 1, "bf16": 2}
    assert load_machine("gemmini", {"energy.node": "7nm"}).energy.node == "7nm"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("spm.bytes", "100", "100 bytes are no whole lines of 16 bytes (set by spm.bytes=100)"),
        ("spm.byte", "16", "unknown key 'byte' in [spm]; did you mean 'bytes'?"),
        ("bytes", "16", "cannot set 'bytes'"),
        ("spm.bytes.x", "16", "cannot set 'spm.bytes.x': 'bytes' is no table"),
    ],
)
def test_wrong_overrides_are_named(key: str, value: str, message: str):
    with pytest.raises(CompileError) as caught:
        load_machine("gemmini", {key: value})
    assert caught.value.diagnostics[0].message.startswith(message)


def test_files_and_names(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(GEMMINI.text.replace('"gemmini"', '"mine"'))
    assert load_machine(str(path)).name == "mine"
    with pytest.raises(CompileError, match="unknown machine 'gemini'; did you mean 'gemmini'"):
        load_machine("gemini")
    with pytest.raises(CompileError, match="cannot read"):
        load_machine(str(tmp_path / "none.toml"))


MACHINES = [
    GEMMINI,
    load_machine("tpu1"),
    load_machine("gemmini", {"spm.bytes": "131072", "vector.cost": "{default = 2}"}),
    machine_from_text(GEMMINI.text.replace('"gemmini"', '"a \\"b\\" \\u007f \U0001f600"')),
]


@pytest.mark.parametrize("machine", MACHINES, ids=range(len(MACHINES)))
def test_the_attribute_carries_the_machine_in_text(machine: Machine):
    context = Context()
    context.load_dialect(Isa)
    attribute = machine_attribute(machine)
    parsed = Parser(context, str(attribute)).parse_attribute()
    assert isinstance(parsed, MachineAttr) and parsed == attribute
    assert machine_of(parsed) == machine


def test_the_attribute_says_what_differs_from_a_preset():
    assert str(machine_attribute(GEMMINI)) == '#isa.machine<"gemmini">'
    smaller = load_machine("gemmini", {"spm.bytes": "131072"})
    text = '#isa.machine<"gemmini" {spm.bytes = "131072"}>'
    assert str(machine_attribute(smaller)) == text
