"""The file of a program: the same bytes for the same program, and anything else is refused."""

import hashlib
import struct
import tracemalloc

import pytest
from targets.accel.accel_programs import sample

from dlir.diagnostics import CompileError
from dlir.targets.accel.description import load_machine
from dlir.targets.accel.program import Program

HEAD, SECTION = 80, 24
GOOD = sample().to_bytes()


def sealed(data: bytes) -> bytes:
    """The data with its size and checksum made right, so that what is behind them is read."""
    data = data[:8] + struct.pack("<Q", len(data)) + data[16:]
    digest = hashlib.sha256(data[:48] + bytes(32) + data[80:]).digest()
    return data[:48] + digest + data[80:]


def section(name: str) -> tuple[int, int, int]:
    """(where its line of the table is, its offset, its size)."""
    for at in range(HEAD, HEAD + 8 * SECTION, SECTION):
        found, offset, size = struct.unpack_from("<8sQQ", GOOD, at)
        if found.rstrip(b"\0").decode() == name:
            return at, offset, size
    raise KeyError(name)


def patched(at: int, new: bytes) -> bytes:
    return sealed(GOOD[:at] + new + GOOD[at + len(new) :])


def message_of(data: bytes) -> str:
    with pytest.raises(CompileError) as caught:
        Program.from_bytes(data, name="p.dlx")
    return caught.value.diagnostics[0].message


def test_reading_gives_the_program_back():
    program = Program.from_bytes(GOOD)
    assert program == sample() and program.to_bytes() == GOOD
    assert program.debug == sample().debug and program.symbols == sample().symbols
    assert program.data["fc1.weight"].tolist() == list(range(70))
    assert program.machine_hash == sample().machine.hash


def test_bytes_are_deterministic():
    """Also across runs: nothing depends on hashes of strings, on time or on names of files."""
    assert sample().to_bytes() == GOOD
    assert GOOD[:8] == b"DLX1\x08\0\0\0"
    assert GOOD[16:48].hex() == sample().machine.hash


def test_a_program_for_another_machine():
    with pytest.raises(CompileError) as caught:
        Program.from_bytes(GOOD, load_machine("gemmini"))
    (diagnostic,) = caught.value.diagnostics
    assert "the program is for machine 'gemmini' (" in diagnostic.message
    assert "not for 'gemmini' (" in diagnostic.message and diagnostic.help


def test_truncated_and_prolonged():
    assert message_of(GOOD[:-1]) == (
        f"the file is truncated: {len(GOOD)} bytes expected, {len(GOOD) - 1} there"
    )
    assert message_of(GOOD + b"x").startswith("the file is followed by something else")
    assert message_of(b"") == "not a DLX1 file: it begins with b''"
    assert message_of(GOOD[:79]) == "the file ends in its head: 79 bytes of 80"


def test_every_damaged_byte_is_noticed():
    for at in range(0, len(GOOD), 7):
        damaged = GOOD[:at] + bytes([GOOD[at] ^ 0x10]) + GOOD[at + 1 :]
        message_of(damaged)


MX, SYM, DBG = section(".mx"), section(".sym"), section(".dbg")
HUGE = struct.pack("<Q", (1 << 64) - 16)

HOSTILE = {
    "sections": (patched(4, b"\xff\xff\xff\xff"), "4294967295 sections do not fit into a file of"),
    "size": (patched(MX[0] + 16, HUGE), f"section '.mx' is {(1 << 64) - 16} bytes at {MX[1]}, of"),
    "offset": (patched(MX[0] + 8, HUGE), "section '.mx' is "),
    "overlap": (
        patched(MX[0] + 8, struct.pack("<Q", MX[1] - 16)),
        f"section '.mx' begins at {MX[1] - 16}, not at {MX[1]}",
    ),
    "twice": (patched(MX[0], b".ld"), "section '.ld' is there twice"),
    "name": (patched(MX[0], b"\xff\xff"), "the name of section 2 is not UTF-8 text"),
    "unknown": (patched(MX[0], b".mz"), "the sections are .hw .ld .mz"),
    "reserved": (patched(MX[1] + MX[2] - 1, b"\1"), "mx[3]: reserved bit 120 of halt is 1"),
    "opcode": (patched(MX[1], b"\x3f"), "mx[0]: no instruction has opcode 0x3f"),
    "stream": (
        patched(MX[1], b"\x08" + b"\0" * 15),
        "mx[0]: 'ld' is no instruction of stream 'mx'",
    ),
    "symbol-kind": (patched(SYM[1], b"\x09"), "symbol 'x' has kind 9 and contents 0"),
    "symbol-name": (patched(SYM[1] + 2, b"\xff\xff"), "section '.sym': a text of 65535 bytes"),
    "symbol-size": (patched(SYM[1] + 14, HUGE[:8]), "symbol 'x': 18446744073709551600 bytes at 0"),
    "tag": (
        patched(DBG[1], b"\xff\xff\xff\xff"),
        "tag 2147483648 of section '.dbg' is out of order",
    ),
    "hash": (patched(16, b"\0" * 32), "the hash of section '.hw' is"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_with_numbers(case: str):
    data, message = HOSTILE[case]
    assert message_of(data).startswith(message)


def test_the_hardware_file_inside_is_read_like_any_other():
    message = message_of(patched(section(".hw")[1], b"[machina]"))
    assert message == "unknown table 'machina'; did you mean 'machine'?"


def test_contents_must_be_all_there():
    weight = GOOD.index(b"fc1.weight") - 24
    assert message_of(patched(weight + 16, struct.pack("<Q", 71))) == (
        "the weights are 71 bytes, but section '.data' has 70"
    )


def test_absurd_numbers_take_no_memory():
    tracemalloc.start()
    for data, _ in HOSTILE.values():
        message_of(data)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
