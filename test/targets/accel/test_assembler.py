"""Assembler text: exact inverses, aliases, and errors with line, column and what to write."""

import pytest
from hypothesis import given, settings
from targets.accel.accel_programs import programs, sample

from dlir.diagnostics import CompileError, place_of
from dlir.dialects.isa.fields import BINARY, ISA, UNARY
from dlir.dialects.isa.text import print_bf16, read_bf16
from dlir.parser import parse_module
from dlir.printer import print_module
from dlir.registry import default_registry
from dlir.targets.accel.assembler import assemble, disassemble
from dlir.targets.accel.description import load_machine, machine_from_text
from dlir.targets.accel.program import Program
from dlir.targets.accel.view import module_of, program_of

GEMMINI = load_machine("gemmini")


def words(line: str, stream: str = "mx", machine: str = "gemmini") -> list[int]:
    """The instructions of one line."""
    stream_found = assemble(f".machine {machine}\n{stream}:\n{line}\n").streams[stream]
    return [stream_found.word(i) for i in range(len(stream_found))]


def check_inverses(program: Program) -> None:
    text = disassemble(program)
    again = assemble(text)
    assert again.to_bytes() == program.to_bytes()
    assert disassemble(again) == text


def test_the_sample():
    check_inverses(sample())


@given(programs())
@settings(max_examples=150, deadline=None)
def test_text_and_binary_are_inverse(program: Program):
    check_inverses(program)


@given(programs())
@settings(max_examples=60, deadline=None)
def test_modules_and_programs_are_inverse(program: Program):
    module = module_of(program)
    module.verify()
    assert program_of(module) == program


@given(programs())
@settings(max_examples=60, deadline=None)
def test_the_text_of_a_module_is_its_program(program: Program):
    module = parse_module(print_module(module_of(program)), default_registry().context())
    assert program_of(module) == program


def test_comments_spaces_order_and_spelling_do_not_matter():
    canonical = "mm a=%12+a1 c=0 nx=28 sx=2 ny=28 sy=58 k=16 n=16 acc swap wait=s3 sig=s4"
    loose = (
        "  mm  swap\tacc n=0x10 k=16 sy=58 ny=28 sx=2 nx=28 c=acc0 a=%12+a1 dt=i8 sig=s4 wait=s3;"
    )
    assert words(canonical) == words(f"{loose} \"fc1\" of model.onnx")  # fmt: skip
    assert words(canonical) == [ISA.encode("mm", dict(
        a=12, ar_a=1, c=0, nx=28, sx=2, ny=28, sy=58, k=16, n=16, acc=1, swap=1, wait=3, sig=4,
    ))]  # fmt: skip


@pytest.mark.parametrize("mnemonic", ISA.instructions)
def test_the_example_of_every_instruction_is_canonical(mnemonic: str):
    one = ISA.instructions[mnemonic]
    text = disassemble(assemble(f".machine large128\n{one.streams[0]}:\n{one.example}\n"))
    assert f"  {one.example}\n" in text


@pytest.mark.parametrize("alias", [*BINARY, *UNARY])
def test_functions_are_aliases(alias: str):
    family, operands = ("vv", "d=%0 x=%1 y=%2") if alias in BINARY else ("vs", "d=%0 x=%1")
    assert words(f"{alias} {operands}", "vx") == words(f"{family} {alias} {operands}", "vx")


def test_comments_carry_the_origin():
    lines = disassemble(sample()).splitlines()
    found = [line for line in lines if '; "fc1" of model.onnx' in line]
    assert found[0] == '  mark tag=7  ; "fc1" of model.onnx'
    assert any(line.lstrip().startswith("ld d=%0+a1 dram=@x+3") for line in found)


def test_machines_in_text():
    assert disassemble(sample()).startswith(".machine gemmini spm.bytes=131072\n")
    renamed = machine_from_text(GEMMINI.text.replace('"gemmini"', '"mine"'))
    text = disassemble(sample(renamed))
    assert text.startswith('.hw [machine]\n.hw name = "mine"\n')
    assert assemble(text).machine == renamed
    assert assemble("mx:\nnop\n", GEMMINI).machine == GEMMINI
    with pytest.raises(CompileError, match=r"is for machine 'gemmini' .* not for 'tpu1'"):
        assemble(".machine gemmini\n", load_machine("tpu1"))
    with pytest.raises(CompileError, match="the text names no machine"):
        assemble("mx:\n")


