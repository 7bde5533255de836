"""Damaged files and texts of programs: CompileError or an equal program, soon, in little memory."""

import hashlib
import struct
import time
import tracemalloc

from hypothesis import example, given, settings
from hypothesis import strategies as st
from targets.accel.accel_programs import model, sample

from dlir.diagnostics import CompileError
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.bundle import read_bundle
from dlir.targets.accel.program import Program

GOOD = sample().to_bytes()
TEXT = disassemble(sample())
NUMBERS = [0, 1, 15, 16, 255, 256, 65535, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1]


def seal(data: bytes) -> bytes:
    """Make size and checksum right, so that the fuzzer gets behind them."""
    if len(data) < 80:
        return data
    data = data[:8] + struct.pack("<Q", len(data)) + data[16:]
    digest = hashlib.sha256(data[:48] + bytes(32) + data[80:]).digest()
    return data[:48] + digest + data[80:]


@st.composite
def damaged(draw: st.DrawFn, good: bytes = GOOD) -> bytes:
    """A file with bytes flipped, numbers replaced, pieces cut, doubled or moved."""
    data = good
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.one_of(st.integers(0, 300), st.integers(0, len(data))))
        end = min(len(data), at + draw(st.integers(0, 64)))
        new = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(NUMBERS).map(lambda n: struct.pack("<Q", n)),
                st.just(data[at:end] * 2),
                st.just(data[at:end][::-1]),
                st.just(b""),
            )
        )
        keep = at + len(new) if draw(st.booleans()) else end
        data = data[:at] + new + data[keep:]
    return seal(data) if draw(st.booleans()) or len(data) >= 80 else data


def check(data: bytes) -> None:
    """What is read writes itself again."""
    started = time.process_time()
    try:
        program = Program.from_bytes(data)
    except CompileError as error:
        assert str(error)
    else:
        assert program.to_bytes() == data
        assert assemble(disassemble(program)) == program
    assert time.process_time() - started < 5


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damaged_files(data: bytes):
    check(data)


BUNDLE = model().to_bytes()


@settings(max_examples=200, deadline=None)
@given(damaged(BUNDLE))
def test_damaged_models(data: bytes):
    check_model(data)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(BUNDLE)), st.booleans())
def test_truncated_models(length: int, sealed: bool):
    check_model(seal(BUNDLE[:length]) if sealed else BUNDLE[:length])


def check_model(data: bytes) -> None:
    """The same of models."""
    started = time.process_time()
    try:
        bundle = read_bundle(data)
    except CompileError as error:
        assert str(error)
    else:
        assert bundle.to_bytes() == data
    assert time.process_time() - started < 5


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_noise(data: bytes):
    check(data)
    check(seal(b"DLX1" + data))
    check_model(seal(b"DLXB" + data))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD)), st.booleans())
def test_truncated_files(length: int, sealed: bool):
    check(seal(GOOD[:length]) if sealed else GOOD[:length])


PIECES = [
    *'%@"+;:.=-\\\n\t \0', "acc", "wbuf", "+a1", "0x", "999999999999", "-1", "1.5", "inf", "s3",
    "mm ", "ld d=%0", ".symbol ", ".data @x ", ".debug 1 ", ".machine ", ".hw [", "loop count=",
    "nt:", "vx:", "a=", "imm=1e999", "\u2028", "\ud800", "dt=bf16", 'type="',
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 20), st.sampled_from(PIECES)),
                min_size=1, max_size=5))  # fmt: skip
@example([(109, 0, "\ud800")])
def test_damaged_texts(changes: list[tuple[int, int, str]]):
    text = TEXT
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    started = time.process_time()
    try:
        program = assemble(text)
    except CompileError as error:
        assert error.diagnostics
    else:
        assert assemble(disassemble(program)) == program
    assert time.process_time() - started < 5


def test_long_lines_take_linear_time():
    started = time.process_time()
    for line in ('"' * 20000, "@" + '"\\' * 20000, "a" * 50000, ";" * 50000, '"a;' * 20000):
        try:
            assemble(f".machine gemmini\nmx:\n{line}\n")
        except CompileError:
            continue
    assert time.process_time() - started < 5


def test_claims_take_no_memory():
    """A file that claims 2^40 bytes of everything."""
    tracemalloc.start()
    for at in range(80, 80 + 8 * 24, 8):
        for number in NUMBERS:
            check(seal(GOOD[:at] + struct.pack("<Q", number) + GOOD[at + 8 :]))
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_claims_of_models_take_no_memory():
    """The same of a model, whose text and constants claim sizes as well."""
    tracemalloc.start()
    for at in range(80, 80 + 3 * 24, 8):
        for number in NUMBERS:
            check_model(seal(BUNDLE[:at] + struct.pack("<Q", number) + BUNDLE[at + 8 :]))
    for old, new in ((b"tensor<3x", b"tensor<9999999999x"), (b"dense<1.", b"dense<2.")):
        check_model(seal(BUNDLE.replace(old, new)))
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