def test_all_bf16_numbers_survive_their_text():
    for bits in range(1 << 16):
        text = print_bf16(bits)
        value = read_bf16(text) if any(c in text for c in ".ein") else int(text) & 0xFFFF
        assert value == bits, text
    assert (print_bf16(0x3F80), print_bf16(0x3DCD), print_bf16(0xFF80)) == ("1.0", "0.1", "-inf")


MM = "mm a=%0 c=0 k=16 n=16"

ERRORS = [
    ("mmm a=%0", 1, "there is no instruction 'mmm'; did you mean 'mm'?"),
    (f"{MM} swop", 23, "mm has no operand 'swop'; did you mean 'swap'?"),
    ("mm a=%0 c=0 k=600 n=16", 13, "field 'k' holds 1 to 512; got 600"),
    ("mm a=%0 c=16384 k=6 n=16", 9, "field 'c' holds 0 to 16383; got 16384"),
    ("mm a=%0 c=0 k=16", 1, "mm needs operand 'n'"),
    (f"{MM} k=16", 23, "operand 'k' is given twice"),
    (f"{MM} acc=1", 23, "'acc' is a flag and takes no value"),
    (f"{MM} dt=", 23, "operand 'dt' needs a value: dt=..."),
    (f"{MM} dt=bf61", 26, "'bf61' is no dt; did you mean 'bf16'?"),
    (f"{MM} dt=f32", 26, "'f32' is no dt: i8, bf16"),
    (f"{MM} wait=3", 28, "operand 'wait' is 's' and a number; got '3'"),
    (f"{MM} wait=s32", 23, "field 'wait' holds s0 to s31; got 32"),
    ("mm a=%0+a9 c=0 k=1 n=1", 4, "field 'ar_a' holds a0 to a7; got 9"),
    ("mm a=acc0 c=0 k=1 n=1", 6, "operand 'a' is in spm, not in acc"),
    ("mm a=0x c=0 k=1 n=1", 6, "'0x' is no address"),
    ("mm a=%-1 c=0 k=1 n=1", 6, "'%-1' is no address"),
    ("mm a=@x c=0 k=1 n=1", 6, "operand 'a' is not in DRAM and takes no symbol"),
    ("lw w=3 k=1 n=1", 6, "operand 'w' needs a memory: %0, acc0 or wbuf0"),
    ("lw w=acc3 k=1 n=1", 4, "field 'mem' is one of spm, wbuf; got 'acc'"),
    ("lw w=foo3 k=1 n=1", 6, "'foo' is no memory: %, acc or wbuf"),
    ("ld d=%0 dram=0 len=1", 1, "'ld' belongs to stream ld, not to mx"),
    ("sync sem=s1", 6, "'sem=s1' is no dir: take, give"),
    ("sync", 1, "sync needs its dir: take, give"),
    ('mm a=%0 "', 9, "a quotation mark has no partner"),
    ("ldd:", 1, "no stream 'ldd'; did you mean 'ld'?"),
    (".symbol input x address=0 size=1", 15, "'x' is no @name"),
    (".symbol imput @x address=0 size=1", 9, "'imput' is no kind of symbol; did you mean 'input'?"),
    (".symbol input @x address=0 size=y", 33, "expected a number, got 'y'"),
    (".symbol input @x address=0 siz=1", 28, "expected size=..., got 'siz=1'"),
    (".data @x 00", 7, "unknown symbol 'x'"),
    ('.debug 1 "a', 10, "a quotation mark has no partner"),
    (".debug 1 a", 10, "expected a text in quotes, got a"),
    (".debgu 1 a", 1, "unknown directive '.debgu'; did you mean '.debug'?"),
    (".machine gemmini", 1, "write '.machine NAME key=value ...' once"),
]


@pytest.mark.parametrize(("line", "column", "message"), ERRORS, ids=[e[0] for e in ERRORS])
def test_errors_have_line_and_column(line: str, column: int, message: str):
    with pytest.raises(CompileError) as caught:
        assemble(f".machine gemmini\nmx:\n{line}\n", name="t.isa")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == message
    place = place_of(diagnostic.location)
    assert place is not None and str(place) == f"t.isa:3:{column}"


def test_symbols_resolve():
    text = ".machine gemmini\n.symbol input @x address=64 size=16\nld:\n  ld d=%0 dram=@x+4 len=4\n"
    assert assemble(text).streams["ld"].column("ld.dram").tolist() == [68]
    with pytest.raises(CompileError, match="unknown symbol 'y'"):
        assemble(text.replace("dram=@x", "dram=@y"))


def test_a_stream_that_the_machine_lacks():
    with pytest.raises(CompileError, match="machine 'gemmini' has no stream 'nt'"):
        assemble(".machine gemmini\nnt:\n")
